/** Cuts a stream of bytes into lines, without ever holding more than one line of limited length. */

export interface Line {
  /** Counts from 1. */
  readonly number: number;
  /** Without the line feed; undefined where the line is longer than allowed. */
  readonly bytes: Uint8Array | undefined;
}

const LINE_FEED = 0x0a;

export async function* splitLines(chunks: AsyncIterable<Uint8Array>, lineBytesMax: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let number = 1;
  const take = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes > lineBytesMax) parts = [];
    else parts.push(part);
  };
  const line = (): Line => {
    const whole = bytes > lineBytesMax ? undefined : Buffer.concat(parts);
    parts = [];
    bytes = 0;
    return { number: number++, bytes: whole };
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(LINE_FEED); to >= 0; to = chunk.indexOf(LINE_FEED, from)) {
      take(chunk.subarray(from, to));
      yield line();
      from = to + 1;
    }
    take(chunk.subarray(from));
  }
  if (bytes > 0) yield line();
}
