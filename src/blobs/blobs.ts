/**
 * Large and immutable things beside the documents: a document names one by its hash, anywhere in it, as text. The face that users
 * hold; it belongs to one instance and ends with it.
 */

import { isBlobHash } from '../../storage/blobs/blob-hash.js';
import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import { checkSignal, named } from '../talk/arguments.js';
import type { BlobShelf } from './blob-shelf.js';
import { checkContent, isWhole, piecesOf } from './content.js';
import type { BlobContent } from './content.js';

export interface BlobOptions {
  readonly signal?: AbortSignal;
}

export interface Blobs {
  /**
   * Keeps a content, durably when it resolves, and returns its name. What is there already is not written again. Up to 1 GiB, from a
   * source in constant memory. Bytes must not be changed before it resolves.
   * Errors: SOCOMM_TOO_LARGE, SOCOMM_STORE_FAILED, SOCOMM_STORE_GONE, SOCOMM_CLOSED; the signal's reason; what the source throws.
   */
  put(content: BlobContent, options?: BlobOptions): Promise<BlobHash>;
  /**
   * The content, verified; the bytes are the caller's own. Up to 64 MiB: `stream()` gives more.
   * Errors: SOCOMM_BLOB_MISSING, SOCOMM_BLOB_DAMAGED, SOCOMM_TOO_LARGE, SOCOMM_STORE_FAILED, SOCOMM_CLOSED; the signal's reason.
   */
  get(hash: string, options?: BlobOptions): Promise<Uint8Array>;
  /**
   * The content in pieces, in constant memory. It ends only when all was verified: what is damaged throws before its last piece.
   * Errors, at the reading: as `get()`, but for its size.
   */
  stream(hash: string, options?: BlobOptions): ReadableStream<Uint8Array>;
  has(hash: string): Promise<boolean>;
}

/** What `Blobs` needs of the instance that it belongs to. */
export interface BlobsHost {
  /** Throws where the instance is closed. */
  readonly assertOpen: () => void;
  /** Ends what waits, with the caller's signal or the instance. */
  readonly waiting: <Result>(signal: AbortSignal | undefined, work: (limit: AbortSignal) => Promise<Result>) => Promise<Result>;
}

export function makeBlobs(shelf: BlobShelf, { assertOpen, waiting }: BlobsHost): Blobs {
  return {
    async put(content, options = {}) {
      const signal = signalOf('put', options);
      assertOpen();
      checkContent(content);
      return waiting(signal, (limit) => givenUp(limit, isWhole(content) ? shelf.put(content) : shelf.putStream(piecesOf(content, limit))));
    },
    async get(hash, options = {}) {
      const signal = signalOf('get', options);
      assertOpen();
      checkHash(hash);
      return waiting(signal, (limit) => givenUp(limit, shelf.get(hash)));
    },
    stream(hash, options = {}) {
      const signal = signalOf('stream', options);
      assertOpen();
      checkHash(hash);
      const pieces = shelf.store.stream(hash)[Symbol.asyncIterator]();
      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            assertOpen();
            const next = await waiting(signal, (limit) => givenUp(limit, pieces.next()));
            if (next.done === true) controller.close();
            else controller.enqueue(next.value);
          },
          async cancel() {
            await pieces.return?.();
          },
        },
        // Nothing is read before somebody wants it.
        { highWaterMark: 0 },
      );
    },
    async has(hash) {
      assertOpen();
      checkHash(hash);
      return (await shelf.store.size(hash)) !== undefined;
    },
  };
}

/** Throws a TypeError for what is no object, and an option or a signal that is none. */
function signalOf(call: string, options: unknown): AbortSignal | undefined {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`the options of blobs.${call}() are an object; got ${named(options)}`);
  const unknown = Object.keys(options).find((name) => name !== 'signal');
  if (unknown !== undefined) throw new TypeError(`blobs.${call}() has no option '${unknown}'; it has signal`);
  const { signal } = options as BlobOptions;
  checkSignal(signal);
  return signal;
}

/** A programmer's mistake, and the reason why no hash ever leads out of the folder. */
function checkHash(hash: unknown): asserts hash is BlobHash {
  if (!isBlobHash(hash)) throw new TypeError('a blob is named by the 64 lower-case hex digits that put() returned');
}

/** Not waited for any longer once the signal says so; what is on its way to the disk goes on. */
function givenUp<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    const end = (): void => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    work.finally(end).then(resolve, reject);
    if (signal.aborted) abort();
  });
}
