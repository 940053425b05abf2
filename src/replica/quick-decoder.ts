/**
 * Reads large updates (encoding V1) as Yjs's own decoder does, value for value, and texts faster: Yjs makes a view of the bytes for each of them and
 * asks a `TextDecoder`. Short ones, which are keys, tags and names of authors again and again, are made once and found again. What is wrong with the
 * bytes is left to Yjs to say. It knows nothing but one update, and is gone with it (docs/decisions/0031).
 */

import * as Y from 'yjs';
import { bufferOf, textOf } from '../talk/codecs/text.js';

/** Texts of up to this many bytes are kept for the time of one update … */
const SHORT_TEXT_BYTES = 24;
/** … each in the place that its hash names, over whatever was there. A power of two. */
const SHORT_TEXT_PLACES = 2048;
/** Large enough that V8 does not move it, either. */
export const PIECE_BYTES = 256 * 1024;
/** Of bytes that were read one by one. */
const NOT_ASCII = /[\u0080-\u00ff]/;
/** Marks of lib0's encoding `any`. */
const [TEXT, OBJECT, ARRAY] = [119, 118, 117];

export class QuickDecoder extends Y.UpdateDecoderV1 {
  readonly #bytes: Buffer;
  readonly #short = Array.from<string | undefined>({ length: SHORT_TEXT_PLACES });

  constructor(decoder: ConstructorParameters<typeof Y.UpdateDecoderV1>[0]) {
    super(decoder);
    this.#bytes = bufferOf(decoder.arr);
  }

  override readString(): string {
    const rest = this.restDecoder;
    const begun = rest.pos;
    const length = this.readLen();
    const start = rest.pos;
    const end = start + length;
    if (end > this.#bytes.length) {
      rest.pos = begun;
      return super.readString();
    }
    rest.pos = end;
    return length > SHORT_TEXT_BYTES ? this.longText(this.#bytes, start, end) : this.#shortText(start, end);
  }

  override readKey(): string {
    return this.readString();
  }

  override readAny(): unknown {
    const rest = this.restDecoder;
    const mark = this.#bytes[rest.pos];
    if (mark === TEXT) {
      rest.pos++;
      return this.readString();
    }
    if (mark === OBJECT) {
      rest.pos++;
      const object: Record<string, unknown> = {};
      for (let left = this.readLen(); left > 0; left--) {
        const key = this.readString();
        object[key] = this.readAny();
      }
      return object;
    }
    if (mark === ARRAY) {
      rest.pos++;
      const array: unknown[] = [];
      for (let left = this.readLen(); left > 0; left--) array.push(this.readAny());
      return array;
    }
    return super.readAny();
  }

  protected longText(bytes: Buffer, start: number, end: number): string {
    return textOf(bytes, start, end);
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
    const text = bytes.toString('latin1', start, end);
    this.#short[place] = text;
    return text;
  }

  #reads(text: string, start: number): boolean {
    for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== this.#bytes[start + at]) return false;
    return true;
  }
}

/**
 * For an update that is most of what its document will hold: reads a piece of the bytes at once, and cuts the texts out of it. V8 copies no character
 * for that, and its collector has each piece to move in place of its texts, which all stay. The price: a piece stays as long as one of its texts.
 */
export class WholeDecoder extends QuickDecoder {
  protected readonly pieceBytes: number = PIECE_BYTES;
  #piece = '';
  #pieceStart = 0;
  #pieceEnd = 0;

  protected override longText(bytes: Buffer, start: number, end: number): string {
    if (end - start > this.pieceBytes / 4) return super.longText(bytes, start, end);
    if (end > this.#pieceEnd) {
      this.#pieceStart = start;
      this.#pieceEnd = Math.min(bytes.length, start + this.pieceBytes);
      this.#piece = bytes.toString('latin1', start, this.#pieceEnd);
    }
    const text = this.#piece.slice(start - this.#pieceStart, end - this.#pieceStart);
    return NOT_ASCII.test(text) ? super.longText(bytes, start, end) : text;
  }
}
