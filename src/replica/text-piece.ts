/** The stretch of an update that texts are cut out of for now. All who read the update share it: each byte would be kept once for each of them otherwise. */
export class TextPiece {
  /** A character for each byte. */
  text = '';
  start = 0;
  end = 0;
  readonly size: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, size: number) {
    this.#bytes = bytes;
    this.size = size;
  }

  /** Reading goes forward: nobody asks for what is before that. */
  moveTo(start: number): void {
    this.start = start;
    this.end = Math.min(this.#bytes.length, start + this.size);
    this.text = this.#bytes.toString('latin1', start, this.end);
  }
}
