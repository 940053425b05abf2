/** Whatever subset of updates comes, in whatever order and lists: to be seen is what is causally complete, and nothing else. */

import fc from 'fast-check';
import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { record } from './recorder.js';
import { session } from './session.js';

/** By Yjs's own word: whether it leaves nothing pending on top of this. */
function isComplete(base: Y.Doc, update: Uint8Array): boolean {
  const trial = new Y.Doc();
  Y.applyUpdate(trial, Y.encodeStateAsUpdate(base));
  Y.applyUpdate(trial, update);
  return trial.store.pendingStructs === null && trial.store.pendingDs === null;
}

/** Only what builds on nothing that is missing, as often as that lets more in. */
function completeOnly(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  let left = [...updates];
  for (;;) {
    const waiting = left.filter((update) => {
      if (!isComplete(doc, update)) return true;
      Y.applyUpdate(doc, update);
      return false;
    });
    if (waiting.length === left.length) return doc;
    left = waiting;
  }
}

const seen = (doc: Y.Doc): unknown => [
  [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(([one], [other]) => one - other),
  doc.getMap('map').toJSON(),
  doc.getMap('nested').toJSON(),
  doc.getArray('list').toJSON(),
  doc.getText('text').toDelta(),
  doc.getXmlFragment('xml').toJSON(),
];

/**
 * The same to be seen, and the same structs behind it. Deletions too, but for marks of a format that say nothing: Yjs tidies them away
 * where it happens upon them, each replica by itself, and tells it as any change. So what one has deleted more must hide nothing.
 */
function expectSame(doc: Y.Doc, expected: Y.Doc): void {
  expect(seen(doc)).toEqual(seen(expected));
  const [one, other] = [joined(doc, expected), joined(expected, doc)];
  expect(Y.equalSnapshots(Y.snapshot(one), Y.snapshot(other))).toBe(true);
  for (const each of [one, other]) expect(seen(each)).toEqual(seen(expected));
}

function joined(first: Y.Doc, second: Y.Doc): Y.Doc {
  const doc = new Y.Doc();
  for (const each of [first, second]) Y.applyUpdate(doc, Y.encodeStateAsUpdate(each));
  return doc;
}

interface Delivery {
  /** Below its share of 10: it never comes. */
  readonly luck: number;
  readonly rank: number;
}
const delivery: fc.Arbitrary<Delivery> = fc.record({ luck: fc.nat({ max: 9 }), rank: fc.nat() });

describe('any updates in any order', () => {
  it('show what those of them do that build on nothing missing, set aside or not', () => {
    fc.assert(
      fc.property(
        session({ maxLength: 16 }),
        fc.array(delivery, { minLength: 16, maxLength: 16 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom('frame' as const, 'catch-up' as const, 'load' as const),
        ({ doc, updates }, deliveries, size, way) => {
          const come = updates
            .map((update, index) => ({ update, ...(deliveries[index % deliveries.length] as Delivery) }))
            .filter(({ luck }) => luck > 1)
            .sort((a, b) => a.rank - b.rank)
            .map(({ update }) => update);
          const { replica } = record(9);
          if (way === 'load') replica.load({ snapshot: undefined, updates: come });
          else for (let start = 0; start < come.length; start += size) replica.apply(come.slice(start, start + size), way);
          const expected = completeOnly(come);
          expectSame(replica.doc, expected);
          replica.setAside();
          expectSame(replica.doc, expected);
          expect(replica.apply([Y.encodeStateAsUpdate(doc, replica.stateVector())], 'catch-up')).toEqual({ ok: true });
          expectSame(replica.doc, doc);
        },
      ),
      { numRuns: 60 },
    );
  });
});
