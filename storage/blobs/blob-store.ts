/**
 * The port to blobs: immutable content, named by its hash. Any peer puts, each reads what all have put; only collection is
 * the writer's. Every method is asynchronous and takes and gives plain data, so that it can be carried to another thread.
 * Implementations: file-blob-store and memory-blob-store. Both pass test/contract/blob-store.
 */

import type { Damage } from '../store.js';
import type { BlobHash } from './blob-hash.js';

export interface StoredBlob {
  readonly hash: BlobHash;
  readonly bytes: number;
}

export interface BlobStore {
  /** Where it lies, for messages. */
  readonly location: string;
  /**
   * Durable when it resolves; what is there already, sound and durable, is not written again. Must not be changed until then.
   * Errors: SOCOMM_TOO_LARGE, SOCOMM_STORE_FAILED, SOCOMM_STORE_GONE, SOCOMM_CLOSED.
   */
  put(content: Uint8Array): Promise<BlobHash>;
  /** The same, piece by piece, in constant memory. Where the source throws, so does this, and nothing stays. */
  putStream(content: AsyncIterable<Uint8Array>): Promise<BlobHash>;
  /** All of it, verified; the bytes are the caller's. Errors: SOCOMM_BLOB_MISSING, SOCOMM_BLOB_DAMAGED, SOCOMM_STORE_FAILED. */
  get(hash: BlobHash): Promise<Uint8Array>;
  /** Piece by piece. The last piece comes only when all was verified; what is damaged throws there. Errors: as `get()`. */
  stream(hash: BlobHash): AsyncIterable<Uint8Array>;
  /** Bytes of it; undefined where it is missing. */
  size(hash: BlobHash): Promise<number | undefined>;
  /** All that are there, in no order. */
  list(): Promise<readonly StoredBlob[]>;
  /** Reads everything, and says what is wrong with it. Changes nothing. */
  verify(): AsyncIterable<BlobFinding>;
  /** What lies in quarantine, in pieces: it may still name blobs. A name never lies in two pieces alone. */
  aside(): AsyncIterable<Uint8Array>;
  /** Withdraws content that may have to go: see `Retirement`. */
  retire(candidates: ReadonlySet<BlobHash>): Promise<Retirement>;
  /** Called at each damage that reading met. One listener. */
  onDamage(listener: (damage: Damage) => void): void;
  /** What is being put comes to its end first. Idempotent. */
  close(): Promise<void>;
}

export interface BlobFinding {
  /** The file that it is in. */
  readonly file: string;
  /** Undefined where not even its name can be read. */
  readonly hash: BlobHash | undefined;
  readonly what: string;
}

/**
 * What is on its way out. Until the end it can still be read, but `put` does not count on it: who puts the same content writes it
 * anew. So whoever asks, after the withdrawal, who needs one of these hears of each that was put before it.
 */
export interface Retirement {
  /** What would go. */
  readonly hashes: ReadonlySet<BlobHash>;
  /** Removes all but what is `needed`. Returns what that gave back. */
  readonly finish: (needed: ReadonlySet<BlobHash>) => Promise<Removed>;
  /** Puts everything back. */
  readonly cancel: () => Promise<void>;
}

export interface Removed {
  readonly blobs: number;
  readonly bytes: number;
}
