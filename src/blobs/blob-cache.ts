/** Contents that were read and verified lately, up to a number of bytes; what was not asked for longest goes first. */

import type { BlobHash } from '../../storage/blobs/blob-hash.js';

/** For one peer, all its instances together. */
export const BLOB_CACHE_BYTES_MAX = 16 * 1024 * 1024;

/** A larger one would push out too many others. */
export const BLOB_CACHED_BYTES_MAX = 1024 * 1024;

export class BlobCache {
  readonly #bytesMax: number;
  /** In the order of their last use. */
  readonly #contents = new Map<BlobHash, Uint8Array>();
  #bytes = 0;

  constructor(bytesMax: number = BLOB_CACHE_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A copy: what the caller does to it is the caller's. */
  get(hash: BlobHash): Uint8Array | undefined {
    const content = this.#contents.get(hash);
    if (content === undefined) return undefined;
    this.#contents.delete(hash);
    this.#contents.set(hash, content);
    return content.slice();
  }

  /** Keeps a copy. */
  add(hash: BlobHash, content: Uint8Array): void {
    if (content.length > BLOB_CACHED_BYTES_MAX || this.#contents.has(hash)) return;
    this.#contents.set(hash, Uint8Array.from(content));
    this.#bytes += content.length;
    for (const [oldest, { length }] of this.#contents) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#contents.delete(oldest);
      this.#bytes -= length;
    }
  }
}
