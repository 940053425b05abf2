/** What no writer has confirmed is saved beside the store whatever the end, and comes back: real processes, signals and files. */

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { CJS, ESM, Place } from './members.js';
import type { Remote } from './members.js';
import { until } from './until.js';

const NEVER = { options: { storage: 'never' } } as const;

function spillsIn(place: Place): string[] {
  const folder = join(place.store, 'spill');
  return existsSync(folder) ? readdirSync(folder) : [];
}

async function contentOfNext(place: Place): Promise<Readonly<Record<string, unknown>>> {
  return (await place.fork().join('next', ESM)).content();
}

/** A writer that does nothing any more, but holds its lock, and a follower that has all that it had. */
async function behindAStoppedWriter(place: Place): Promise<readonly [writer: Remote, follower: Remote]> {
  const writer = await place.fork().join('writer', ESM);
  const follower = await place.fork().join('follower', CJS);
  await writer.set('before', 1);
  await writer.set('deleted', 1);
  await writer.flush();
  await follower.hears('observed', ({ keys }) => (keys as string[]).includes('deleted'));
  writer.member.signal('SIGSTOP');
  return [writer, follower];
}

test('the last one out without a writer leaves a spill, and whoever joins next has it at once', async () => {
  const place = new Place();
  const a = await place.fork().join('a', ESM, NEVER);
  const b = await place.fork().join('b', CJS, NEVER);
  await a.set('of a', 1);
  await b.hears('observed', ({ keys }) => (keys as string[]).includes('of a'));
  await b.set('of b', 2);
  await a.close();
  await b.close();
  await b.hears('warning', ({ code }) => code === 'spilled');
  expect(spillsIn(place).length).toBeGreaterThan(0);
  await place.killAll();
  expect(await contentOfNext(place)).toEqual({ 'of a': 1, 'of b': 2 });
  await until('the spills are taken in', () => spillsIn(place).length === 0);
  await place.killAll();
  expect(await contentOfNext(place)).toEqual({ 'of a': 1, 'of b': 2 });
});

test('what a follower of a stopped writer wrote survives kill -9 of everybody two seconds later, its deletions too', async () => {
  const place = new Place();
  const [, follower] = await behindAStoppedWriter(place);
  await follower.set('warm-pad', 1);
  await follower.remove('deleted');
  await until('it is spilled', () => spillsIn(place).some((name) => name.endsWith('.socomm')), 6000);
  await place.killAll();
  expect(await contentOfNext(place)).toEqual({ before: 1, 'warm-pad': 1 });
});

test('a follower of a stopped writer that closes waits two seconds and leaves a spill', async () => {
  const place = new Place();
  const [, follower] = await behindAStoppedWriter(place);
  await follower.set('warm-pad', 1);
  await follower.close();
  await follower.hears('warning', ({ code }) => code === 'spilled');
  await place.killAll();
  expect(await contentOfNext(place)).toMatchObject({ 'warm-pad': 1 });
});

for (const how of ['exit', 'exception'] as const) {
  test(`what is written in the turn in which the process ends (${how}) is there afterwards, though nobody else ever heard of it`, async () => {
    const place = new Place();
    const [, follower] = await behindAStoppedWriter(place);
    void follower.ask('setAndEnd', { key: 'warm-pad', value: 1, how }).catch(() => undefined);
    await follower.member.ended;
    await place.killAll();
    expect(await contentOfNext(place)).toMatchObject({ before: 1, 'warm-pad': 1 });
  });

  test(`the same where the only process is the writer itself (${how})`, async () => {
    const place = new Place();
    const writer = await place.fork().join('writer', CJS);
    await writer.set('before', 1);
    void writer.ask('setAndEnd', { key: 'warm-pad', value: 1, how }).catch(() => undefined);
    await writer.member.ended;
    expect(await contentOfNext(place)).toEqual({ before: 1, 'warm-pad': 1 });
  });
}

test('a live writer takes in what a follower left that ended without a word, and tells the others', async () => {
  const place = new Place();
  const writer = await place.fork().join('writer', ESM);
  const follower = await place.fork().join('follower', CJS);
  const other = await place.fork().join('other', CJS);
  void follower.ask('setAndEnd', { key: 'warm-pad', value: 1, how: 'exit' }).catch(() => undefined);
  await follower.member.ended;
  await until('the writer has it', async () => (await writer.get('warm-pad')) === 1);
  await until('the other has it', async () => (await other.get('warm-pad')) === 1);
  await until('the spill is taken in', () => spillsIn(place).length === 0);
});

test.each(['cut', 'flipped'])('a spill that was %s is moved to quarantine, and told; the rest of the group is as it was', async (how) => {
  const place = new Place();
  const [, follower] = await behindAStoppedWriter(place);
  await follower.set('warm-pad', 1);
  await until('it is spilled', () => spillsIn(place).some((name) => name.endsWith('.socomm')), 6000);
  await place.killAll();
  for (const name of spillsIn(place)) {
    const path = join(place.store, 'spill', name);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(path, how === 'cut' ? bytes.subarray(0, -7) : bytes);
  }
  const next = await place.fork().join('next', ESM);
  expect(await next.content()).toEqual({ before: 1, deleted: 1 });
  const { warnings } = await next.inspect();
  await until('it is told', async () => (await next.inspect()).warnings.some(({ code }) => code === 'spill-damaged'));
  expect(warnings.every(({ code }) => code === 'spill-damaged')).toBe(true);
  expect(spillsIn(place)).toEqual([]);
  expect(readdirSync(join(place.store, 'quarantine'))).toHaveLength(1);
});
