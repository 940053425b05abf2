/**
 * The folder `blobs/`: its names, and how bytes get in and out of it durably. Any number of peers work in it at once without a lock,
 * because every name is given once and a file either only grows (a pack, by its one owner) or never changes.
 *
 *   <owner>-<n>.pack             entries of small blobs; the owner is 16 hex digits, new for each peer and run
 *   <hash>-<8 hex digits>.blob   a large one: its bare content
 *   <either>.retired             withdrawn, and perhaps soon gone
 *   <16 hex digits>.new          a large one that is being written
 */

import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { systemCode } from '../../src/base/errors.js';
import { syncDirectory } from '../atomic-file.js';
import { isBlobHash } from './blob-hash.js';
import type { BlobHash } from './blob-hash.js';
import { Budget } from './budget.js';
import { BLOB_FILES_OPEN_MAX } from './limits.js';

export const RETIRED_SUFFIX = '.retired';
export const UNFINISHED_SUFFIX = '.new';

export type BlobFile =
  | { readonly kind: 'pack'; readonly name: string; readonly isRetired: boolean }
  | { readonly kind: 'single'; readonly name: string; readonly isRetired: boolean; readonly hash: BlobHash }
  | { readonly kind: 'unfinished'; readonly name: string };

/** Undefined for what is none of ours. */
export function readFileName(name: string): BlobFile | undefined {
  if (UNFINISHED.test(name)) return { kind: 'unfinished', name };
  const isRetired = name.endsWith(RETIRED_SUFFIX);
  const base = isRetired ? name.slice(0, -RETIRED_SUFFIX.length) : name;
  if (PACK.test(base)) return { kind: 'pack', name, isRetired };
  const hash = SINGLE.exec(base)?.[1];
  return isBlobHash(hash) ? { kind: 'single', name, isRetired, hash } : undefined;
}

export class BlobFiles {
  readonly location: string;
  /** Descriptors are few: an `EMFILE` in a ZeroMQ socket ends the process. */
  readonly #descriptors = new Budget(BLOB_FILES_OPEN_MAX);

  constructor(location: string) {
    this.location = location;
  }

  path(name: string): string {
    return join(this.location, name);
  }

  async list(): Promise<readonly BlobFile[]> {
    const names = await readdir(this.location).catch(whereMissing<readonly string[]>([]));
    return names.map(readFileName).filter((file) => file !== undefined);
  }

  /** Makes the folder, never the one that it lies in: a store that is gone stays gone. */
  async make(): Promise<void> {
    try {
      await mkdir(this.location, { mode: 0o700 });
      await syncDirectory(dirname(this.location));
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }

  /** Undefined where it is not there. */
  async size(name: string): Promise<number | undefined> {
    return (await stat(this.path(name)).catch(whereMissing<undefined>(undefined)))?.size;
  }

  /** Undefined where it is not there. */
  async with<Result>(name: string, flags: string, work: (file: FileHandle) => Promise<Result>): Promise<Result | undefined> {
    return this.#descriptors.spend(1, async () => {
      const file = await open(this.path(name), flags, 0o600).catch(whereMissing<undefined>(undefined));
      if (file === undefined) return undefined;
      try {
        return await work(file);
      } finally {
        await file.close();
      }
    });
  }

  /** Fewer bytes than asked for where the file ends before; undefined where it is not there. */
  read(name: string, offset: number, length: number): Promise<Buffer | undefined> {
    return this.with(name, 'r', async (file) => {
      const bytes = Buffer.allocUnsafeSlow(length);
      let read = 0;
      while (read < length) {
        const { bytesRead } = await file.read(bytes, read, length - read, offset + read);
        if (bytesRead === 0) break;
        read += bytesRead;
      }
      return bytes.subarray(0, read);
    });
  }

  /** Makes durable what a file holds, by whomever it was written. False where it is not there. */
  async sync(name: string): Promise<boolean> {
    // Windows flushes only what may be written.
    const isThere = await this.with(name, 'r+', async (file) => {
      await file.sync();
      return true;
    });
    return isThere === true;
  }

  syncFolder(): Promise<void> {
    return syncDirectory(this.location);
  }

  /** False where it is not there. The folder is not synced. */
  async rename(from: string, to: string): Promise<boolean> {
    return rename(this.path(from), this.path(to)).then(() => true, whereMissing(false));
  }

  /** Out of the folder. */
  async moveTo(name: string, path: string): Promise<void> {
    await rename(this.path(name), path);
    await syncDirectory(dirname(path));
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
  }
}

const PACK = /^[0-9a-f]{16}-[0-9]{1,9}\.pack$/;
const SINGLE = /^([0-9a-f]{64})-[0-9a-f]{8}\.blob$/;
const UNFINISHED = /^[0-9a-f]{16}\.new$/;

export function whereMissing<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    return value;
  };
}
