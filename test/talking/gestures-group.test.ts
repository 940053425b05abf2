/** Gestures through the whole library, over a made-up network and clock. */

import { expect, test } from 'vitest';

import { createTestGroup } from '../../src/testing.js';
import { turnKnobs } from './turned-knobs.js';

// For the whole 30 s: test/long/gestures.test.ts.
test('40 instances that turn four knobs each leave a document grown by under 10 KB', async () => {
  const { grownBytes, written, seen } = await turnKnobs({ instances: 40, seconds: 3 });
  expect(written).toBe(160);
  expect(grownBytes).toBeLessThan(10_000);
  // One knob, from the other end of the mesh, at display rate.
  expect(seen).toBeGreaterThan(0.9 * 3 * 60);
});

test('a gesture is seen by who joins in the midst of it, and is over when its process is killed', async () => {
  const group = createTestGroup();
  const [a, b] = [await group.join(), await group.join()];
  a.doc.getMap('knobs').set('cutoff', 1);
  await group.settled();
  a.gesture(a.doc.getMap<number>('knobs'), 'cutoff').move(5);
  const c = await group.join();
  const seen: unknown[] = [];
  for (const instance of [b, c]) instance.observeValue(instance.doc.getMap<number>('knobs'), 'cutoff', (value) => void seen.push(value));
  await group.advance(200);
  expect(seen.slice(-2)).toEqual([5, 5]);
  await group.kill(a);
  await group.advance(200);
  expect(seen.slice(-2)).toEqual([1, 1]);
  await group.close();
});

test('one undo takes a gesture back, for everybody', async () => {
  const group = createTestGroup();
  const [a, b] = [await group.join(), await group.join()];
  const map = a.doc.getMap<number>('knobs');
  const undo = a.undo(map);
  a.transact(() => map.set('cutoff', 1));
  const gesture = a.gesture(map, 'cutoff');
  for (const value of [2, 3, 4]) {
    gesture.move(value);
    await group.advance(20);
  }
  gesture.commit();
  await group.settled();
  expect(b.doc.getMap('knobs').get('cutoff')).toBe(4);
  undo.undo();
  await group.settled();
  expect(b.doc.getMap('knobs').get('cutoff')).toBe(1);
  await group.close();
});
