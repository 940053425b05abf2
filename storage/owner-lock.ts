/**
 * The lock on `<store>/owner.lock`: whoever holds it is the writer, and nobody else opens LevelDB.
 * A lock and no lease: a stopped owner keeps it, a dead one loses it within milliseconds.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { SocommError, isSocommError } from '../src/base/errors.js';
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
      try {
        this.#proveHonoured();
      } catch (error) {
        // Not being able to look (no descriptor left, say) must not leave a lock that nobody knows of.
        this.release();
        throw error;
      }
    }
    if (this.isOwned()) return true;
    this.release();
    return false;
  }

  /**
   * A file system that grants every lock (some network shares do) would let any number of owners in. So a second open file
   * description asks for what we just got: it must be refused. Where the lock is honoured nobody notices; where it is not,
   * there is nobody to protect.
   */
  #proveHonoured(): void {
    const path = join(this.#directory, LAYOUT.ownerLock);
    if (this.#locks.isLocked(path) || !this.isOwned()) return; // replaced meanwhile: the look was at another file
    this.release();
    throw new SocommError(
      'SOCOMM_LOCK_UNAVAILABLE',
      `${path} was locked, and yet the file system gives the same lock away once more: it does not honour locks, as some network shares do not.` +
        ' Nobody can be the only writer there. Choose a local folder with the option `directory`.',
    );
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

/** Whether somebody writes, at this moment. What cannot be looked at counts as no: who tries to lock it is told why. */
export function isOwnerLocked(directory: string, locks: FileLocks): boolean {
  try {
    return locks.isLocked(join(directory, LAYOUT.ownerLock));
  } catch (error) {
    if (!isSocommError(error, 'SOCOMM_LOCK_UNAVAILABLE')) throw error;
    return false;
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
