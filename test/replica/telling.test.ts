/** When a replica tells what, and as which bytes: what was written, once a turn; what came, as it came. Nobody who has a right to hear of anything misses it. */

import * as Y from 'yjs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { encodeTransaction } from '../../src/replica/encode-changes.js';
import { SMALL_CHANGE_CHARACTERS_MAX, TURN_CHANGES_MAX } from '../../src/replica/own-turn.js';
import { follow, record } from './recorder.js';
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
  await turn();
  expect(recorded.changedSoFar).toHaveLength(1);
  doc.getMap('presets').set('mine', 2);
  await turn();
  expect(recorded.changedSoFar).toHaveLength(2);
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
  await turn();
  expect(recorded.changedSoFar).toHaveLength(2);
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
  await turn();
  expect(recorded.changedSoFar).toHaveLength(1);
});

it('what one turn wrote is told as one update, without what it overwrote itself', async () => {
  const recorded = record();
  const map = recorded.replica.doc.getMap('m');
  for (let each = 0; each < 100; each++) map.set('knob', `value ${each}`);
  expect(recorded.changedSoFar).toEqual([]);
  await turn();
  expect(recorded.changedSoFar).toHaveLength(1);
  expect(recorded.changedSoFar[0]?.length).toBeLessThan(100 * 'value 99'.length);
  expect(follow({ changed: recorded.changedSoFar }).replica.doc.getMap('m').toJSON()).toEqual({ knob: 'value 99' });
});

it('so much is told before the turn ends that no update outgrows a frame', () => {
  const recorded = record();
  const map = recorded.replica.doc.getMap('m');
  for (let each = 0; each < 3 * TURN_CHANGES_MAX; each++) map.set(`knob ${each}`, each);
  expect(recorded.changedSoFar).toHaveLength(3);
  map.set('small', 1);
  map.set('large', 'x'.repeat(SMALL_CHANGE_CHARACTERS_MAX + 1));
  expect(recorded.changedSoFar).toHaveLength(4);
});

it('what was written before something came is told before it', () => {
  const source = record(2);
  source.replica.doc.getMap('m').set('theirs', 1);
  const recorded = record();
  recorded.replica.doc.getMap('m').set('mine', 1);
  recorded.replica.apply(source.changed, 'frame');
  expect(recorded.changedSoFar).toHaveLength(1);
});

it('whatever is written in however many turns, who hears what is told has it', () => {
  fc.assert(
    fc.property(session({ maxLength: 40 }), fc.array(fc.boolean()), ({ updates }, ends) => {
      const recorded = record();
      // As an application that is given updates by somebody else: of any kind, with deletions, under several clients.
      updates.forEach((update, at) => {
        Y.applyUpdate(recorded.replica.doc, update);
        if (ends[at % ends.length] === true) recorded.replica.heal();
      });
      recorded.replica.heal();
      const follower = follow({ changed: recorded.changedSoFar });
      expect(follower.replica.hasPending()).toBe(false);
      expect(follower.replica.digest()).toBe(recorded.replica.digest());
    }),
    { numRuns: 200 },
  );
});

it('one transaction is encoded as Yjs encodes it', () => {
  fc.assert(
    fc.property(session({ maxLength: 20 }), ({ updates }) => {
      const doc = new Y.Doc();
      const pairs: [ours: Uint8Array, theirs: Uint8Array][] = [];
      doc.on('update', (theirs, _, __, transaction) => void pairs.push([encodeTransaction(transaction), theirs]));
      for (const update of updates) Y.applyUpdate(doc, update);
      for (const [ours, theirs] of pairs) expect(Buffer.from(ours)).toEqual(Buffer.from(theirs));
    }),
    { numRuns: 100 },
  );
});

it('of a frame of several updates one is made', () => {
  const source = record(2);
  for (const key of ['a', 'b']) {
    source.replica.doc.getMap('m').set(key, 1);
    source.replica.heal();
  }
  const recorded = record();
  recorded.replica.apply(source.changedSoFar, 'frame');
  expect(recorded.received).toHaveLength(1);
  expect(follow({ changed: recorded.received }).replica.digest()).toBe(source.replica.digest());
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
