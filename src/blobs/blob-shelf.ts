/** A peer's blobs, for all its instances: the store of blobs, what was read lately, and what was put of late. Knows no documents. */

import { hashOf } from '../../storage/blobs/blob-hash.js';
import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import { SMALL_BLOB_BYTES_MAX } from '../../storage/blobs/limits.js';
import type { BlobStore } from '../../storage/blobs/blob-store.js';
import { MemoryBlobStore } from '../../storage/blobs/memory-blob-store.js';
import type { Clock } from '../base/clock.js';
import { SocommError } from '../base/errors.js';
import type { Warnings } from '../warnings.js';
import { BlobCache } from './blob-cache.js';
import { LatePuts } from './late-puts.js';
import { BLOB_GET_BYTES_MAX } from './limits.js';

export interface BlobShelfOptions {
  /** Default: in memory, and gone with the peer. */
  readonly blobs?: BlobStore;
  readonly clock: Clock;
}

export class BlobShelf {
  readonly store: BlobStore;
  readonly latePuts: LatePuts;
  readonly #cache = new BlobCache();
  /** The same one asked for many times at once is read once. */
  readonly #reading = new Map<BlobHash, Promise<Uint8Array>>();

  constructor({ blobs = new MemoryBlobStore(), clock }: BlobShelfOptions, warnings: Warnings) {
    this.store = blobs;
    this.latePuts = new LatePuts(clock);
    blobs.onDamage(({ what, keptAs }) =>
      warnings.raise('blob-damaged', `${what}${keptAs === undefined ? '' : `; it is kept in ${keptAs}`}`),
    );
  }

  /** Not cached: what is read is what lies on the disk. */
  async put(content: Uint8Array): Promise<BlobHash> {
    if (content.length > SMALL_BLOB_BYTES_MAX) return this.#putUnnamed(() => this.store.put(content));
    // Noted before it is looked for: see late-puts.
    this.latePuts.note(hashOf(content));
    return this.store.put(content);
  }

  putStream(content: AsyncIterable<Uint8Array>): Promise<BlobHash> {
    return this.#putUnnamed(() => this.store.putStream(content));
  }

  /** The bytes are the caller's. */
  async get(hash: BlobHash): Promise<Uint8Array> {
    const cached = this.#cache.get(hash);
    if (cached !== undefined) return cached;
    const isFirst = !this.#reading.has(hash);
    const reading = this.#reading.get(hash) ?? this.#read(hash).finally(() => this.#reading.delete(hash));
    this.#reading.set(hash, reading);
    const content = await reading;
    return isFirst ? content : content.slice();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  async #putUnnamed(put: () => Promise<BlobHash>): Promise<BlobHash> {
    return this.latePuts.during(async () => {
      const hash = await put();
      this.latePuts.note(hash);
      return hash;
    });
  }

  async #read(hash: BlobHash): Promise<Uint8Array> {
    const bytes = await this.store.size(hash);
    if (bytes !== undefined && bytes > BLOB_GET_BYTES_MAX) {
      throw new SocommError(
        'SOCOMM_TOO_LARGE',
        `blob ${hash} has ${bytes} bytes: at most ${BLOB_GET_BYTES_MAX} come in one piece. Read it with blobs.stream().`,
      );
    }
    const content = await this.store.get(hash);
    this.#cache.add(hash, content);
    return content;
  }
}
