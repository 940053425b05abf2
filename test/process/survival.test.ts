/** What a flush promises, against `kill -9` of everybody: real processes, one disk. */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { CJS, ESM, Place, equalDigests } from './members.js';
import type { Remote } from './members.js';

const ROUNDS = 20;

describe(`${ROUNDS} times on one store`, () => {
  const place = new Place(afterAll);
  const flushed = new Map<string, unknown>();

  for (let round = 0; round < ROUNDS; round++) {
    test(`all that was flushed is there after everyone was killed (round ${round})`, async () => {
      const members = [place.fork(), place.fork()];
      const remotes = await Promise.all(members.flatMap((member, at) => [member.join(`${at}-esm`, ESM), member.join(`${at}-cjs`, CJS)]));
      await equalDigests(remotes);
      const found = Object.entries((await remotes[0]?.content()) ?? {}).filter(([key]) => !key.startsWith('unflushed'));
      expect(new Map(found)).toEqual(flushed);
      expect(found).toHaveLength(round === 0 ? 0 : 4 * (round + 1));

      await Promise.all(remotes.map((remote, at) => change(remote, round, at, flushed)));
      await Promise.all(remotes.map((remote) => remote.flush()));
      // In flight when the lights go out: may be found again or not, whole.
      await Promise.all(remotes.map((remote, at) => remote.burst({ prefix: `unflushed-${round}-${at}`, count: 20, bytes: 200 })));
      await place.killAll();
    });
  }
});

/** Each works on keys of its own, so that the test knows how it ends: two new ones, one changed, one deleted. */
async function change(remote: Remote, round: number, at: number, expected: Map<string, unknown>): Promise<void> {
  const key = (of: number, which: string): string => `preset-${of}-${at}-${which}`;
  const value = { round, at };
  for (const which of ['kept', 'deleted']) {
    await remote.set(key(round, which), value);
    expected.set(key(round, which), value);
  }
  if (round === 0) return;
  await remote.remove(key(round - 1, 'deleted'));
  expected.delete(key(round - 1, 'deleted'));
  await remote.set(key(round - 1, 'kept'), { changedIn: round });
  expected.set(key(round - 1, 'kept'), { changedIn: round });
}

test('a flush also covers what it builds on: the overwritten value of one who died unacknowledged does not take the new one with it', async () => {
  const place = new Place();
  const writer = await place.fork().join('writer', ESM);
  const t = await place.fork().join('t', CJS);
  // The writer is to hear nothing of S: S finds no sockets of it, and it looks for nobody while S lives.
  const { publisher, responder } = ownerOf(place);
  for (const endpoint of [publisher, responder]) rmSync(endpoint.slice('ipc://'.length));
  writer.member.signal('SIGSTOP');
  const s = await place.fork().join('s', ESM);
  await s.set('warm-pad', 'of s');
  await t.hears('observed', ({ keys }) => (keys as string[]).includes('warm-pad'));
  await s.member.kill();
  writer.member.signal('SIGCONT');
  expect(await writer.get('warm-pad')).toBeUndefined();

  await t.set('warm-pad', 'of t');
  await t.flush();
  await place.killAll();
  const later = await place.fork().join('later', CJS);
  expect(await later.get('warm-pad')).toBe('of t');
});

function ownerOf(place: Place): { readonly publisher: string; readonly responder: string } {
  return JSON.parse(readFileSync(join(place.store, 'owner.json'), 'utf8')) as { publisher: string; responder: string };
}
