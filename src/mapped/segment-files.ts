/**
 * The files behind mapped values: one for each instance that sets some, in the runtime directory, mode 0600, under a random name that is
 * never used again. A file is of one size from before it is mapped until it is gone: a look beyond the end of a mapped file, or a store
 * into one for which there is no room, ends the process. So all of it is written first, and nothing is ever cut off.
 *
 * Its owner holds a lock on it, which is the kernel's word that it lives. Whoever finds one without a lock says in it that its values
 * are gone, for those who have it mapped, and removes it.
 */

import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { FileLock, FileLocks } from '../../storage/file-lock.js';
import { MAPPED_BYTES_MAX } from '../../talk/limits.js';
import { HEADER, STATE, WORD_BYTES } from '../../talk/mapped/layout.js';
import { isSocommError, systemCode } from '../base/errors.js';
import type { Random } from '../base/random.js';
import type { MappedMemory, Mapping } from './memory.js';

export interface SegmentsOptions {
  readonly directory: string;
  readonly mapping: Mapping;
  readonly locks: FileLocks;
  readonly random: Random;
  readonly uid: number | undefined;
}

export interface OwnSegment {
  readonly path: string;
  readonly words: Int32Array;
  /** Removes the file, and takes the words away. */
  remove(): void;
}

const MAKING_ATTEMPTS_MAX = 3;
const NAME = /^map-[0-9a-f]{16}(\.new)?$/;

export class SegmentFiles {
  readonly #options: SegmentsOptions;

  constructor(options: SegmentsOptions) {
    this.#options = options;
  }

  /** Zero, locked and mapped. Throws what the system says. */
  make(byteLength: number): OwnSegment {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#make(byteLength);
      } catch (error) {
        // Somebody may just have looked whether its owner lives.
        if (attempt >= MAKING_ATTEMPTS_MAX || !isSocommError(error, 'SOCOMM_LOCK_UNAVAILABLE')) throw error;
      }
    }
  }

  #make(byteLength: number): OwnSegment {
    const { directory, locks, mapping, random } = this.#options;
    const path = join(directory, `map-${Buffer.from(random.bytes(8)).toString('hex')}`);
    const lock = locks.lockNew(path);
    try {
      const memory = withFile(path, constants.O_RDWR, (descriptor) => {
        fill(descriptor, byteLength);
        return mapping.map(descriptor, byteLength, 'write');
      });
      return { path, words: memory.words, remove: () => remove(path, memory, lock) };
    } catch (error) {
      rmSync(path, { force: true });
      lock.release();
      throw error;
    }
  }

  /** Another instance's. Throws where it is none, or not to be trusted. */
  open(path: string): MappedMemory {
    if (!isAbsolute(path) || !NAME.test(path.slice(path.lastIndexOf('/') + 1))) throw new Error(`${path} is no name of mapped memory`);
    // Nobody waits at a pipe, and no link leads elsewhere.
    return withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, (descriptor) => {
      const found = fstatSync(descriptor);
      const isOurs = found.isFile() && found.uid === (this.#options.uid ?? found.uid) && (found.mode & 0o077) === 0;
      if (!isOurs) throw new Error(`${path} is not this user's alone`);
      if (found.size > MAPPED_BYTES_MAX || found.size % WORD_BYTES !== 0) throw new Error(`${path} has ${found.size} bytes`);
      return this.#options.mapping.map(descriptor, found.size, 'read');
    });
  }

  /** Removes what the dead have left in our directory. Throws, once all were looked at, what one of them could not be. */
  sweep(): void {
    const { directory } = this.#options;
    const failures: unknown[] = [];
    for (const name of readdirSync(directory)) {
      if (!NAME.test(name)) continue;
      try {
        this.bury(join(directory, name));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Where the owner is dead: says so in the file, and removes it. False while the owner lives. */
  bury(path: string): boolean {
    if (!existsSync(path)) return true;
    if (this.#options.locks.isLocked(path)) return false;
    try {
      withFile(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK, (descriptor) => {
        if (fstatSync(descriptor).size > HEADER.state * WORD_BYTES)
          writeSync(descriptor, new Uint8Array(Int32Array.of(STATE.gone).buffer), 0, WORD_BYTES, HEADER.state * WORD_BYTES);
      });
    } catch (error) {
      // Somebody else was quicker.
      if (systemCode(error) !== 'ENOENT') throw error;
    }
    rmSync(path, { force: true });
    return true;
  }
}

function withFile<Result>(path: string, flags: number, use: (descriptor: number) => Result): Result {
  const descriptor = openSync(path, flags);
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function fill(descriptor: number, byteLength: number): void {
  const zeros = new Uint8Array(byteLength);
  for (let at = 0; at < byteLength;) at += writeSync(descriptor, zeros, at, byteLength - at, at);
}

/** The lock last: until then nobody takes the file for a dead one's. */
function remove(path: string, memory: MappedMemory, lock: FileLock): void {
  try {
    rmSync(path, { force: true });
  } finally {
    memory.release();
    lock.release();
  }
}
