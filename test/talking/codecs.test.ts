/** What codecs refuse, how they say so, and that hostile bytes cost nothing. That values come back as they went: codecs-property.test.ts. */

import { runInNewContext } from 'node:vm';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isSocommError } from '../../src/base/errors.js';
import { checkCodec } from '../../src/talk/codec.js';
import type { Codec } from '../../src/talk/codec.js';
import { float32, float32Kind, float64, float64Kind, floats } from '../../src/talk/codecs/floats.js';
import { json } from '../../src/talk/codecs/json.js';
import { lib0 } from '../../src/talk/codecs/lib0.js';
import { VALUE_DEPTH_MAX } from '../../src/talk/codecs/plain-values.js';
import { raw } from '../../src/talk/codecs/raw.js';
import { schema } from '../../src/talk/codecs/schema.js';
import type { StandardSchema } from '../../src/talk/codecs/standard-schema.js';

class Knob {
  value = 0.5;
}

class Knobs extends Array<number> {}

/** Each with what is said of it. */
const neither: readonly (readonly [string, unknown, RegExp])[] = [
  ['a Map', new Map(), /a Map; Object\.fromEntries/],
  ['a Set', new Set(), /a Set; \[\.\.\.set\]/],
  ['a Date', new Date(0), /a Date; its getTime\(\)/],
  ['an instance of a class', new Knob(), /a Knob$/],
  ['an array of a class', new Knobs(), /a Knobs$/],
  ['a regular expression', /x/, /a RegExp$/],
  ['an error', new Error('x'), /an? Error$/],
  ['a promise', Promise.resolve(), /a Promise$/],
  ['a boxed number', new Object(1), /a Number$/],
  ['a Float32Array', new Float32Array(2), /a Float32Array; float32\(\)/],
  ['a Float64Array', new Float64Array(2), /a Float64Array; float64\(\)/],
  ['an Int16Array', new Int16Array(2), /a Int16Array$/],
  ['a Uint8ClampedArray', new Uint8ClampedArray(2), /a Uint8ClampedArray$/],
  ['an ArrayBuffer', new ArrayBuffer(2), /a ArrayBuffer; new Uint8Array/],
  ['a DataView', new DataView(new ArrayBuffer(2)), /a DataView$/],
  ['a function', () => 1, /a function$/],
  ['a symbol', Symbol('x'), /a symbol$/],
  ['a hole', [1, , 2], /value\.it\[1\] is a hole/], // oxlint-disable-line no-sparse-arrays
  ['a key that sets what an object is', JSON.parse('{"__proto__":1}'), /a property named __proto__/],
];

describe.each([json(), lib0()])('$name', (codec) => {
  it.each(neither)('refuses %s with a TypeError that says where', (_, value, reason) => {
    expect(() => codec.encode(value)).toThrow(TypeError);
    expect(() => codec.encode({ it: value })).toThrow(reason);
    expect(() => codec.encode({ knobs: [1, { 'cut off': value }] })).toThrow(
      /^\w+\(\) carries what comes back as it went: value\.knobs\[1\]\["cut off"\]/,
    );
  });

  it('goes on after a refusal', () => {
    expect(() => codec.encode({ a: 'x'.repeat(1000), b: new Map() })).toThrow(TypeError);
    expect(codec.decode(codec.encode({ a: 1 }))).toEqual({ a: 1 });
  });

  it('refuses what contains itself, and what is nested too deep, on both ends', () => {
    const endless: unknown[] = [];
    endless.push(endless);
    expect(() => codec.encode(endless)).toThrow(/nested deeper than 256, or contains itself/);
    expect(codec.decode(codec.encode(nest(VALUE_DEPTH_MAX)))).toEqual(nest(VALUE_DEPTH_MAX));
    expect(() => codec.encode(nest(VALUE_DEPTH_MAX + 1))).toThrow(TypeError);
  });

  it('takes what is referred to twice, and gives it back twice', () => {
    const shared = { a: 1 };
    expect(codec.decode(codec.encode([shared, shared]))).toEqual([{ a: 1 }, { a: 1 }]);
  });

  it('takes objects and arrays of other realms, and objects without a prototype', () => {
    expect(codec.decode(codec.encode(runInNewContext('({ a: [1, { b: "x" }] })')))).toEqual({ a: [1, { b: 'x' }] });
    expect(() => codec.encode(runInNewContext('new Map()'))).toThrow(/a Map/);
    const bare: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    bare['a'] = 1;
    expect(codec.decode(codec.encode(bare))).toEqual({ a: 1 });
  });

  it('does not see symbols and hidden properties, as structuredClone does not', () => {
    const value = Object.defineProperty({ a: 1, [Symbol('x')]: 2 }, 'hidden', { value: 3, enumerable: false });
    expect(codec.decode(codec.encode(value))).toEqual({ a: 1 });
  });

  it('gives bytes that are nobody else’s', () => {
    const first = codec.encode({ a: 1 });
    const before = first.slice();
    codec.encode({ b: 'other', c: [2, 3] });
    expect(first).toEqual(before);
  });

  it('may be used while it is in use', () => {
    const value = {
      a: 1,
      get b() {
        return [...codec.encode({ inner: 'text' })].length;
      },
      c: 'end',
    };
    expect(codec.decode(codec.encode(value))).toEqual({ a: 1, b: codec.encode({ inner: 'text' }).length, c: 'end' });
  });
});

