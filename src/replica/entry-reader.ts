/**
 * Reads the struct that large documents consist of, an entry of a map with one value under a key that is new, in encoding V1, many in one loop. In a
 * process that has just begun, V8 takes longer to compile a dozen small functions than 10,000 entries take to read. So this is one function, and
 * most of it is done by code of V8's own, which is compiled: cutting, and the expression that looks for what is beyond ASCII.
 */

import * as Y from 'yjs';
import { bufferOf, textOf } from '../talk/codecs/text.js';
import type { WholeDecoder } from './quick-decoder.js';
import type { TextPiece } from './text-piece.js';
import type { Struct } from './yjs-order.js';

/** The first byte of such a struct: no neighbours are written, but a key is, and plain values behind it. */
const ENTRY = 0x28;
/** The mark of a text in lib0's encoding `any`. */
const TEXT = 119;
/** From here on a length takes another byte. */
const LONG = 0x80;

export interface EntryReaderOptions {
  /** The items directly below a root. */
  readonly below: (root: string) => Y.Item[];
}

export interface Run {
  readonly client: number;
  readonly clock: number;
  /** So many structs are left. */
  readonly left: number;
  /** Where they are put. */
  readonly structs: Struct[];
}

export class EntryReader {
  readonly #decoder: WholeDecoder;
  readonly #bytes: Buffer;
  readonly #options: EntryReaderOptions;
  readonly #ascii = /[^\u0080-\u00ff]*/y;
  /** The decoder's. Texts are cut out of it: nothing is copied for that, or moved by the collector. It stays as long as one of them. */
  readonly #piece: TextPiece;
  /** Where something beyond ASCII comes next, or the piece ended in which it was looked for. */
  #asciiEnd = 0;
  #root: string | undefined;
  #below: Y.Item[] = [];

  constructor(decoder: WholeDecoder, options: EntryReaderOptions) {
    this.#decoder = decoder;
    this.#bytes = bufferOf(decoder.restDecoder.arr);
    this.#piece = decoder.piece;
    this.#options = options;
  }

  /** Another update begins. */
  begin(): void {
    this.#root = undefined;
  }

  /** Returns how many there were: up to the first struct that is something else, or is better read otherwise. */
  read({ client, clock, left, structs }: Run): number {
    const decoder = this.#decoder;
    const place = decoder.restDecoder;
    const bytes = this.#bytes;
    let count = 0;
    for (; count < left; count++) {
      const start = place.pos;
      const isBelowRoot = bytes[start + 1] === 1;
      if (bytes[start] !== ENTRY || !(isBelowRoot || bytes[start + 1] === 0)) break;
      let parent: Y.ID | null = null;
      let at = start + 2;
      if (isBelowRoot) {
        const length = bytes[at] ?? LONG;
        if (length >= LONG) break;
        at += 1 + length;
      } else {
        place.pos = at;
        parent = decoder.readLeftID();
        at = place.pos;
        place.pos = start;
        if (parent.client !== client || parent.clock >= clock + count) break;
      }
      const keyStart = at + 1;
      const keyLength = bytes[at] ?? LONG;
      at = keyStart + keyLength;
      const keyEnd = at;
      if (keyLength >= LONG || bytes[at++] !== 1) break;
      const isText = bytes[at] === TEXT;
      let length = 0;
      if (isText) {
        length = bytes[++at] ?? 0;
        if (length >= LONG) length += ((bytes[++at] ?? 0) - 1) * LONG;
        if (length >= LONG * LONG) length += ((bytes[++at] ?? 0) - 1) * LONG * LONG;
        if (length >= LONG * LONG * LONG) break;
        at++;
      }
      const end = at + length;
      if (end > bytes.length || (end > this.#piece.end && !this.#cutFrom(start, end))) break;
      if (isBelowRoot && !this.#isBelow(start + 3, keyStart - 1)) break;
      const key = this.#text(keyStart, keyEnd);
      let value: unknown;
      if (isText) {
        value = this.#text(at, end);
        place.pos = end;
      } else {
        place.pos = at;
        value = decoder.readAny();
      }
      const id = new Y.ID(client, clock + count);
      const item = new Y.Item(id, null, null, null, null, parent, key, new Y.ContentAny([value]));
      if (isBelowRoot) this.#below.push(item);
      structs.push(item);
    }
    return count;
  }

  #cutFrom(start: number, end: number): boolean {
    this.#piece.moveTo(start);
    return end <= this.#piece.end;
  }

  /** Whether the name there is that of the root that items are noted for now. */
  #isBelow(start: number, end: number): boolean {
    const name = this.#cut(start, end);
    if (name === this.#root) return true;
    if (!this.#isAscii(start, end)) return false;
    this.#root = name;
    this.#below = this.#options.below(name);
    return true;
  }

  #text(start: number, end: number): string {
    return this.#isAscii(start, end) ? this.#cut(start, end) : textOf(this.#bytes, start, end);
  }

  /** It is asked of one place after the other, so what was found before mostly answers. */
  #isAscii(start: number, end: number): boolean {
    if (end <= this.#asciiEnd) return true;
    const { text, start: base } = this.#piece;
    this.#ascii.lastIndex = start - base;
    this.#ascii.test(text);
    this.#asciiEnd = base + this.#ascii.lastIndex;
    return end <= this.#asciiEnd;
  }

  #cut(start: number, end: number): string {
    const { text, start: base } = this.#piece;
    return text.slice(start - base, end - base);
  }
}
