/** Large updates are read as Yjs reads them, value for value, and what is wrong with them is complained of as Yjs does. */

import { serialize } from 'node:v8';
import fc from 'fast-check';
import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { QuickDecoder, WholeDecoder } from '../../src/replica/quick-decoder.js';
import { choices, edit, readingOf } from './random-edits.js';

function read(update: Uint8Array, decoder?: typeof QuickDecoder): Y.Doc {
  const doc = new Y.Doc();
  if (decoder === undefined) Y.applyUpdate(doc, update);
  else Y.applyUpdateV2(doc, update, undefined, decoder);
  return doc;
}

/** What came of it: the state, or the complaint. */
function outcome(update: Uint8Array, decoder?: typeof QuickDecoder): unknown {
  const doc = new Y.Doc();
  try {
    if (decoder === undefined) Y.applyUpdate(doc, update);
    else Y.applyUpdateV2(doc, update, undefined, decoder);
  } catch (error) {
    return error instanceof Error ? error.constructor.name : typeof error;
  }
  return Y.encodeStateAsUpdate(doc);
}

const values = fc.anything({
  withBigInt: false,
  maxDepth: 4,
  values: [
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
    fc.constantFrom('', 'ä', '\uFEFFmarked', '\uFFFD', '😀', 'name', 'x'.repeat(24), 'x'.repeat(25), '__proto__'),
    fc.double({ noNaN: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 40 }),
  ],
});

/** Texts of up to 100 bytes are cut from pieces, and many reach beyond the end of one. */
class SmallPieces extends WholeDecoder {
  constructor(rest: ConstructorParameters<typeof WholeDecoder>[0]) {
    super(rest, 400);
  }
}

describe.each([
  ['our decoder', QuickDecoder],
  ['our decoder in pieces', SmallPieces],
])('an update, read by %s', (_, decoder) => {
  it('gives the document that Yjs makes of it, of any shared type', () => {
    fc.assert(
      fc.property(fc.array(choices, { minLength: 1, maxLength: 4 }), (authors) => {
        const doc = new Y.Doc();
        for (const numbers of authors) {
          const other = read(Y.encodeStateAsUpdate(doc));
          edit(other, numbers);
          Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
        }
        const update = Y.encodeStateAsUpdate(doc);
        const [quick, plain] = [read(update, decoder), read(update)];
        // Not always the bytes that were read: what is deleted, and lies side by side, is merged on the way in.
        expect(Y.encodeStateAsUpdate(quick)).toEqual(Y.encodeStateAsUpdate(plain));
        expect(readingOf(quick)).toEqual(readingOf(plain));
      }),
      { numRuns: 60 },
    );
  });

  it('gives any value, and any text, as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 40 }), values), { maxLength: 30 }), (entries) => {
        const doc = new Y.Doc();
        doc.transact(() => {
          for (const [key, value] of entries) doc.getMap('map').set(key, value as never);
          doc.getArray('array').push(entries.map(([, value]) => value));
        });
        const update = Y.encodeStateAsUpdate(doc);
        const [quick, plain] = [read(update, decoder), read(update)];
        // Serialized: lib0 makes what lies under `__proto__` the prototype, and to ask a prototype of bytes for its length throws.
        const own = (of: Y.Doc): Buffer => serialize([of.getMap('map').toJSON(), of.getArray('array').toArray()]);
        expect(own(quick)).toEqual(own(plain));
        expect(Y.encodeStateAsUpdate(quick)).toEqual(Y.encodeStateAsUpdate(plain));
      }),
      { numRuns: 150 },
    );
  });

  it('tells texts apart that share a place', () => {
    const texts = Array.from({ length: 20_000 }, (_, at) => `preset-${at}`);
    const doc = new Y.Doc();
    doc.getArray('texts').push([...texts, ...texts.toReversed()]);
    expect(read(Y.encodeStateAsUpdate(doc), decoder).getArray('texts').toArray()).toEqual([...texts, ...texts.toReversed()]);
  });

  it('is complained of as by Yjs wherever it is cut off, or a bit in it is another', () => {
    const doc = new Y.Doc();
    doc.getMap('map').set('preset', { name: 'Warm Päd', tags: ['warm', 'wide'], rating: 3, comment: 'x'.repeat(200) });
    doc.getText('text').insert(0, 'a text');
    // In memory of a larger piece, as a frame lies: nothing behind its end may be read.
    const whole = Buffer.concat([Y.encodeStateAsUpdate(doc), Buffer.alloc(300, 0x61)]);
    const update = whole.subarray(0, whole.length - 300);
    for (let end = 0; end < update.length; end++)
      expect(outcome(update.subarray(0, end), decoder)).toEqual(outcome(update.subarray(0, end)));
    for (let bit = 0; bit < update.length * 8; bit++) {
      const flipped = Uint8Array.from(update);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(outcome(flipped, decoder)).toEqual(outcome(flipped));
    }
  });
});
