/**
 * Each codec as a pair: what goes in comes out, to the last bit (-0 is not 0, a hole is not undefined), 100,000 random payloads in all;
 * and what others send instead is refused at once. fast-check prints the seed of a failure.
 */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Codec } from '../../src/talk/codec.js';
import { float32, float64 } from '../../src/talk/codecs/floats.js';
import { json } from '../../src/talk/codecs/json.js';
import { lib0 } from '../../src/talk/codecs/lib0.js';
import { raw } from '../../src/talk/codecs/raw.js';
import { schema } from '../../src/talk/codecs/schema.js';
import { jsonValues, lib0Values } from './codec-values.js';

interface Case {
  readonly codec: Codec<unknown>;
  readonly values: fc.Arbitrary<unknown>;
  readonly payloads: number;
}

const knob = z.object({ name: z.string(), value: z.number().min(0).max(1), tags: z.array(z.string()).optional() });
const knobs = fc.record(
  { name: fc.string(), value: fc.double({ min: 0, max: 1, noNaN: true }), tags: fc.array(fc.string(), { maxLength: 3 }) },
  { requiredKeys: ['name', 'value'], noNullPrototype: true },
);

const cases: Readonly<Record<string, Case>> = {
  raw: { codec: raw(), values: fc.uint8Array(), payloads: 10_000 },
  json: { codec: json(), values: jsonValues, payloads: 25_000 },
  lib0: { codec: lib0(), values: lib0Values, payloads: 35_000 },
  float32: { codec: float32(), values: fc.float32Array(), payloads: 10_000 },
  float64: { codec: float64(), values: fc.float64Array(), payloads: 10_000 },
  schema: { codec: schema(knob), values: knobs, payloads: 10_000 },
};

it('100,000 payloads are tried', () => {
  expect(Object.values(cases).reduce((sum, { payloads }) => sum + payloads, 0)).toBe(100_000);
});

describe.each(Object.entries(cases))('%s', (_, { codec, values, payloads }) => {
  it('gives back exactly what went in', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = codec.encode(value);
        return bytes instanceof Uint8Array && isDeepStrictEqual(codec.decode(bytes), value);
      }),
      { numRuns: payloads },
    );
  });

  it('reads bytes wherever they lie, and leaves them as they are', () => {
    fc.assert(
      fc.property(values, fc.nat({ max: 9 }), (value, start) => {
        const bytes = codec.encode(value);
        const memory = new Uint8Array(start + bytes.length + 3).fill(0xee);
        memory.set(bytes, start);
        const before = memory.slice();
        const decoded = codec.decode(memory.subarray(start, start + bytes.length));
        return isDeepStrictEqual(decoded, value) && isDeepStrictEqual(memory, before);
      }),
      { numRuns: 500 },
    );
  });

  it('gives a value or throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        outcome(codec, bytes);
      }),
      { numRuns: 5000 },
    );
  });

  it('gives a value or throws at each flipped bit', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = codec.encode(value).slice(0, 256);
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          flip(bytes, bit);
          outcome(codec, bytes);
          flip(bytes, bit);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('lib0', () => {
  const codec = lib0();

  it('writes the bytes that lib0 writes, and each reads the other', () => {
    fc.assert(
      fc.property(lib0Values, (value) => {
        const bytes = encoding.encode((to) => encoding.writeAny(to, value as never));
        expect(Buffer.compare(codec.encode(value), bytes)).toBe(0);
        expect(isDeepStrictEqual(codec.decode(bytes), decoding.readAny(decoding.createDecoder(bytes)))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('refuses every truncation, and every byte too many', () => {
    fc.assert(
      fc.property(lib0Values, (value) => {
        const bytes = codec.encode(value);
        for (let length = 0; length < Math.min(bytes.length, 2000); length++)
          expect(() => codec.decode(bytes.subarray(0, length))).toThrow();
        expect(() => codec.decode(Uint8Array.from([...bytes, 126]))).toThrow(/too many/);
      }),
      { numRuns: 150 },
    );
  });

  it('can write whatever it reads', () => {
    fc.assert(
      fc.property(lib0Values, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }), (value, patches) => {
        const bytes = codec.encode(value);
        for (const [at, byte] of patches) bytes[at % bytes.length] = byte;
        const read = outcome(codec, bytes);
        if (read.ok) expect(isDeepStrictEqual(codec.decode(codec.encode(read.value)), read.value)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

it('json refuses every truncation of an object or an array', () => {
  const codec = json();
  fc.assert(
    fc.property(jsonValues, (value) => {
      const bytes = codec.encode([value]);
      expectRefusedWhereverCut(codec, bytes);
    }),
    { numRuns: 150 },
  );
});

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false };

/** An Error and nothing else may be thrown; and nothing may have got into what all objects have in common. */
function outcome(codec: Codec<unknown>, bytes: Uint8Array): Outcome {
  const read = attempt(codec, bytes);
  // Plain comparisons: they are made a million times.
  if (Object.keys(Object.prototype).length > 0) throw new Error('the prototype of all objects was changed');
  if (read.ok && typeof read.value === 'object' && read.value !== null && Object.hasOwn(read.value, '__proto__'))
    throw new Error('__proto__ came in');
  return read;
}

function attempt(codec: Codec<unknown>, bytes: Uint8Array): Outcome {
  try {
    return { ok: true, value: codec.decode(bytes) };
  } catch (error) {
    // A stack that ran over is no refusal.
    if (!(error instanceof Error) || error.message.includes('call stack')) throw error;
    return { ok: false };
  }
}

function expectRefusedWhereverCut(codec: Codec<unknown>, bytes: Uint8Array): void {
  const read: number[] = [];
  for (let length = 0; length < Math.min(bytes.length, 2000); length++) if (outcome(codec, bytes.subarray(0, length)).ok) read.push(length);
  expect(read).toEqual([]);
}

function flip(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
}
