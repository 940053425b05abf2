/**
 * Reads the numbers, texts and values in a large update as lib0 does, value for value, and faster: lib0 makes a view of the bytes for each text and asks
 * a `TextDecoder`. Short ones, which are keys, tags and names of authors again and again, are made once and found again. What is wrong with the
 * bytes is left to Yjs to say. It knows nothing but one update, and is gone with it (docs/decisions/0031).
 */

import { bufferOf, textOf } from '../talk/codecs/text.js';
import { TextPiece } from './text-piece.js';

/** Texts of up to this many bytes are kept for the time of one update … */
const SHORT_TEXT_BYTES = 24;
/** … each in the place that its hash names, over whatever was there. A power of two. */
const SHORT_TEXT_PLACES = 2048;
/** Of bytes that were read one by one. */
const NOT_ASCII = /[\u0080-\u00ff]/;
/** Marks of lib0's encoding `any`. */
const [TEXT, OBJECT, ARRAY] = [119, 118, 117];

/** Where reading has come to: lib0's decoder. */
export interface Place {
  readonly arr: Uint8Array;
  pos: number;
}

/** What Yjs' decoder does, for what is not ours to read. */
export interface Otherwise {
  text(): string;
  any(): unknown;
}

export class QuickReader {
  readonly #place: Place;
  readonly #bytes: Buffer;
  readonly #otherwise: Otherwise;
  readonly piece: TextPiece;
  readonly #short = Array.from<string | undefined>({ length: SHORT_TEXT_PLACES });

  /**
   * `pieceBytes`: for an update that is most of what its document will hold. A piece of the bytes is read at once, and the texts are cut out of it: V8
   * copies no character for that, and its collector has each piece to move in place of its texts, which all stay. The price: a piece stays as long
   * as one of its texts. 0: each text is made by itself.
   */
  constructor(place: Place, otherwise: Otherwise, pieceBytes: number) {
    this.#place = place;
    this.#bytes = bufferOf(place.arr);
    this.#otherwise = otherwise;
    this.piece = new TextPiece(this.#bytes, pieceBytes);
  }

  /** A number of variable length; undefined, and nothing read, where it does not end or is larger than any that Yjs counts. */
  count(): number | undefined {
    const place = this.#place;
    const bytes = this.#bytes;
    let at = place.pos;
    let byte = bytes[at++] ?? 0xff;
    let number = byte & 0x7f;
    for (let weight = 0x80; byte >= 0x80; weight *= 0x80) {
      byte = bytes[at++] ?? 0xff;
      number += (byte & 0x7f) * weight;
      if (number > Number.MAX_SAFE_INTEGER) return undefined;
    }
    place.pos = at;
    return number;
  }

  text(): string {
    const place = this.#place;
    const begun = place.pos;
    const length = this.count();
    const start = place.pos;
    if (length === undefined || start + length > this.#bytes.length) {
      place.pos = begun;
      return this.#otherwise.text();
    }
    place.pos = start + length;
    return length > SHORT_TEXT_BYTES ? this.#cut(start, place.pos) : this.#shortText(start, place.pos);
  }

  any(): unknown {
    const place = this.#place;
    const mark = this.#bytes[place.pos];
    if (mark === TEXT) {
      place.pos++;
      return this.text();
    }
    if (mark !== OBJECT && mark !== ARRAY) return this.#otherwise.any();
    const begun = place.pos++;
    const count = this.count();
    if (count === undefined) {
      place.pos = begun;
      return this.#otherwise.any();
    }
    return mark === OBJECT ? this.#object(count) : this.#array(count);
  }

  #object(count: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    for (let left = count; left > 0; left--) {
      const key = this.text();
      object[key] = this.any();
    }
    return object;
  }

  #array(count: number): unknown[] {
    const array: unknown[] = [];
    for (let left = count; left > 0; left--) array.push(this.any());
    return array;
  }

  #shortText(start: number, end: number): string {
    const bytes = this.#bytes;
    let hash = end - start;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte >= 0x80) return textOf(bytes, start, end);
      hash = Math.imul(hash, 31) + byte;
    }
    const place = (hash ^ (hash >>> 11)) & (SHORT_TEXT_PLACES - 1);
    const found = this.#short[place];
    if (found !== undefined && found.length === end - start && this.#reads(found, start)) return found;
    const text = this.#cut(start, end);
    this.#short[place] = text;
    return text;
  }

  #reads(text: string, start: number): boolean {
    for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== this.#bytes[start + at]) return false;
    return true;
  }

  #cut(start: number, end: number): string {
    const bytes = this.#bytes;
    const { piece } = this;
    if (end - start > piece.size / 4) return textOf(bytes, start, end);
    if (end > piece.end) piece.moveTo(start);
    const text = piece.text.slice(start - piece.start, end - piece.start);
    return NOT_ASCII.test(text) ? textOf(bytes, start, end) : text;
  }
}
