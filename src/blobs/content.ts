/** What may be put: bytes, or a source of bytes. Checked where it comes in: a wrong one is a `TypeError`. */

import { types } from 'node:util';

export type BlobContent = Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

export function checkContent(content: unknown): asserts content is BlobContent {
  if (types.isUint8Array(content)) return;
  if (typeof content === 'object' && content !== null && Symbol.asyncIterator in content) return;
  throw new TypeError('put() takes a Uint8Array, or an async iterable or ReadableStream of them');
}

export function isWhole(content: BlobContent): content is Uint8Array {
  return types.isUint8Array(content);
}

/** The pieces, each checked, until the signal says no. What it is given up for, the source hears of. */
export async function* piecesOf(content: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const source = content[Symbol.asyncIterator]();
  const given = new AbortedWait(signal);
  let isAtEnd = false;
  try {
    for (;;) {
      const next = await given.race(source.next());
      if (next.done === true) {
        isAtEnd = true;
        return;
      }
      if (!types.isUint8Array(next.value)) throw new TypeError(`a piece of a blob is a Uint8Array; got ${typeof next.value}`);
      yield next.value;
    }
  } catch (error) {
    // A source that threw is over; else it is told, and not waited for: it may be the one that hangs.
    if (!signal.aborted) throw error;
    throw signal.reason;
  } finally {
    given.end();
    if (!isAtEnd) void Promise.resolve(source.return?.()).catch(() => undefined);
  }
}

/** One listener on the signal for all waits of a source. */
class AbortedWait {
  readonly #signal: AbortSignal;
  #give: (reason: unknown) => void = () => undefined;
  readonly #abort = (): void => this.#give(this.#signal.reason);

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  race<Result>(promise: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) return reject(this.#signal.reason as Error);
      this.#give = reject;
      promise.then(resolve, reject);
    });
  }

  end(): void {
    this.#signal.removeEventListener('abort', this.#abort);
  }
}
