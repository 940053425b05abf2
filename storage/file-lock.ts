/**
 * Locks on files, by the kernel's word: free within milliseconds when the holder dies, kept while it is stopped.
 * The addon (lock-addon.ts) is loaded on the first call and never at import.
 *
 * The lock belongs to the open file description (OFD locks on Linux, `flock` on macOS, `LockFileEx` on Windows), not
 * to the process as with plain `fcntl`. So two copies of this code in one process exclude each other, closing some
 * other descriptor of the file loses nothing, and child processes do not inherit it (Node opens with O_CLOEXEC).
 *
 * Descriptors are numbers: a `FileHandle` is closed, and its lock dropped, by the garbage collector. Nobody waits here:
 * `waitForLock` would block one of the four threads that the file system shares.
 */

import { closeSync, fstatSync, openSync, renameSync, rmSync, statSync } from 'node:fs';

import { SocommError, isSocommError, systemCode } from '../src/base/errors.js';
import { nativeMissing } from '../src/base/native-missing.js';
import { loadNativeLocks } from './lock-addon.js';
import type { NativeLocks } from './lock-addon.js';

export interface FileLock {
  readonly path: string;
  /** Whether the path still names the locked file. One `stat`. */
  isIntact(): boolean;
  /** Idempotent. Leaves the file: whoever deletes a lock file lets a second owner in. */
  release(): void;
}

export interface FileLocks {
  /** Undefined when somebody else holds it. Creates the file (mode 0600) where it is missing. */
  tryLock(path: string): FileLock | undefined;
  /** Locks a new file under the temporary name `<path>.new`, then renames it to `path`: nobody ever sees it unlocked. */
  lockNew(path: string): FileLock;
  /** Whether somebody (also we ourselves) holds a lock on an existing file; false where the file is missing. Does not create. */
  isLocked(path: string): boolean;
}

/**
 * Errors: SOCOMM_NATIVE_MISSING here; SOCOMM_LOCK_UNAVAILABLE from each method where the file cannot be opened or
 * the file system does not lock.
 */
export async function loadFileLocks(load: () => Promise<NativeLocks> = loadNativeLocks): Promise<FileLocks> {
  const native = await load().catch((cause: unknown) => {
    throw nativeMissing('fs-native-extensions', cause);
  });
  return {
    tryLock: (path) => hold(native, path, openFile(path, 'a+')),
    lockNew: (path) => lockNew(native, path),
    isLocked: (path) => isLocked(native, path),
  };
}

/** How often a new lock file is made again when a sweeper takes it for a dead one before it is locked. */
export const LOCK_NEW_ATTEMPTS_MAX = 3;

function lockNew(native: NativeLocks, path: string): FileLock {
  const temporaryPath = `${path}.new`;
  for (let attempt = 1; ; attempt++) {
    // The lock is on the file, not on its name: it survives the rename.
    const lock = hold(native, temporaryPath, openFile(temporaryPath, 'a+'));
    if (lock === undefined) throw unavailable(path, new Error(`${temporaryPath} is locked by somebody else`));
    try {
      renameSync(temporaryPath, path);
      const held = new HeldLock(path, lock.descriptor);
      if (held.isIntact()) return held;
      throw new Error(`${path} was replaced while it was being made`);
    } catch (cause) {
      lock.release();
      if (attempt < LOCK_NEW_ATTEMPTS_MAX) continue;
      dropLeftover(temporaryPath);
      throw unavailable(path, cause);
    }
  }
}

/** A sweeper takes what stays behind for a dead one's. What failed before it is the one to tell. */
function dropLeftover(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

function isLocked(native: NativeLocks, path: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw unavailable(path, cause);
  }
  try {
    // Shared: it is denied by an owner's lock, but two who look at the same time do not take each other for owners.
    return !tryLock(native, path, descriptor, true);
  } finally {
    closeSync(descriptor);
  }
}

function openFile(path: string, flags: string): number {
  try {
    return openSync(path, flags, 0o600);
  } catch (cause) {
    throw unavailable(path, cause);
  }
}

/** Takes charge of the descriptor: it is closed unless a lock is returned. */
function hold(native: NativeLocks, path: string, descriptor: number): HeldLock | undefined {
  try {
    if (!tryLock(native, path, descriptor, false)) {
      closeSync(descriptor);
      return undefined;
    }
    return new HeldLock(path, descriptor);
  } catch (error) {
    closeSync(descriptor);
    // A disk that fails may not even say which file it is.
    throw isSocommError(error) ? error : unavailable(path, error);
  }
}

function tryLock(native: NativeLocks, path: string, descriptor: number, shared: boolean): boolean {
  try {
    return native.tryLock(descriptor, { shared });
  } catch (cause) {
    // Windows says EBUSY where the others say EAGAIN, which the addon has turned into `false`.
    if (systemCode(cause) === 'EBUSY') return false;
    throw unavailable(path, cause);
  }
}

class HeldLock implements FileLock {
  readonly path: string;
  readonly descriptor: number;
  readonly #identity: string;
  #isHeld = true;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.descriptor = descriptor;
    this.#identity = identityOf(fstatSync(descriptor, { bigint: true }));
  }

  isIntact(): boolean {
    if (!this.#isHeld) return false;
    try {
      const found = statSync(this.path, { bigint: true, throwIfNoEntry: false });
      return found !== undefined && identityOf(found) === this.#identity;
    } catch {
      // What cannot be looked at (EACCES, EIO, a mount that went away) cannot be vouched for.
      return false;
    }
  }

  release(): void {
    if (!this.#isHeld) return;
    // First the note, then the system: a number that is closed twice may by then belong to another file.
    this.#isHeld = false;
    closeSync(this.descriptor);
  }
}

function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

function unavailable(path: string, cause: unknown): SocommError {
  const code = systemCode(cause);
  return new SocommError(
    'SOCOMM_LOCK_UNAVAILABLE',
    `${path} cannot be locked${code === undefined ? '' : ` (${code})`}. A store needs a local file system that honours locks, and a` +
      ' folder that this user may write to; network shares often have neither. Choose another with the option `directory`.',
    { cause },
  );
}
