/** What `openStore()` returns, whatever it was opened from, and what its verification says. */

import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import type { Y } from '../replica/replica.js';

export interface StoreView {
  /** What it was opened from. */
  readonly path: string;
  readonly kind: 'store' | 'backup' | 'checkpoint' | 'spill';
  readonly group: string;
  /** 32 hex digits; empty where a bundle does not know. */
  readonly storeId: string;
  /** The highest term that it has seen. */
  readonly term: number;
  /** Whether its last writer closed in order; always true of a file. */
  readonly wasClean: boolean;
  documents(): readonly StoreViewDocument[];
  /**
   * A document as it is stored; empty where there is none of this name. Errors: SOCOMM_STORE_DAMAGED where a part of it
   * does not verify, unless `onDamage` takes that up: then what is left is returned.
   */
  read(name: string, options?: { readonly onDamage?: (what: string) => void }): Promise<Y.Doc>;
  /** The blobs beside the documents, one after the other; their contents are read when they are asked for, and verified. */
  blobs(): AsyncIterable<StoreViewBlob>;
  /** Reads every byte that is ours. Rejects only where that cannot be done at all; what it found is in the result. */
  verify(): Promise<StoreVerification>;
  /** Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface StoreViewDocument {
  readonly name: string;
  /** As it is stored: of its snapshot and its log. */
  readonly bytes: number;
}

export interface StoreViewBlob {
  readonly hash: BlobHash;
  readonly bytes: number;
  readonly content: () => AsyncIterable<Uint8Array>;
}

export interface StoreVerification {
  /** Nothing was found wrong. */
  readonly isSound: boolean;
  readonly findings: readonly StoreFinding[];
  /** What was read. */
  readonly documents: number;
  readonly blobs: number;
  readonly blobBytes: number;
  readonly spills: number;
  readonly checkpoints: number;
}

/** One thing that is wrong. */
export interface StoreFinding {
  /** `store` is all that belongs to no document; `gap`: a document builds on something that is missing. */
  readonly kind: 'store' | 'document' | 'gap' | 'blob' | 'spill' | 'checkpoint' | 'note';
  /** Of the document or the file; empty for `store`. */
  readonly name: string;
  readonly what: string;
}
