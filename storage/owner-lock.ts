/**
 * The lock on `<store>/owner.lock`: whoever holds it is the writer, and nobody else opens LevelDB.
 * A lock and no lease: a stopped owner keeps it, a dead one loses it within milliseconds.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { SocommError } from '../src/base/errors.js';
import type { FileLock, FileLocks } from './file-lock.js';
import { LAYOUT } from './layout.js';
import type { OwnerLock } from './store.js';

/** How often a lock file that was deleted or replaced while it was being locked is tried again, at once. */
export const OWNER_LOCK_ATTEMPTS_MAX = 3;

export class FileOwnerLock implements OwnerLock {
  readonly #directory: string;
  readonly #locks: FileLocks;
  #held: FileLock | undefined;

  /** `directory` exists; it is never made here. */
  constructor(directory: string, locks: FileLocks) {
    this.#directory = directory;
    this.#locks = locks;
  }

  /**
   * False also where somebody looks at the lock at this very moment: try again later, as for any other refusal.
   * Throws SOCOMM_STORE_GONE where the directory is gone, SOCOMM_LOCK_UNAVAILABLE where no lock is to be had.
   */
  tryAcquire(): boolean {
    for (let attempt = 1; attempt <= OWNER_LOCK_ATTEMPTS_MAX; attempt++) {
      if (this.isOwned()) return true;
      // What we still hold is a file that the path no longer names: it keeps nobody out.
      this.release();
      this.#held = this.#tryLock();
      if (this.#held === undefined) return false;
    }
    if (this.isOwned()) return true;
    this.release();
    return false;
  }

  isOwned(): boolean {
    return this.#held?.isIntact() ?? false;
  }

  release(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  #tryLock(): FileLock | undefined {
    try {
      return this.#locks.tryLock(join(this.#directory, LAYOUT.ownerLock));
    } catch (cause) {
      if (!existsSync(this.#directory)) throw storeGone(this.#directory, cause);
      throw cause;
    }
  }
}

export function storeGone(directory: string, cause?: unknown): SocommError {
  return new SocommError(
    'SOCOMM_STORE_GONE',
    `${directory} has been deleted or renamed. It is not made anew while the group runs: put it back, or close all instances and join again.`,
    { cause },
  );
}

/** Why a lock that was held does not protect any more. */
export function ownershipLost(directory: string): SocommError {
  if (!existsSync(directory)) return storeGone(directory);
  return new SocommError(
    'SOCOMM_STORE_IN_USE',
    `${join(directory, LAYOUT.ownerLock)} was deleted or replaced, so another program may be writing: nothing more is written here. Leave that file alone.`,
  );
}
