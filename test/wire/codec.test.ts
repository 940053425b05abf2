/** The codec as a pair: what goes in comes out, and nothing that was damaged on the way does. fast-check prints the seed of a failure. */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../sync/wire/decode-frame.js';
import { encodeFrame } from '../../sync/wire/encode-frame.js';
import { encodeUpdates } from '../../sync/wire/encode-updates.js';
import { KIND_NUMBERS } from '../../sync/wire/frame.js';
import type { FrameKind, ReceivedFrame } from '../../sync/wire/frame.js';
import { receivedOf } from './arbitrary-frame.js';
import { bodyOf, withChecksum } from './seal.js';

const kinds = Object.keys(KIND_NUMBERS) as FrameKind[];
const encode = ({ sender, frame }: ReceivedFrame): Uint8Array => encodeFrame(sender, frame);
/** Of any kind, and short enough to be tried bit by bit. */
const anyReceived = fc.oneof(...kinds.map(receivedOf)).filter((received) => encode(received).length < 4096);

/** What damages a frame where it hurts: other numbers, endless numbers, bytes that are no text. */
const patches = fc.oneof(
  fc.uint8Array({ maxLength: 4 }),
  fc.tuple(fc.constantFrom(0x80, 0xff), fc.nat({ max: 200 }), fc.nat({ max: 127 })).map(([more, length, last]) => {
    return Uint8Array.from({ length: length + 1 }, (_, index) => (index < length ? more : last));
  }),
);

describe.each(kinds)('a frame of kind %s', (kind) => {
  it('is decoded as it was encoded', () => {
    fc.assert(
      fc.property(receivedOf(kind), (received) => {
        expectSame(decodeFrame(encode(received)), { ok: true, ...received });
      }),
      { numRuns: 200 },
    );
  });

  it('is refused wherever it is cut off, also where the checksum is made to fit', () => {
    fc.assert(
      fc.property(receivedOf(kind), (received) => {
        const bytes = encode(received);
        const body = bodyOf(bytes);
        const lengths = body.length < 1024 ? [...body.keys()] : [0, 1, 17, 18, 40, 500, body.length - 1];
        for (const length of lengths) {
          expectRefusal(bytes.subarray(0, length));
          expectRefusal(withChecksum(body.subarray(0, length)));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('is refused when any single bit of it is flipped', () => {
    fc.assert(
      fc.property(receivedOf(kind), (received) => {
        const bytes = encode(received);
        fc.pre(bytes.length < 4096);
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          flip(bytes, bit);
          expectRefusal(bytes);
          flip(bytes, bit);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('is refused with bytes behind its end', () => {
    fc.assert(
      fc.property(receivedOf(kind), fc.uint8Array({ minLength: 1, maxLength: 40 }), (received, rest) => {
        const bytes = encode(received);
        expectRefusal(Buffer.concat([bytes, rest]));
        expect(decodeFrame(withChecksum(Buffer.concat([bodyOf(bytes), rest])))).toMatchObject({ ok: false, reason: 'malformed' });
      }),
    );
  });
});

describe('the decoder', () => {
  it('throws at no bytes whatever', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => expectRefusal(bytes)),
      { numRuns: 2000 },
    );
  });

  it('throws at no payload whatever behind a good header and a right checksum', () => {
    const headers = fc
      .constantFrom(...Object.values(KIND_NUMBERS))
      .map((kind) => Uint8Array.of(0x73, 0x6f, 1, kind, 1, 2, 3, 4, 5, 6, 7, 8));
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 200 }), (header, payload) =>
        expectFaithful(withChecksum(Buffer.concat([header, payload]))),
      ),
      { numRuns: 10_000 },
    );
  });

  it('takes a frame that was changed and sealed again only as one that it could itself have encoded', () => {
    fc.assert(
      fc.property(anyReceived, fc.nat(), fc.nat({ max: 4 }), patches, (received, place, removed, patch) => {
        const body = bodyOf(encode(received));
        const at = 3 + (place % (body.length - 3));
        expectFaithful(withChecksum(Buffer.concat([body.subarray(0, at), patch, body.subarray(at + removed)])));
      }),
      { numRuns: 5000 },
    );
  });

  it('reads the same from the middle of a pooled buffer, and nothing of what lies beside it', () => {
    fc.assert(
      fc.property(anyReceived, fc.nat({ max: 100 }), (received, before) => {
        const bytes = encode(received);
        const whole = Buffer.concat([Buffer.alloc(before, 0xff), bytes, Buffer.alloc(64, 0x01)]);
        expectSame(decodeFrame(whole.subarray(before, before + bytes.length)), { ok: true, ...received });
        // The same frame cut short and sealed, with its true rest lying behind it.
        const cut = bodyOf(bytes).length - 1;
        const short = withChecksum(bytes.subarray(0, cut));
        const neighbours = Buffer.concat([Buffer.alloc(before, 0xff), short, bytes.subarray(cut), Buffer.alloc(4096, 0x01)]);
        expectRefusal(neighbours.subarray(before, before + short.length));
      }),
    );
  });
});

function expectRefusal(bytes: Uint8Array): void {
  const decoded = decodeFrame(bytes);
  if (decoded.ok) expect.fail(`decoded as ${decoded.frame.kind}: ${Buffer.from(bytes).toString('hex')}`);
}

/** Refused, or a frame that comes through the codec unchanged: no number that is none, no text that grows. */
function expectFaithful(bytes: Uint8Array): void {
  const decoded = decodeFrame(bytes);
  if (!decoded.ok) return;
  for (const number of numbersIn(decoded.frame)) expect(Number.isSafeInteger(number), `${number} in ${decoded.frame.kind}`).toBe(true);
  expectSame(decodeFrame(encode(decoded)), decoded);
}

function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return [...(Symbol.iterator in value ? (value as Iterable<unknown>) : Object.values(value))].flatMap(numbersIn);
}

/** As `toEqual`, but a hundred times faster where all is well. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

function flip(bytes: Uint8Array, bit: number): void {
  const at = bit >> 3;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
}

it('a frame of updates has the same bytes when it is written behind its key, and the memory before it is that key', () => {
  fc.assert(
    fc.property(
      receivedOf('updates'),
      fc.constantFrom('', 'd/0123456789abcdef'),
      fc.integer({ min: 1, max: 255 }),
      ({ sender, frame }, key, version) => {
        if (frame.kind !== 'updates') throw new Error(frame.kind);
        const bytes = encodeUpdates(frame, { sender, version, key });
        expect(Buffer.from(bytes)).toEqual(Buffer.from(encodeFrame(sender, frame, version)));
        expect(Buffer.from(bytes.buffer as ArrayBuffer, 0, bytes.byteOffset).toString('latin1')).toBe(`${key}\0`);
      },
    ),
    { numRuns: 300 },
  );
});
