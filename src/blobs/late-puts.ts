/**
 * What was put here of late, and so may be about to be named by a document: the collector asks before it removes anything.
 * A content is noted before it is looked for on the disk: so whoever withdraws it and asks afterwards hears of it.
 */

import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import type { Clock } from '../base/clock.js';
import { BLOB_GRACE_MS } from './limits.js';

/** Beyond it nothing is forgotten one by one: everything counts as put of late, and nothing is removed, until this peer ends. */
export const LATE_PUTS_MAX = 200_000;

export class LatePuts {
  readonly #clock: Clock;
  readonly #graceMs: number;
  /** In the order in which they were put. */
  readonly #puts = new Map<BlobHash, number>();
  /** Streams have no name before their end. */
  #unnamed = 0;

  constructor(clock: Clock, graceMs: number = BLOB_GRACE_MS) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  note(hash: BlobHash): void {
    this.#forgetOld();
    this.#puts.delete(hash);
    if (this.#puts.size < LATE_PUTS_MAX) this.#puts.set(hash, this.#clock.now());
    else this.#unnamed = Infinity;
  }

  /** While it is put, anything may come out. */
  async during<Result>(put: () => Promise<Result>): Promise<Result> {
    this.#unnamed++;
    try {
      return await put();
    } finally {
      this.#unnamed--;
    }
  }

  /** Whether something is being put whose name is not known yet. */
  get isUnsure(): boolean {
    return this.#unnamed > 0;
  }

  has(hash: BlobHash): boolean {
    const at = this.#puts.get(hash);
    return at !== undefined && this.#clock.now() - at < this.#graceMs;
  }

  #forgetOld(): void {
    const before = this.#clock.now() - this.#graceMs;
    for (const [hash, at] of this.#puts) {
      if (at > before) return;
      this.#puts.delete(hash);
    }
  }
}
