/** The name of a blob: the SHA-256 of its content, as 64 lower-case hex digits. What is no such name never becomes part of a path. */

import { createHash } from 'node:crypto';

declare const brand: unique symbol;

/** 64 lower-case hex digits. */
export type BlobHash = string & { readonly [brand]: 'BlobHash' };

export const BLOB_HASH_CHARS = 64;

export function isBlobHash(value: unknown): value is BlobHash {
  return typeof value === 'string' && PATTERN.test(value);
}

/** At once: for what is small. */
export function hashOf(content: Uint8Array): BlobHash {
  return createHash('sha256').update(content).digest('hex') as BlobHash;
}

/** For what comes in pieces. */
export class RunningHash {
  readonly #hash = createHash('sha256');

  add(piece: Uint8Array): void {
    this.#hash.update(piece);
  }

  /** Once. */
  finish(): BlobHash {
    return this.#hash.digest('hex') as BlobHash;
  }
}

const PATTERN = /^[0-9a-f]{64}$/;
