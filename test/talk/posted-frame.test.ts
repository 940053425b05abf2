/** The codec of posts as a pair: what goes in comes out, and nothing that was damaged on the way does. fast-check prints the seed of a failure. */

import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LARGE_BYTES_MIN, POSTED_PIECE_BYTES } from '../../talk/limits.js';
import { decodePosted, POSTED_NUMBERS } from '../../talk/wire/posted-frame.js';
import type { PostedKind } from '../../talk/wire/posted-frame.js';
import { PostedWriter } from '../../talk/wire/posted-writer.js';
import { peerIds, postedOf } from './arbitrary-posted.js';

const kinds = Object.keys(POSTED_NUMBERS) as PostedKind[];

function withChecksum(bytes: Uint8Array): Uint8Array {
  const sealed = Buffer.concat([bytes, Buffer.alloc(4)]);
  sealed.writeUInt32BE(crc32(bytes), bytes.length);
  return sealed;
}

describe.each(kinds)('a post of kind %s', (kind) => {
  it('is decoded as it was encoded', () => {
    fc.assert(
      fc.property(peerIds, postedOf(kind), (sender, given) => {
        const { frame, body } = new PostedWriter(sender).encode(given);
        expect(body?.length ?? LARGE_BYTES_MIN).toBeGreaterThanOrEqual(LARGE_BYTES_MIN);
        expect(isDeepStrictEqual(decodePosted(frame, body), { ok: true, sender, frame: { ...given } })).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused wherever it is cut off, also where the checksum is made to fit, and with bytes behind its end', () => {
    fc.assert(
      fc.property(peerIds, postedOf(kind), fc.uint8Array({ minLength: 1, maxLength: 9 }), (sender, given, rest) => {
        const { frame, body } = new PostedWriter(sender).encode(given);
        fc.pre(frame.length < 700);
        const inner = frame.subarray(0, -4);
        for (let length = 0; length < inner.length; length++) {
          expect(decodePosted(frame.subarray(0, length), body).ok).toBe(false);
          expect(decodePosted(withChecksum(inner.subarray(0, length)), body).ok).toBe(false);
        }
        expect(decodePosted(withChecksum(Buffer.concat([inner, rest])), body).ok).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  it('is refused when any single bit of it is flipped', () => {
    fc.assert(
      fc.property(peerIds, postedOf(kind), (sender, given) => {
        const { frame, body } = new PostedWriter(sender).encode(given);
        fc.pre(frame.length < 700);
        for (let bit = 0; bit < frame.length * 8; bit++) {
          const damaged = frame.slice();
          damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
          expect(decodePosted(damaged, body).ok).toBe(false);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('is refused without its body, or with one that it does not have', () => {
    fc.assert(
      fc.property(peerIds, postedOf(kind), (sender, given) => {
        const { frame, body } = new PostedWriter(sender).encode(given);
        expect(decodePosted(frame, body === undefined ? new Uint8Array(LARGE_BYTES_MIN) : undefined).ok).toBe(false);
        if (body !== undefined) expect(decodePosted(frame, new Uint8Array(POSTED_PIECE_BYTES + 1)).ok).toBe(false);
      }),
    );
  });
});

it('no bytes whatever make the decoder of posts throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.option(fc.uint8Array({ maxLength: 10 }), { nil: undefined }), (bytes, body) => {
      expect(decodePosted(bytes, body).ok).toBe(false);
    }),
    { numRuns: 3000 },
  );
});

it('no payload whatever behind a good head and a right checksum does', () => {
  const heads = fc.constantFrom(...Object.values(POSTED_NUMBERS)).map((kind) => Uint8Array.of(0x73, 0x74, 1, kind, 1, 2, 3, 4, 5, 6, 7, 8));
  fc.assert(
    fc.property(heads, fc.uint8Array({ maxLength: 200 }), (head, payload) => {
      expect(() => decodePosted(withChecksum(Buffer.concat([head, payload])), undefined)).not.toThrow();
    }),
    { numRuns: 5000 },
  );
});
