/** Bytes on their way between an array of bytes and words that are read and written one by one, each in one piece. */

import { WORD_BYTES } from './layout.js';

export class Scratch {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(bytesMax: number) {
    this.#words = new Int32Array(Math.ceil(bytesMax / WORD_BYTES));
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  /** What follows the bytes within their last word is zero. */
  store(words: Int32Array, at: number, bytes: Uint8Array): void {
    const count = Math.ceil(bytes.length / WORD_BYTES);
    if (count > 0) this.#words[count - 1] = 0;
    this.#bytes.set(bytes);
    for (let each = 0; each < count; each++) Atomics.store(words, at + each, this.#words[each] ?? 0);
  }

  /** Until the next call; whoever keeps it takes a copy. */
  load(words: Int32Array, at: number, byteLength: number): Uint8Array {
    const count = Math.ceil(byteLength / WORD_BYTES);
    for (let each = 0; each < count; each++) this.#words[each] = Atomics.load(words, at + each);
    return this.#bytes.subarray(0, byteLength);
  }
}
