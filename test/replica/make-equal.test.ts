import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { makeEqual } from '../../src/replica/make-equal.js';
import { Y } from '../../src/replica/replica.js';
import { choices, edit, readingOf } from './random-edits.js';

const ORIGIN = { name: 'an instance' };

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

function exchange(a: Y.Doc, b: Y.Doc): void {
  Y.applyUpdate(a, Y.encodeStateAsUpdate(b));
  Y.applyUpdate(b, Y.encodeStateAsUpdate(a));
}

function undoOf(doc: Y.Doc): Y.UndoManager {
  const types = ['map', 'array', 'text', 'xml'].map((name) => doc.share.get(name) as Y.AbstractType<unknown>);
  return new Y.UndoManager(types, { trackedOrigins: new Set([ORIGIN]), captureTimeout: 0 });
}

/** Of a text its characters and its own attributes. */
function withoutFormats(reading: unknown): unknown {
  if (!Array.isArray(reading)) return reading;
  const [kind, content, ...more] = reading as unknown[];
  if (kind !== 'text') return reading.map(withoutFormats);
  return [kind, (content as [unknown, object][]).map(([character]) => withoutFormats(character)), ...more];
}

describe('a document that is made equal to an older state', () => {
  test('reads as it did, on every replica, and undo brings back what was there', () => {
    fc.assert(
      fc.property(choices, choices, choices, (first, second, third) => {
        const live = new Y.Doc();
        edit(live, first);
        const past = copyOf(live);
        const wanted = readingOf(copyOf(past));
        const other = copyOf(live);
        edit(live, second);
        edit(other, third);
        exchange(live, other);
        const before = readingOf(live);
        const undo = undoOf(live);
        makeEqual(live, past, ORIGIN);
        expect(readingOf(live)).toEqual(wanted);
        exchange(live, other);
        // But for formats: a replica of Yjs that takes in what others did to a formatted text takes away formats that it holds to be of no
        // use, and now and then it is wrong (docs/LIMITS.md); an undo does not find them, either.
        expect(withoutFormats(readingOf(live))).toEqual(withoutFormats(wanted));
        expect(withoutFormats(readingOf(other))).toEqual(withoutFormats(wanted));
        undo.undo();
        expect(withoutFormats(readingOf(live))).toEqual(withoutFormats(before));
      }),
      { numRuns: 150 },
    );
  });

  test('is not written to where nothing differs, also when it was made equal before', () => {
    fc.assert(
      fc.property(choices, choices, (first, second) => {
        const live = new Y.Doc();
        edit(live, first);
        const past = copyOf(live);
        edit(live, second);
        makeEqual(live, past, ORIGIN);
        const vector = Y.encodeStateVector(live);
        makeEqual(live, past, ORIGIN);
        expect(Y.encodeStateVector(live)).toEqual(vector);
      }),
      { numRuns: 100 },
    );
  });
});
