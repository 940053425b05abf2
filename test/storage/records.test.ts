import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import { decodeChunk, decodeDocument, decodeMeta, encodeChunk, encodeDocument, encodeMeta } from '../../storage/entries.js';
import { escapeDocument, logKey, logNumberIn, unescapeDocument } from '../../storage/keys.js';
import { decodeRecord, encodeRecord } from '../../storage/records.js';
import type { LogRecord } from '../../storage/records.js';
import type { Decoded } from '../../storage/sealed.js';

const count = fc.maxSafeNat();
const checksum = fc.nat({ max: 0xffffffff });
const name = fc.string({ unit: 'grapheme', maxLength: 12 });
const peer = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('hex') as PeerId);
const plainBytes = fc.uint8Array({ maxLength: 60 });

const logRecord: fc.Arbitrary<LogRecord> = fc.record({
  number: count,
  term: count,
  batch: count,
  offset: count,
  previous: fc.option(checksum, { nil: undefined }),
  isTakeover: fc.boolean(),
  origins: fc.array(fc.tuple(peer, count), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  update: plainBytes,
});

const snapshotEntry = fc.record({
  generation: count,
  through: count,
  offset: count,
  previous: fc.option(checksum, { nil: undefined }),
  chunks: count,
  bytes: count,
  crc: checksum,
  isDeflated: fc.boolean(),
  stateVector: plainBytes,
});

const documentEntry = fc.record({
  snapshot: fc.option(snapshotEntry, { nil: undefined }),
  older: fc.option(snapshotEntry, { nil: undefined }),
});

const meta = fc.record({
  format: count,
  storeId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  term: count,
  batch: count,
  records: count,
});

const chunk = fc.record({ generation: count, index: count, bytes: plainBytes });

/** Each kind of value: how an arbitrary one is written, and read under a document's name. */
interface Codec {
  readonly kind: string;
  readonly sample: fc.Arbitrary<{ readonly value: unknown; readonly bytes: Uint8Array; readonly document: string }>;
  decode(document: string, bytes: Uint8Array): Decoded<unknown>;
}

const codecs: readonly Codec[] = [
  {
    kind: 'a record',
    sample: fc.tuple(name, logRecord).map(([document, value]) => ({ document, value, bytes: encodeRecord(document, value).bytes })),
    decode: decodeRecord,
  },
  {
    kind: "a document's entry",
    sample: fc.tuple(name, documentEntry).map(([document, value]) => ({ document, value, bytes: encodeDocument(document, value) })),
    decode: decodeDocument,
  },
  {
    kind: 'a chunk',
    sample: fc.tuple(name, chunk).map(([document, value]) => ({ document, value, bytes: encodeChunk(document, value) })),
    decode: decodeChunk,
  },
  {
    kind: "the store's entry",
    sample: meta.map((value) => ({ document: '', value, bytes: encodeMeta(value) })),
    decode: (_document, bytes) => decodeMeta(bytes),
  },
];

for (const { kind, sample, decode } of codecs) {
  test(`${kind} comes back as it was written`, () => {
    fc.assert(
      fc.property(sample, ({ document, value, bytes }) => {
        expect(decode(document, bytes)).toEqual({ ok: true, value: { ...(value as object), crc: expect.any(Number) as number } });
      }),
    );
  });

  test(`${kind} that was cut anywhere is refused`, () => {
    fc.assert(
      fc.property(sample, ({ document, bytes }) => {
        for (let length = 0; length < bytes.length; length++) expect(decode(document, bytes.subarray(0, length)).ok).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  test(`${kind} with any one bit flipped is refused`, () => {
    fc.assert(
      fc.property(sample, ({ document, bytes }) => {
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const flipped = bytes.slice();
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(decode(document, flipped)).toEqual({ ok: false, reason: 'checksum' });
        }
      }),
      { numRuns: 20 },
    );
  });

  test(`arbitrary bytes in place of ${kind} are refused and never thrown over`, () => {
    fc.assert(fc.property(name, fc.uint8Array({ maxLength: 200 }), (document, bytes) => !decode(document, bytes).ok));
  });
}

test('a record of one document does not pass as one of another', () => {
  fc.assert(
    fc.property(name, name, logRecord, (mine, other, value) => {
      fc.pre(mine !== other);
      expect(decodeRecord(other, encodeRecord(mine, value).bytes)).toEqual({ ok: false, reason: 'checksum' });
    }),
  );
});

test('a value of one kind does not pass as one of another', () => {
  const bytes = encodeChunk('main', { generation: 1, index: 2, bytes: Uint8Array.of(3) });
  expect(decodeDocument('main', bytes)).toEqual({ ok: false, reason: 'other-kind' });
});

test('log keys sort as their numbers do', () => {
  fc.assert(
    fc.property(name, count, count, (document, left, right) => {
      expect(logKey(document, left) < logKey(document, right)).toBe(left < right);
      expect(logNumberIn(logKey(document, left))).toBe(left);
    }),
  );
});

test('a document name comes back from its key, and no key holds a slash too many', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (document) => {
      const escaped = escapeDocument(document);
      expect(escaped).toMatch(/^[^/\\*:?"<>|]*$/);
      expect(unescapeDocument(escaped)).toBe(document);
    }),
    { examples: [['a/b\\c:d*e?f"<g>|%']] },
  );
});

test('a document name with half a character is refused', () => {
  expect(() => escapeDocument('\ud800')).toThrow(TypeError);
});
