/** The database of a group is damaged: work goes on by itself, nothing that a live peer has is lost, and all of it is told. */

import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { CJS, ESM, Place, equalDigests } from './members.js';
import type { Remote } from './members.js';
import { until } from './until.js';

const SESSIONS = 3;

/** Each session's log is a table by the next; what the last one wrote is in the log. */
async function write(remote: Remote, session: number): Promise<void> {
  for (let at = 0; at < 5; at++) {
    await remote.set(`${session}-${at}`, { session, at });
    await remote.flush();
  }
}

async function makeStore(place: Place): Promise<void> {
  for (let session = 1; session < SESSIONS; session++) {
    const remote = await place.fork().join(`session-${session}`, session % 2 === 0 ? CJS : ESM);
    await write(remote, session);
    await remote.close();
  }
}

function keysOf(sessions: readonly number[]): string[] {
  return sessions.flatMap((session) => Array.from({ length: 5 }, (_, at) => `${session}-${at}`));
}

function files(place: Place, pattern: RegExp): readonly string[] {
  const level = join(place.store, 'level');
  return readdirSync(level)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(level, name));
}

function flip(path: string): void {
  const content = readFileSync(path);
  content[20] = (content[20] ?? 0) ^ 4;
  writeFileSync(path, content);
}

const first = (place: Place, pattern: RegExp): string => files(place, pattern)[0] ?? '';

const HARMS: Readonly<Record<string, (place: Place) => void>> = {
  'a byte of a table changed': (place) => flip(first(place, /\.ldb$/)),
  'a table removed': (place) => rmSync(first(place, /\.ldb$/)),
  'MANIFEST cut': (place) => truncateSync(first(place, /^MANIFEST/), 40),
  'CURRENT removed': (place) => rmSync(first(place, /^CURRENT$/)),
  'every table changed and the log removed': (place) => {
    for (const table of files(place, /\.ldb$/)) flip(table);
    for (const log of files(place, /\.log$/)) rmSync(log);
  },
};

async function damageTold(remote: Remote): Promise<readonly string[]> {
  const { warnings } = await remote.inspect();
  return warnings.filter(({ code }) => code === 'store-damaged').map(({ message }) => message);
}

for (const [what, harm] of Object.entries(HARMS)) {
  test(`the writer is killed, and ${what}: a follower takes over by itself, has everything, and tells of it`, async () => {
    const place = new Place();
    await makeStore(place);
    const writer = await place.fork().join('writer', ESM);
    const follower = await place.fork().join('follower', CJS);
    await write(writer, SESSIONS);
    await equalDigests([writer, follower]);
    // It holds the lock, and touches nothing while it is changed.
    writer.member.signal('SIGSTOP');
    harm(place);
    await writer.member.kill();

    await write(follower, SESSIONS + 1);
    expect(await follower.role()).toBe('writer');
    const told = await damageTold(follower);
    expect(told[0]).toContain(join(place.store, 'quarantine', 'store.1'));
    expect(told.length).toBeGreaterThan(1);
    // Once it has loaded what there is, a snapshot of its replica takes the place of a log with a hole.
    if (told.some((each) => each.includes('are missing'))) {
      await until('the hole is healed', async () =>
        (await follower.inspect()).store?.documents.some(({ snapshotBytes }) => snapshotBytes > 0),
      );
    }
    await follower.close();

    const later = await place.fork().join('later', ESM);
    expect(Object.keys(await later.content()).sort()).toEqual(keysOf([1, 2, 3, 4]));
    expect(await damageTold(later)).toEqual([]);
    await later.set('goes on', true);
    await later.flush();
    await later.close();
  });
}

test('whoever starts alone with a table that does not verify has the rest, is told, and goes on', async () => {
  const place = new Place();
  await makeStore(place);
  const remote = await place.fork().join('third', ESM);
  await write(remote, SESSIONS);
  await remote.close();
  flip(first(place, /\.ldb$/));

  const alone = await place.fork().join('alone', CJS);
  expect(Object.keys(await alone.content()).sort()).toEqual(keysOf([2, 3]));
  expect((await damageTold(alone)).join('\n')).toMatch(/ldb: the block at \d+ does not verify[^]*document main: the records? 1/);
  await write(alone, SESSIONS + 1);
  await alone.close();

  const later = await place.fork().join('later', ESM);
  expect(Object.keys(await later.content()).sort()).toEqual(keysOf([2, 3, 4]));
  expect(await damageTold(later)).toEqual([]);
});
