/**
 * The checksum of a frame, taken while it is written or read from its beginning to its end. Values of UNCOVERED_BYTES_MIN or more
 * are left out, as bodies are: they are the application's, on their way between processes of one machine, looked at once by their
 * codec, and never kept. What says where they begin and end is covered.
 */

import { crc32 } from 'node:zlib';

/** The checksum of as many bytes costs as much as sending them. */
export const UNCOVERED_BYTES_MIN = 1024;

export class Covering {
  #checksum = 0;
  /** All before it is in the checksum, or left out. */
  #at: number;

  constructor(start: number) {
    this.#at = start;
  }

  /** A value lies there. */
  value(bytes: Uint8Array, start: number, length: number): void {
    if (length < UNCOVERED_BYTES_MIN) return;
    this.#cover(bytes, start);
    this.#at = start + length;
  }

  finish(bytes: Uint8Array, end: number): number {
    this.#cover(bytes, end);
    return this.#checksum;
  }

  #cover(bytes: Uint8Array, end: number): void {
    if (end - this.#at < FEW_BYTES_MAX) {
      this.#checksum = crc32OfFew(bytes, this.#at, end, this.#checksum);
      return;
    }
    this.#checksum = crc32(new Uint8Array(bytes.buffer, bytes.byteOffset + this.#at, end - this.#at), this.#checksum);
  }
}

/** Between large values lie a few bytes: a call out of JavaScript costs more than they do. */
const FEW_BYTES_MAX = 32;
const POLYNOMIAL = 0xedb88320;

const REMAINDERS = /* @__PURE__ */ Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
  return remainder;
});

/** The same as zlib's. */
function crc32OfFew(bytes: Uint8Array, start: number, end: number, before: number): number {
  let checksum = ~before;
  for (let index = start; index < end; index++) {
    checksum = (checksum >>> 8) ^ (REMAINDERS[(checksum ^ (bytes[index] as number)) & 0xff] as number);
  }
  return ~checksum >>> 0;
}