describe('json', () => {
  const codec = json();

  it.each([
    ['undefined', undefined, /this is undefined; leave/],
    ['an undefined property', { a: undefined }, /value\.a is undefined/],
    ['undefined in an array', [undefined], /value\[0\] is undefined/],
    ['NaN', [Number.NaN], /is NaN/],
    ['Infinity', [-Infinity], /is -Infinity/],
    ['-0', [-0], /is -0/],
    ['a bigint', [1n], /is a bigint/],
    ['a Uint8Array', new Uint8Array(2), /is a Uint8Array/],
    ['a Buffer', Buffer.alloc(2), /is a Buffer/],
  ])('refuses %s', (_, value, reason) => {
    expect(() => codec.encode(value)).toThrow(TypeError);
    expect(() => codec.encode(value)).toThrow(reason);
  });

  it('carries half of a surrogate pair', () => {
    expect(codec.decode(codec.encode(['\ud83c']))).toEqual(['\ud83c']);
  });

  it.each([
    ['nothing', ''],
    ['bytes too many', '{} x'],
    ['__proto__', '[{"a":{"__proto__":{"polluted":true}}}]'],
    ['__proto__ in escapes', String.raw`{"__pr\u006fto__":{"polluted":true}}`],
    ['a million brackets', '['.repeat(1_000_000)],
    ['a million objects, one in the other', '{"a":'.repeat(1_000_000)],
    ['a million brackets that fit', '['.repeat(1_000_000) + ']'.repeat(1_000_000)],
    ['brackets after a text that hides an end', `["\\"]]]",${'['.repeat(300)}${']'.repeat(300)}]`],
    ['bytes that are no text', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
  ])('refuses %s', (_, hostile) => {
    expect(() => codec.decode(Buffer.from(hostile))).toThrow();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('takes brackets within texts for text', () => {
    const value = [`${'['.repeat(1000)}"\\`, '{'.repeat(1000)];
    expect(codec.decode(codec.encode(value))).toEqual(value);
  });

  it('takes what stands for unreadable bytes where it was sent as such', () => {
    expect(codec.decode(codec.encode('\uFFFD'))).toBe('\uFFFD');
  });
});

describe('lib0', () => {
  const codec = lib0();

  it.each([
    ['a bigint beyond 64 bits', 2n ** 63n, /more than 64 bits/],
    ['half of a surrogate pair', 'x\ud83c', /half of a surrogate pair/],
    ['half of a surrogate pair in a key', { '\udf9b': 1 }, /half of a surrogate pair/],
  ])('refuses %s', (_, value, reason) => {
    expect(() => codec.encode(value)).toThrow(TypeError);
    expect(() => codec.encode(value)).toThrow(reason);
  });

  it('gives a Buffer back as the Uint8Array that it is, in memory of its own', () => {
    const bytes = codec.encode({ sample: Buffer.from([1, 2, 3]) });
    const { sample } = codec.decode(bytes) as { sample: Uint8Array };
    bytes.fill(0);
    expect(sample).toEqual(Uint8Array.of(1, 2, 3));
    expect(Buffer.isBuffer(sample)).toBe(false);
  });

  it('carries large values', () => {
    const value = {
      text: 'ä'.repeat(300_000),
      bytes: new Uint8Array(200_000).fill(7),
      list: Array.from({ length: 50_000 }, (_, index) => index / 3),
    };
    expect(codec.decode(codec.encode(value))).toEqual(value);
  });

  const END = [0xff, 0xff, 0xff, 0xff, 0x0f];
  it.each([
    ['nothing', []],
    ['an unknown kind', [3]],
    ['an array of four thousand million', [117, ...END, 126]],
    ['an object of as many keys', [118, ...END, 0]],
    ['a text as long', [119, ...END, 97]],
    ['bytes as many', [116, ...END, 1]],
    ['a length without an end', [117, ...Array.from({ length: 50 }, () => 0xff)]],
    ['a number without an end', [125, ...Array.from({ length: 50 }, () => 0xff)]],
    ['a million arrays, one in the other', Array.from({ length: 2_000_000 }, (_, index) => (index % 2 === 0 ? 117 : 1))],
    ['bytes that are no text', [119, 2, 0xff, 0xfe]],
    ['half of a surrogate pair', [119, 3, 0xed, 0xa0, 0xbc]],
    ['__proto__', [118, 1, 9, ...Buffer.from('__proto__'), 118, 1, 1, 120, 120]],
  ])('refuses %s within a moment', (_, bytes) => {
    expect(() => codec.decode(Uint8Array.from(bytes))).toThrow();
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});

describe.each([
  [
    'float32',
    float32() as Codec<Float32Array | Float64Array>,
    floats(float32Kind, false) as Codec<Float32Array | Float64Array>,
    Float32Array,
  ],
  [
    'float64',
    float64() as Codec<Float32Array | Float64Array>,
    floats(float64Kind, false) as Codec<Float32Array | Float64Array>,
    Float64Array,
  ],
] as const)('%s', (name, codec, onOthers, Floats) => {
  const size = Floats.BYTES_PER_ELEMENT;
  const values = Floats.of(0.5, -0, Infinity, 1e-30);

  it('gives a view of the array, and takes its bytes where they lie', () => {
    const bytes = codec.encode(values);
    expect(bytes.buffer).toBe(values.buffer);
    expect(codec.decode(bytes).buffer).toBe(values.buffer);
    const within = new Floats(values.buffer, size, 2);
    expect(codec.decode(codec.encode(within))).toEqual(within);
  });

  it('copies only what lies askew', () => {
    const memory = new Uint8Array(1 + values.byteLength);
    memory.set(codec.encode(values), 1);
    const decoded = codec.decode(memory.subarray(1));
    expect(decoded).toEqual(values);
    expect(decoded.buffer).not.toBe(memory.buffer);
  });

  it('is little-endian on the wire, and machines of the other kind turn it round', () => {
    expect([...codec.encode(Floats.of(1))]).toEqual(size === 4 ? [0, 0, 0x80, 0x3f] : [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    const turned = onOthers.encode(values);
    expect([...turned.subarray(0, size)]).toEqual([...codec.encode(values).subarray(0, size)].toReversed());
    expect(onOthers.decode(turned)).toEqual(values);
    expect(values).toEqual(Floats.of(0.5, -0, Infinity, 1e-30));
  });

  it('refuses anything else', () => {
    for (const other of [[1, 2], new Uint8Array(8), size === 4 ? new Float64Array(1) : new Float32Array(1), undefined, '1'])
      expect(() => codec.encode(other as never)).toThrow(TypeError);
    expect(() => codec.decode(new Uint8Array(size + 1))).toThrow(`not whole numbers of ${size}`);
    expect(codec.name).toBe(name);
  });
});

describe('raw', () => {
  it('gives the very bytes, and refuses anything else', () => {
    const bytes = Uint8Array.of(1, 2);
    expect(raw().encode(bytes)).toBe(bytes);
    expect(raw().decode(bytes)).toBe(bytes);
    expect(() => raw().encode('x' as never)).toThrow(TypeError);
  });
});

const libraries: Readonly<Record<string, StandardSchema<unknown, { name: string; value: number }>>> = {
  zod: z.object({ name: z.string(), value: z.number().min(0).max(1) }),
  valibot: v.object({ name: v.string(), value: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) }),
  arktype: type({ name: 'string', value: '0 <= number <= 1' }),
};

describe.each(Object.entries(libraries))('a schema of %s', (_, standard) => {
  const codec = schema(standard);

  it('lets through what fits, both ways', () => {
    expect(codec.decode(codec.encode({ name: 'cutoff', value: 0.5 }))).toEqual({ name: 'cutoff', value: 0.5 });
  });

  it('stops one’s own wrong value with a TypeError that says where', () => {
    expect(() => codec.encode({ name: 'cutoff', value: 2 })).toThrow(TypeError);
    expect(() => codec.encode({ name: 'cutoff', value: 2 })).toThrow(/does not fit its schema: value: /);
  });

  it('refuses what others send wrong, with a code', () => {
    const wrong = lib0().encode({ name: 7, value: 0.5 });
    const error = caught(() => codec.decode(wrong));
    expect(isSocommError(error, 'SOCOMM_VALUE_INVALID')).toBe(true);
    expect((error as Error).message).toMatch(/name: /);
  });
});

describe('schema', () => {
  it('writes as the codec that it is given, and has its name: who has no schema reads it too', () => {
    const codec = schema(z.object({ a: z.number() }), json());
    expect(codec.name).toBe('json');
    expect(json().decode(codec.encode({ a: 1 }))).toEqual({ a: 1 });
  });

  it('sends what the schema makes of the value: without unknown properties, with defaults', () => {
    const codec = schema(z.object({ a: z.string().trim(), b: z.number().default(3) }));
    expect(lib0().decode(codec.encode({ a: ' x ', b: 4, c: 5 } as never))).toEqual({ a: 'x', b: 4 });
    expect(codec.decode(lib0().encode({ a: 'x' }))).toEqual({ a: 'x', b: 3 });
  });

  it('tells a schema that makes something else of what it accepts', () => {
    const codec = schema(z.object({ a: z.string().transform(Number) }));
    expect(() => codec.encode({ a: 5 })).toThrow(/a: .*string/);
  });

  it('tells at most five issues, and shortens long ones', () => {
    const codec = schema(z.array(z.number()));
    const error = caught(() => codec.decode(lib0().encode(Array.from({ length: 40 }, () => 'x')))) as Error;
    expect(error.message).toMatch(/^what came does not fit the schema: \[0\]: .*; and 35 more$/);
    expect(error.message.length).toBeLessThan(1200);
  });

  it('refuses to wait', async () => {
    const codec = schema(z.string().refine(async (text) => text !== ''));
    expect(() => codec.encode('x')).toThrow(/asynchronously/);
    await Promise.resolve();
  });

  it('takes nothing but schemas and codecs', () => {
    for (const other of [undefined, {}, { '~standard': {} }, { '~standard': { version: 2, validate: () => undefined } }])
      expect(() => schema(other as never)).toThrow(/Standard Schema version 1/);
    expect(() => schema(z.string(), {} as never)).toThrow(TypeError);
  });
});

describe('a codec of one’s own', () => {
  it('has a name, encode and decode', () => {
    checkCodec({ name: 'own', encode: () => new Uint8Array(), decode: () => 1 });
    for (const other of [
      undefined,
      null,
      {},
      { name: 'x', encode: () => 1 },
      { name: '', encode: () => 1, decode: () => 1 },
      { ...json(), name: 'ä'.repeat(33) },
    ])
      expect(() => {
        checkCodec(other);
      }).toThrow(TypeError);
  });
});

function nest(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function caught(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
