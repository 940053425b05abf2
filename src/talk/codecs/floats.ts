/**
 * Typed arrays of floating point numbers as they lie in memory: samples, spectra, wavetables. On the wire they are little-endian,
 * as the memory of nearly every machine is; others swap.
 */

import { endianness } from 'node:os';
import { types } from 'node:util';
import type { Codec } from '../codec.js';

/**
 * A `Float32Array`, 4 bytes a number. Nothing is copied where it can be spared: a large array must not be changed after it was
 * published, and what is received may be a view of the message: look at it, and copy what you change or keep for long (`.slice()`).
 * `encode` throws a TypeError on anything else.
 */
export function float32(): Codec<Float32Array> {
  return FLOAT32;
}

/** A `Float64Array`, 8 bytes a number; otherwise as `float32()`. */
export function float64(): Codec<Float64Array> {
  return FLOAT64;
}

/** How one kind of array is recognised and made. */
interface Kind<Floats> {
  readonly name: string;
  readonly arrayName: string;
  readonly size: number;
  readonly is: (value: unknown) => value is Floats;
  readonly over: (memory: ArrayBufferLike, start: number, length: number) => Floats;
}

/** For tests also as a machine of the other kind would have it. */
export function floats<Floats extends Float32Array | Float64Array>(
  { name, arrayName, size, is, over }: Kind<Floats>,
  isLittleEndian = endianness() === 'LE',
): Codec<Floats> {
  return {
    name,
    encode(value) {
      if (!is(value)) throw new TypeError(`${name}() carries a ${arrayName}; got ${Array.isArray(value) ? 'an array' : typeof value}`);
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      return isLittleEndian ? bytes : swapped(bytes, size);
    },
    decode(bytes) {
      if (bytes.length % size !== 0) throw new RangeError(`${bytes.length} bytes are not whole numbers of ${size}`);
      const isUsable = isLittleEndian && bytes.byteOffset % size === 0;
      const memory = isUsable ? bytes : isLittleEndian ? new Uint8Array(bytes) : swapped(bytes, size);
      return over(memory.buffer, memory.byteOffset, bytes.length / size);
    },
  };
}

export const float32Kind: Kind<Float32Array> = {
  name: 'float32',
  arrayName: 'Float32Array',
  size: Float32Array.BYTES_PER_ELEMENT,
  is: (value): value is Float32Array => types.isFloat32Array(value),
  over: (memory, start, length) => new Float32Array(memory, start, length),
};

export const float64Kind: Kind<Float64Array> = {
  name: 'float64',
  arrayName: 'Float64Array',
  size: Float64Array.BYTES_PER_ELEMENT,
  is: (value): value is Float64Array => types.isFloat64Array(value),
  over: (memory, start, length) => new Float64Array(memory, start, length),
};

const FLOAT32 = floats(float32Kind);
const FLOAT64 = floats(float64Kind);

/** A copy whose memory is its own, with the bytes of each number turned round. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (let at = 0; at < copy.length; at += size) copy.subarray(at, at + size).reverse();
  return copy;
}
