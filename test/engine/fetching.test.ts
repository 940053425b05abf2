/** An answer in chunks, as who asked fetches it: quickly where it takes them as they come, and never with more of them under way than it may. */

import { expect, test } from 'vitest';

import type { Effect } from '../../sync/engine-io.js';
import { CHUNKS_IN_FLIGHT_GROWN_MAX, CHUNKS_IN_FLIGHT_MAX } from '../../sync/limits.js';
import { MAIN, documentScene } from './scene.js';

const COUNT = 40;

const asked = (effects: readonly Effect[]): number[] =>
  effects.flatMap((effect) => (effect.kind === 'request' && effect.frame.kind === 'more' ? [effect.frame.index] : []));

test('each chunk is asked for once, two for one at first, and never more are under way than may be', () => {
  const scene = documentScene('joining');
  const request = scene.engine.documents.get(MAIN)?.catchUp?.request ?? 0;
  // The answerer sends the first ones by itself.
  const underway = Array.from({ length: CHUNKS_IN_FLIGHT_MAX }, (_, index) => index);
  const seen = new Set(underway);
  let most = 0;
  for (let come = 1; come <= COUNT; come++) {
    const index = underway.shift() ?? COUNT;
    const head = { vector: new Map(), stateVector: scene.replica.stateVector(), isComplete: true };
    const more = asked(scene.hear({ kind: 'have', document: MAIN, request, index, count: COUNT, bytes: Uint8Array.of(index), ...head }));
    if (come === 1) expect(more).toEqual([CHUNKS_IN_FLIGHT_MAX, CHUNKS_IN_FLIGHT_MAX + 1]);
    // With the last one it asks for the one behind it: the answer need not be kept.
    expect(more.includes(COUNT)).toBe(come === COUNT);
    for (const next of more.filter((each) => each < COUNT)) {
      expect(seen.has(next)).toBe(false);
      seen.add(next);
      underway.push(next);
    }
    most = Math.max(most, underway.length);
  }
  expect(seen.size).toBe(COUNT);
  expect(most).toBe(CHUNKS_IN_FLIGHT_GROWN_MAX);
});

test.each([
  ['of one length, but for the last', [4, 4, 4, 1], [0, 1, 2, 3]],
  ['whatever comes first', [4, 4, 4, 1], [2, 0, 3, 1]],
  ['the last one first', [4, 4, 1], [2, 1, 0]],
  ['of different lengths, as nobody sends them', [4, 2, 5, 9], [0, 1, 2, 3]],
  ['with nothing in them', [0, 0, 2], [0, 1, 2]],
])('chunks %s are put together in their order, each out of the memory in which it came', (_, lengths, order) => {
  const scene = documentScene('joining');
  const request = scene.engine.documents.get(MAIN)?.catchUp?.request ?? 0;
  const chunks = lengths.map((length, index) => new Uint8Array(length).fill(index + 1));
  const whole = Buffer.concat(chunks);
  const isOfOneLength = lengths.slice(0, -1).every((length) => length === lengths[0]);
  const applied = order.flatMap((index) => {
    const bytes = chunks[index] ?? new Uint8Array();
    const head = { vector: new Map(), stateVector: scene.replica.stateVector(), isComplete: true };
    const effects = scene.hear({ kind: 'have', document: MAIN, request, index, count: lengths.length, bytes, ...head });
    // The last one may be told before anything is known of the others' length.
    if (isOfOneLength && index !== order.at(-1) && index < lengths.length - 1) bytes.fill(0xff);
    return effects.flatMap((effect) => (effect.kind === 'apply' ? effect.updates : []));
  });
  expect(applied.map((update) => [...update])).toEqual([[...whole]]);
});
