/**
 * Writes values in lib0's encoding `any`, and sees in the same walk whether they come back as they went. One pass into scratch memory,
 * which is kept for the next value. The encoding is lib0's to the byte (test/talking/codecs-lib0).
 */

import { types } from 'node:util';
import {
  below,
  FORBIDDEN,
  FORBIDDEN_KEY,
  foreignObject,
  HOLE,
  isPlainArray,
  isPlainObject,
  refuse,
  TOO_DEEP,
  VALUE_DEPTH_MAX,
} from './plain-values.js';
import type { Refusal } from './plain-values.js';

/** What `any` writes before a value, to say what comes. */
export const ANY = {
  bytes: 116,
  array: 117,
  object: 118,
  text: 119,
  true: 120,
  false: 121,
  bigint: 122,
  float64: 123,
  float32: 124,
  integer: 125,
  null: 126,
  undefined: 127,
} as const;

const FIRST_BYTES = 512;
/** Scratch memory that grew above this is given out and not copied. */
const KEPT_BYTES = 64 * 1024;
/** Texts up to this length, most keys, are written by hand; for longer ones a call into the engine pays. */
const SHORT_TEXT = 40;
const LARGEST_INTEGER = 0x7fff_ffff;
const NUMBER_BYTES = 10;

export class AnyWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #buffer = Buffer.from(this.#bytes.buffer);
  #at = 0;

  /** What was written, in memory of its own; the next value begins anew. */
  take(): Uint8Array {
    const bytes = this.#bytes;
    const length = this.#at;
    this.#at = 0;
    if (bytes.length <= KEPT_BYTES) return bytes.slice(0, length);
    this.#use(new Uint8Array(FIRST_BYTES));
    return bytes.subarray(0, length);
  }

  /** Why the value is not taken; then what was written so far is worthless. */
  write(value: unknown, depth = 0): Refusal | undefined {
    switch (typeof value) {
      case 'string':
        return this.#text(ANY.text, value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return this.#mark(value ? ANY.true : ANY.false);
      case 'undefined':
        return this.#mark(ANY.undefined);
      case 'bigint':
        return this.#bigint(value);
      case 'object':
        if (value === null) return this.#mark(ANY.null);
        if (depth === VALUE_DEPTH_MAX) return TOO_DEEP;
        if (Array.isArray(value)) return this.#array(value, depth + 1);
        return isPlainObject(value) ? this.#object(value as Record<string, unknown>, depth + 1) : this.#binary(value);
      default:
        return refuse(`a ${typeof value}`);
    }
  }

  #mark(mark: number): Refusal | undefined {
    this.#reserve(1);
    this.#bytes[this.#at++] = mark;
    return undefined;
  }

  #object(object: Record<string, unknown>, depth: number): Refusal | undefined {
    const keys = Object.keys(object);
    this.#head(ANY.object, keys.length);
    for (const key of keys) {
      if (key === FORBIDDEN_KEY) return FORBIDDEN;
      const refusal = this.#text(undefined, key) ?? this.write(object[key], depth);
      if (refusal !== undefined) return below(key, refusal);
    }
    return undefined;
  }

  #array(array: readonly unknown[], depth: number): Refusal | undefined {
    if (!isPlainArray(array)) return foreignObject(array);
    const { length } = array;
    this.#head(ANY.array, length);
    for (let index = 0; index < length; index++) {
      const item = array[index];
      const refusal = item === undefined && !(index in array) ? HOLE : this.write(item, depth);
      if (refusal !== undefined) return below(index, refusal);
    }
    return undefined;
  }

  #binary(value: object): Refusal | undefined {
    if (!types.isUint8Array(value)) return foreignObject(value);
    this.#head(ANY.bytes, value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    return undefined;
  }

  #number(value: number): Refusal | undefined {
    this.#reserve(NUMBER_BYTES);
    if (Number.isInteger(value) && value <= LARGEST_INTEGER && value >= -LARGEST_INTEGER) return this.#integer(value);
    const isShort = Math.fround(value) === value;
    this.#bytes[this.#at++] = isShort ? ANY.float32 : ANY.float64;
    if (isShort) this.#view.setFloat32(this.#at, value);
    else this.#view.setFloat64(this.#at, value);
    this.#at += isShort ? 4 : 8;
    return undefined;
  }

  /** Sign and size apart, so that -0 has a place: 6 bits, then 7 at a time, the lowest first. */
  #integer(value: number): Refusal | undefined {
    const isNegative = value < 0 || (value === 0 && 1 / value < 0);
    const size = isNegative ? -value : value;
    const bytes = this.#bytes;
    bytes[this.#at++] = ANY.integer;
    bytes[this.#at++] = (size > 0x3f ? 0x80 : 0) | (isNegative ? 0x40 : 0) | (size & 0x3f);
    for (let rest = size >>> 6; rest > 0; rest >>>= 7) bytes[this.#at++] = (rest > 0x7f ? 0x80 : 0) | (rest & 0x7f);
    return undefined;
  }

  #bigint(value: bigint): Refusal | undefined {
    if (BigInt.asIntN(64, value) !== value) return refuse('a bigint of more than 64 bits');
    this.#reserve(NUMBER_BYTES);
    this.#bytes[this.#at++] = ANY.bigint;
    this.#view.setBigInt64(this.#at, value);
    this.#at += 8;
    return undefined;
  }

  #text(mark: number | undefined, text: string): Refusal | undefined {
    const { length } = text;
    this.#reserve(SHORT_TEXT + NUMBER_BYTES);
    if (mark !== undefined) this.#bytes[this.#at++] = mark;
    if (length <= SHORT_TEXT && this.#asciiText(text, length)) return undefined;
    if (!isWellFormed(text)) return refuse('a text with half of a surrogate pair');
    const size = Buffer.byteLength(text);
    this.#count(size);
    this.#reserve(size);
    this.#at += this.#buffer.write(text, this.#at, size, 'utf8');
    return undefined;
  }

  /** Nothing is written where it is not ASCII. */
  #asciiText(text: string, length: number): boolean {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      bytes[at++] = unit;
    }
    bytes[this.#at] = length;
    this.#at = at;
    return true;
  }

  #head(mark: number, count: number): void {
    this.#reserve(NUMBER_BYTES);
    this.#bytes[this.#at++] = mark;
    this.#count(count);
  }

  /** 7 bits at a time, the lowest first; there is room for it. */
  #count(count: number): void {
    let rest = count;
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#at++] = 0x80 | (rest & 0x7f);
    this.#bytes[this.#at++] = rest;
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#use(grown);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#buffer = Buffer.from(bytes.buffer);
  }
}

/** In every Node that this package runs on; the language version that it is compiled for does not know it yet. */
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
