/**
 * Cuts the text of one JSON array into those of its elements while it streams in, so that a file of any size is neither held nor parsed
 * at once. It looks at brackets and quotes only; whether an element is JSON is for whoever parses it. A file that holds one object
 * comes out as a single element.
 */

export interface Element {
  /** Counts from 1; 0 where the file is no array. */
  readonly number: number;
  /** Undefined where it is longer than allowed. */
  readonly bytes: Uint8Array | undefined;
}

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE] = [0x22, 0x5c, 0x2c, 0x5b, 0x5d];
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];
const SPACES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const MARK = [0xef, 0xbb, 0xbf];

/** Throws a SyntaxError where the array does not end, or something comes after it. */
export async function* splitArray(chunks: AsyncIterable<Uint8Array>, elementBytesMax: number): AsyncGenerator<Element> {
  const cutter = new Cutter(elementBytesMax);
  for await (const chunk of chunks) yield* cutter.take(chunk);
  yield* cutter.end();
}

class Cutter {
  readonly #bytesMax: number;
  #kind: 'unknown' | 'array' | 'single' | 'over' = 'unknown';
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #seen = 0;
  #number = 0;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  /** Something but space has come since the last comma. */
  #hasContent = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  *take(chunk: Uint8Array): Generator<Element> {
    let from = 0;
    for (let at = 0; at < chunk.length; at++, this.#seen++) {
      const byte = chunk[at] as number;
      if (this.#kind === 'single') break;
      if (this.#kind === 'unknown' || this.#kind === 'over') {
        if (SPACES.has(byte) || (this.#seen < 3 && byte === MARK[this.#seen])) continue;
        if (this.#kind === 'over') throw new SyntaxError('something comes after the end of the array');
        this.#kind = byte === OPEN ? 'array' : 'single';
        from = byte === OPEN ? at + 1 : at;
      } else if (this.#step(byte)) {
        this.#keep(chunk.subarray(from, at));
        from = at + 1;
        if (this.#hasContent || byte === COMMA || this.#number > 0) yield this.#element();
        if (byte === CLOSE) this.#kind = 'over';
      }
    }
    if (this.#kind === 'array' || this.#kind === 'single') this.#keep(chunk.subarray(from));
  }

  *end(): Generator<Element> {
    if (this.#kind === 'array') throw new SyntaxError('the text ends inside of the array');
    // Also of a file in which there is nothing: then it is an empty one, which is no JSON.
    if (this.#kind === 'single' || this.#kind === 'unknown') yield { ...this.#element(), number: 0 };
  }

  /** True at the end of an element: a comma of the array itself, or its end. */
  #step(byte: number): boolean {
    if (this.#isInText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#isInText = false;
      return false;
    }
    if (this.#depth === 0 && (byte === COMMA || byte === CLOSE)) return true;
    if (byte === QUOTE) this.#isInText = true;
    else if (byte === OPEN || byte === OPEN_OBJECT) this.#depth++;
    else if (byte === CLOSE || byte === CLOSE_OBJECT) this.#depth--;
    if (!SPACES.has(byte)) this.#hasContent = true;
    return false;
  }

  #keep(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#bytesMax) this.#parts = [];
    else this.#parts.push(part);
  }

  #element(): Element {
    const bytes = this.#bytes > this.#bytesMax ? undefined : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    this.#hasContent = false;
    return { number: ++this.#number, bytes };
  }
}
