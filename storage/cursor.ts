/** Reads LevelDB's own encodings from bytes, one after the other. Past the end it throws a RangeError. */

export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw new RangeError('past the end');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** Little-endian, of 1 to 4 bytes. */
  readNumber(count: number): number {
    return this.take(count).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  readVarint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.readNumber(1);
      value += (byte & 127) * factor;
      if (!Number.isSafeInteger(value)) throw new RangeError('too large');
      if (byte < 128) return value;
    }
  }
}
