/** Values in lib0's encoding `any`: compact, and with bytes in them. */

import type { Codec } from '../codec.js';
import { AnyWriter } from './any-writer.js';
import { readAny } from './any-reader.js';
import { notCarried } from './plain-values.js';

/**
 * Values as lib0's `any` (https://github.com/dmonad/lib0), the default: half of JSON's size, and besides what JSON knows undefined,
 * NaN, Infinity, -0, bigint of up to 64 bits, and `Uint8Array` (a Buffer comes back as the Uint8Array that it is).
 * `encode` throws a TypeError that says where, on what would not come back as it went: functions, symbols, Map, Set, Date, other
 * typed arrays (see `float32()`) and other instances of classes, holes in arrays, larger bigints, texts with half of a surrogate pair,
 * `__proto__` as a key, and what is nested deeper than 256 or contains itself. An object without a prototype comes back with the usual one.
 */
export function lib0<Value = unknown>(): Codec<Value> {
  // Kept for the next value. Away while in use: a getter within a value may encode another one.
  let idle: AnyWriter | undefined;
  return {
    name: 'lib0',
    encode(value) {
      const writer = idle ?? new AnyWriter();
      idle = undefined;
      const refusal = writer.write(value);
      if (refusal !== undefined) throw notCarried('lib0', refusal);
      const bytes = writer.take();
      idle = writer;
      return bytes;
    },
    decode: (bytes) => readAny(bytes) as Value,
  };
}
