/** What a replica is filled with is not encoded once more; and nobody who has a right to hear of anything misses it. */

import fc from 'fast-check';
import * as Y from 'yjs';
import { describe, expect, it, vi } from 'vitest';
import { record } from './recorder.js';
import type { Recorded } from './recorder.js';
import { session } from './session.js';

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

describe('a frame of one update', () => {
  const [first, second] = twoChanges();

  it('is handed on as it came, and not in the memory that it came in', () => {
    const recorded = record();
    recorded.replica.apply([first], 'frame');
    recorded.replica.apply([second], 'frame');
    expect(recorded.received).toEqual([first, second]);
    expect(recorded.received[1]).not.toBe(second);
  });

  it('that was there already is not handed on', () => {
    const recorded = record();
    recorded.replica.apply([first], 'frame');
    recorded.replica.apply([first], 'frame');
    expect(recorded.received).toEqual([first]);
    expect(recorded.replica.changes).toBe(1);
  });

  it('that waits is handed on with what it waited for', () => {
    const recorded = record();
    recorded.replica.apply([second], 'frame');
    expect(recorded.received).toEqual([]);
    recorded.replica.apply([first], 'frame');
    expect(readAs(recorded.received)).toEqual(readAs([first, second]));
  });

  it.each(['beforeTransaction', 'beforeAllTransactions'] as const)('is handed on with what was written into it at %s', (event) => {
    const recorded = record();
    const { doc } = recorded.replica;
    recorded.replica.apply([first], 'frame');
    doc.once(event, () => void doc.getMap('map').set('mine', true));
    recorded.replica.apply([second], 'frame');
    expect(readAs([...recorded.received, ...recorded.changed])).toEqual({ a: 2, mine: true });
  });
});

it('what is handed on gives what the replica holds, whatever came, how often and in which order', () => {
  fc.assert(
    fc.property(
      session({ maxLength: 12 }),
      fc.array(fc.record({ luck: fc.nat({ max: 9 }), rank: fc.nat(), again: fc.nat({ max: 3 }) }), { minLength: 12, maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      ({ updates }, deliveries, size) => {
        const come = updates
          .map((update, index) => ({ update, ...(deliveries[index % deliveries.length] as (typeof deliveries)[number]) }))
          .filter(({ luck }) => luck > 0)
          .flatMap((each) => (each.again === 0 ? [each, { ...each, rank: each.rank / 2 }] : [each]))
          .sort((a, b) => a.rank - b.rank)
          .map(({ update }) => update);
        const recorded = record(9);
        for (let start = 0; start < come.length; start += size) recorded.replica.apply(come.slice(start, start + size), 'frame');
        const { doc } = recorded.replica;
        const kept = new Y.Doc();
        for (const update of [...recorded.received, ...recorded.changed]) Y.applyUpdate(kept, update);
        expect(kept.store.pendingStructs ?? kept.store.pendingDs).toBeNull();
        expect(Y.encodeStateVector(kept)).toHaveLength(Y.encodeStateVector(doc).length);
        expect(Y.equalSnapshots(Y.snapshot(kept), Y.snapshot(doc))).toBe(true);
      },
    ),
    { numRuns: 100 },
  );
});

function twoChanges(): readonly [Uint8Array, Uint8Array] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update) => updates.push(update));
  doc.getMap('map').set('a', 1);
  doc.getMap('map').set('a', 2);
  return updates as unknown as readonly [Uint8Array, Uint8Array];
}

function readAs(updates: readonly Uint8Array[]): unknown {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc.getMap('map').toJSON();
}
