/** Blobs in memory, for tests and for peers whose store lies nowhere: several stores on one disk share them as processes share a folder. */

import { SocommError } from '../../src/base/errors.js';
import { blobMissing, blobTooLarge } from './blob-errors.js';
import { hashOf } from './blob-hash.js';
import type { BlobHash } from './blob-hash.js';
import type { BlobFinding, BlobStore, Retirement, StoredBlob } from './blob-store.js';
import { BLOB_BYTES_MAX } from './limits.js';

/** What is durable. */
export class MemoryBlobDisk {
  readonly blobs = new Map<BlobHash, Uint8Array>();
  /** Withdrawn: read, but not counted on. */
  readonly retired = new Map<BlobHash, Uint8Array>();
  readonly sync: () => Promise<void>;

  /** `sync` is awaited by every write before it counts: the place for a test's delays and faults. */
  constructor(sync: () => Promise<void> = () => Promise.resolve()) {
    this.sync = sync;
  }
}

export class MemoryBlobStore implements BlobStore {
  readonly location = 'memory/blobs';
  readonly #disk: MemoryBlobDisk;
  #isOpen = true;

  constructor(disk: MemoryBlobDisk = new MemoryBlobDisk()) {
    this.#disk = disk;
  }

  async put(content: Uint8Array): Promise<BlobHash> {
    this.#check();
    if (content.length > BLOB_BYTES_MAX) throw blobTooLarge(content.length, BLOB_BYTES_MAX, 'into one. Cut it into several.');
    const copy = content.slice();
    const hash = hashOf(copy);
    if (this.#disk.blobs.has(hash)) return hash;
    await this.#disk.sync();
    // Whoever was killed while the disk was at work has written nothing.
    this.#check();
    this.#disk.blobs.set(hash, copy);
    return hash;
  }

  async putStream(content: AsyncIterable<Uint8Array>): Promise<BlobHash> {
    this.#check();
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece.slice());
    return this.put(Buffer.concat(pieces));
  }

  async get(hash: BlobHash): Promise<Uint8Array> {
    this.#check();
    return this.#find(hash).slice();
  }

  async *stream(hash: BlobHash): AsyncGenerator<Uint8Array, void, undefined> {
    yield await this.get(hash);
  }

  async size(hash: BlobHash): Promise<number | undefined> {
    this.#check();
    return (this.#disk.blobs.get(hash) ?? this.#disk.retired.get(hash))?.length;
  }

  async list(): Promise<readonly StoredBlob[]> {
    this.#check();
    return [...this.#disk.blobs, ...this.#disk.retired].map(([hash, { length }]) => ({ hash, bytes: length }));
  }

  async *verify(): AsyncGenerator<BlobFinding, void, undefined> {
    this.#check();
    yield* [];
  }

  async *aside(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* [];
  }

  async retire(candidates: ReadonlySet<BlobHash>): Promise<Retirement> {
    this.#check();
    const { blobs, retired } = this.#disk;
    for (const hash of candidates) {
      const content = blobs.get(hash);
      if (content === undefined) continue;
      retired.set(hash, content);
      blobs.delete(hash);
    }
    const hashes = new Set([...retired.keys()].filter((hash) => candidates.has(hash)));
    const withdrawn = new Set(retired.keys());
    const putBack = (hash: BlobHash): void => {
      const content = retired.get(hash);
      if (content !== undefined) blobs.set(hash, content);
      retired.delete(hash);
    };
    return {
      hashes,
      finish: async (needed) => {
        this.#check();
        let removed = { blobs: 0, bytes: 0 };
        for (const hash of withdrawn) {
          if (needed.has(hash) || !hashes.has(hash)) putBack(hash);
          else if (!blobs.has(hash)) removed = { blobs: removed.blobs + 1, bytes: removed.bytes + (retired.get(hash)?.length ?? 0) };
          retired.delete(hash);
        }
        return removed;
      },
      cancel: async () => {
        for (const hash of withdrawn) putBack(hash);
      },
    };
  }

  onDamage(): void {
    // Memory does not rot.
  }

  /** Ends without a word, as a kill would. */
  crash(): void {
    this.#isOpen = false;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  #find(hash: BlobHash): Uint8Array {
    const content = this.#disk.blobs.get(hash) ?? this.#disk.retired.get(hash);
    if (content === undefined) throw blobMissing(hash, this.location);
    return content;
  }

  #check(): void {
    if (!this.#isOpen) throw new SocommError('SOCOMM_CLOSED', `${this.location}: closed`);
  }
}
