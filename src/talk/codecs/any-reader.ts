/**
 * Reads values in lib0's encoding `any`, from bytes of other processes: stricter than lib0. It throws on whatever is not a value to
 * the last byte, never goes deeper than VALUE_DEPTH_MAX, makes room only for what is there, and sets no prototypes.
 */

import { ANY } from './any-writer.js';
import { FORBIDDEN_KEY, VALUE_DEPTH_MAX } from './plain-values.js';
import { bufferOf, textOf } from './text.js';

export function readAny(bytes: Uint8Array): unknown {
  const reader = new AnyReader(bytes);
  const value = reader.value(0);
  if (reader.left > 0) throw new RangeError(`${reader.left} bytes too many`);
  return value;
}

class AnyReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bufferOf(bytes);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  value(depth: number): unknown {
    const mark = this.#byte();
    switch (mark) {
      case ANY.undefined:
        return undefined;
      case ANY.null:
        return null;
      case ANY.true:
        return true;
      case ANY.false:
        return false;
      case ANY.integer:
        return this.#integer();
      case ANY.float32:
        return this.#bytes.readFloatBE(this.#skip(4));
      case ANY.float64:
        return this.#bytes.readDoubleBE(this.#skip(8));
      case ANY.bigint:
        return this.#bytes.readBigInt64BE(this.#skip(8));
      case ANY.text:
        return this.#text();
      case ANY.bytes:
        return this.#binary();
      case ANY.array:
        return this.#array(depth + 1);
      case ANY.object:
        return this.#object(depth + 1);
      default:
        throw new RangeError(`no value begins with ${mark}`);
    }
  }

  #object(depth: number): Record<string, unknown> {
    if (depth > VALUE_DEPTH_MAX) throw new RangeError(`nested deeper than ${VALUE_DEPTH_MAX}`);
    const count = this.#count();
    const object: Record<string, unknown> = {};
    for (let index = 0; index < count; index++) {
      const key = this.#text();
      if (key === FORBIDDEN_KEY) throw new RangeError(`a property named ${FORBIDDEN_KEY}`);
      object[key] = this.value(depth);
    }
    return object;
  }

  #array(depth: number): unknown[] {
    if (depth > VALUE_DEPTH_MAX) throw new RangeError(`nested deeper than ${VALUE_DEPTH_MAX}`);
    const count = this.#count();
    const array: unknown[] = [];
    for (let index = 0; index < count; index++) array.push(this.value(depth));
    return array;
  }

  /** A copy: who receives it may keep and change it, and the message around it goes. */
  #binary(): Uint8Array {
    const start = this.#skip(this.#count());
    return new Uint8Array(this.#bytes.subarray(start, this.#at));
  }

  #text(): string {
    const start = this.#skip(this.#count());
    return textOf(this.#bytes, start, this.#at);
  }

  /** Of bytes, or of things that take a byte at least: never more than there are. */
  #count(): number {
    const first = this.#byte();
    const count = first < 0x80 ? first : this.#more(first & 0x7f, 0x80);
    if (count > this.left) throw new RangeError('ends early');
    return count;
  }

  #integer(): number {
    const first = this.#byte();
    const size = first < 0x80 ? first & 0x3f : this.#more(first & 0x3f, 0x40);
    return (first & 0x40) === 0 ? size : -size;
  }

  #more(low: number, firstFactor: number): number {
    let number = low;
    for (let factor = firstFactor; factor <= Number.MAX_SAFE_INTEGER; factor *= 0x80) {
      const byte = this.#byte();
      number += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (number > Number.MAX_SAFE_INTEGER) break;
        return number;
      }
    }
    throw new RangeError('a number above 2^53 - 1');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('ends early');
    return byte;
  }

  /** Where the bytes begin that are passed over. */
  #skip(count: number): number {
    const start = this.#at;
    if (count > this.left) throw new RangeError('ends early');
    this.#at = start + count;
    return start;
  }
}
