/** What a replica is filled with is not encoded once more; and nobody who has a right to hear of anything misses it. */

import * as Y from 'yjs';
import { expect, it, vi } from 'vitest';
import { record } from './recorder.js';
import type { Recorded } from './recorder.js';

const turn = (): Promise<void> => Promise.resolve();

function library(): Uint8Array {
  const doc = new Y.Doc();
  for (let each = 0; each < 20; each++) doc.getMap('presets').set(`preset ${each}`, { name: `Warm Pad ${each}` });
  return Y.encodeStateAsUpdate(doc);
}

const ways: readonly (readonly [string, (recorded: Recorded, update: Uint8Array) => unknown])[] = [
  ['loaded from the store', ({ replica }, update) => replica.load({ snapshot: undefined, updates: [update] })],
  ['received from a peer', ({ replica }, update) => replica.apply([update], 'catch-up')],
];

it('what fills an empty replica is told as it came', () => {
  const recorded = record();
  const update = library();
  recorded.replica.apply([update], 'catch-up');
  expect(recorded.received).toEqual([update]);
  expect(recorded.received[0]).toBe(update);
  expect(recorded.replica.changes).toBe(1);
});

it('what comes into a replica that has something is told as what was new', () => {
  const recorded = record();
  const update = library();
  recorded.replica.apply([update], 'catch-up');
  recorded.replica.apply([update], 'catch-up');
  expect(recorded.received).toHaveLength(1);
});

it.each(ways)('a listener of the application hears the update that was %s', (_, fill) => {
  const recorded = record();
  const heard = vi.fn();
  recorded.replica.doc.on('update', heard);
  fill(recorded, library());
  expect(heard).toHaveBeenCalledOnce();
});

it.each(ways)('after what was %s every change is told, in the same turn and later', async (_, fill) => {
  const recorded = record();
  const { doc } = recorded.replica;
  fill(recorded, library());
  doc.getMap('presets').set('mine', 1);
  expect(recorded.changed).toHaveLength(1);
  await turn();
  doc.getMap('presets').set('mine', 2);
  expect(recorded.changed).toHaveLength(2);
  expect(recorded.told).toEqual([]);
});

it.each(ways)('what an observer writes while something is %s is told', async (_, fill) => {
  const recorded = record();
  const { doc } = recorded.replica;
  const map = doc.getMap<unknown>('presets');
  map.observe(({ transaction }) => {
    if (!transaction.local) map.set('seen', true);
  });
  fill(recorded, library());
  await turn();
  map.set('later', true);
  expect(recorded.changed).toHaveLength(2);
  expect(recorded.told).toEqual([]);
});

it.each(ways)('a listener that throws while something is %s silences nothing', async (_, fill) => {
  const recorded = record();
  const { doc } = recorded.replica;
  let isOn = true;
  doc.on('afterAllTransactions', () => {
    if (isOn) throw new Error('at fault');
  });
  fill(recorded, library());
  isOn = false;
  await turn();
  doc.getMap('presets').set('later', true);
  expect(recorded.changed).toHaveLength(1);
});
