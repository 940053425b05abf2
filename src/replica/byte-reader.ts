/**
 * Reads the numbers, texts and values of lib0 without making them: for looking at bytes from outside before anything is built of
 * them. It is stricter than lib0, which takes numbers without an end, and never goes deeper than it was told to.
 */

import { isAscii } from 'node:buffer';

/** Why an update is not taken. Thrown within the checks, caught at their door. */
export class Refusal extends Error {}

/** It is more than a frame may bring, though nothing in it is wrong: an honest peer may have written it. */
export class LimitRefusal extends Refusal {}

export class ByteReader {
  readonly bytes: Uint8Array;
  pos = 0;
  /** How deep values lay in values so far. */
  valueDepth = 0;
  readonly #depthMax: number;

  constructor(bytes: Uint8Array, depthMax: number) {
    this.bytes = bytes;
    this.#depthMax = depthMax;
  }

  get left(): number {
    return this.bytes.length - this.pos;
  }

  byte(): number {
    const byte = this.bytes[this.pos];
    if (byte === undefined) throw new Refusal('ends early');
    this.pos++;
    return byte;
  }

  number(): number {
    const first = this.byte();
    return first < 0x80 ? first : this.#longNumber(first & 0x7f);
  }

  #longNumber(low: number): number {
    let value = low;
    for (let factor = 0x80; factor < 2 ** 56; factor *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
    }
    throw new Refusal('holds a number above 2^53 - 1');
  }

  skip(count: number): void {
    if (count > this.left) throw new Refusal('ends early');
    this.pos += count;
  }

  /** A text that is left unread; its length in UTF-16 units, which is what Yjs counts in. */
  textLength(): number {
    const length = this.number();
    const start = this.pos;
    this.skip(length);
    if (this.#isAscii(start)) return length;
    return decode(this.bytes.subarray(start, this.pos)).length;
  }

  /** A text of which nothing is wanted but that it is one. */
  skipText(): void {
    this.textLength();
  }

  text(): string {
    const length = this.number();
    const start = this.pos;
    this.skip(length);
    return decode(this.bytes.subarray(start, this.pos));
  }

  /** Whether the bytes from `start` to here are. */
  #isAscii(start: number): boolean {
    const { bytes, pos } = this;
    if (pos - start > 64) return isAscii(bytes.subarray(start, pos));
    for (let at = start; at < pos; at++) if ((bytes[at] ?? 0) >= 0x80) return false;
    return true;
  }

  /** A value in lib0's encoding `any`. */
  any(depth = 0): void {
    const kind = this.byte();
    switch (kind) {
      case 127: // undefined
      case 126: // null
      case 121: // false
      case 120: // true
        return;
      case 125: // an integer, sign and all
        return this.#skipInteger();
      case 124:
        return this.skip(4);
      case 123: // a double
      case 122: // a bigint
        return this.skip(8);
      case 119:
        return this.skipText();
      case 118: // an object
      case 117: // a list
        return this.#skipEntries(kind === 118, depth + 1);
      case 116:
        return this.skip(this.number());
      default:
        throw new Refusal(`holds a value of unknown kind ${kind}`);
    }
  }

  #skipInteger(): void {
    for (let count = 0; count < 8; count++) if (this.byte() < 0x80) return;
    throw new Refusal('holds a number above 2^53 - 1');
  }

  #skipEntries(areNamed: boolean, depth: number): void {
    this.#enter(depth);
    const count = this.number();
    for (let index = 0; index < count; index++) {
      if (areNamed) this.skipText();
      this.any(depth);
    }
  }

  #enter(depth: number): void {
    if (depth > this.valueDepth) this.valueDepth = depth;
    if (depth > this.#depthMax) throw new LimitRefusal(`nests values more than ${this.#depthMax} deep`);
  }

  /** A text that must be JSON: Yjs parses it while it reads, and writes it again, by recursion. */
  json(isUndefinedAllowed: boolean): void {
    const text = this.text();
    if (isUndefinedAllowed && text === 'undefined') return;
    this.#enter(depthOfJson(text));
    try {
      JSON.parse(text);
    } catch {
      throw new Refusal('holds a text that should be JSON and is not');
    }
  }
}

/**
 * For bytes that Yjs is given whatever they are, and that are read only to know where things stand: texts are passed over, not looked at. That is most
 * of the bytes of a large document.
 */
export class SkimmingReader extends ByteReader {
  override skipText(): void {
    this.skip(this.number());
  }

  override json(): void {
    this.skipText();
  }
}

function depthOfJson(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (isInText) {
      if (unit === BACKSLASH) at++;
      else if (unit === QUOTE) isInText = false;
    } else if (unit === QUOTE) {
      isInText = true;
    } else if (unit === OPEN_LIST || unit === OPEN_OBJECT) {
      deepest = Math.max(deepest, ++depth);
    } else if (unit === CLOSE_LIST || unit === CLOSE_OBJECT) {
      depth--;
    }
  }
  return deepest;
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Refusal('holds a text that is not UTF-8');
  }
}
