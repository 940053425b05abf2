/**
 * A folder of bundles beside the database: `spill/` and `backups/`. Any peer may put one in; each is there whole or not
 * at all, after a power cut too. A name is given once and never written over, so that who removes a bundle removes the
 * one that it has read.
 */

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { systemCode } from '../src/base/errors.js';
import { syncDirectory, writeFileAtomically } from './atomic-file.js';
import { escapeDocument, unescapeDocument } from './keys.js';

/** The port; the bytes are those of `encodeBundle`, and opaque here. */
export interface BundleFolder {
  /** Where it lies, for messages. */
  readonly location: string;
  /** The names of what is there whole, in order. */
  list(): Promise<readonly string[]>;
  /** Undefined where it is not there (any more). */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Durable when it resolves. Rejects with the system's error; makes the folder, never the directory that it lies in. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** The same at once, for a process that is ending. */
  writeSync(name: string, bytes: Uint8Array): void;
  /** Nothing happens where it is not there. */
  remove(name: string): Promise<void>;
  /** Bytes of one that is there; 0 where it is not. */
  size(name: string): Promise<number>;
}

export const BUNDLE_SUFFIX = '.socomm';

export class FileBundleFolder implements BundleFolder {
  readonly location: string;

  constructor(location: string) {
    this.location = location;
  }

  async list(): Promise<readonly string[]> {
    const files = await readdir(this.location).catch(whereMissing<readonly string[]>([]));
    return files
      .filter((file) => file.endsWith(BUNDLE_SUFFIX))
      .map((file) => unescapeDocument(file.slice(0, -BUNDLE_SUFFIX.length)))
      .filter((name) => name !== undefined)
      .sort();
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return readFile(this.#path(name)).catch(whereMissing<undefined>(undefined));
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    await mkdir(this.location, { mode: 0o700 }).catch(acceptExisting);
    await writeFileAtomically(this.#path(name), bytes);
  }

  writeSync(name: string, bytes: Uint8Array): void {
    try {
      mkdirSync(this.location, { mode: 0o700 });
    } catch (error) {
      acceptExisting(error);
    }
    const path = this.#path(name);
    const temporaryPath = `${path}.new`;
    try {
      writeDurably(temporaryPath, 'w', (descriptor) => writeAll(descriptor, bytes));
      renameSync(temporaryPath, path);
    } catch (error) {
      rmSync(temporaryPath, { force: true });
      throw error;
    }
    if (process.platform !== 'win32') writeDurably(this.location, 'r', () => undefined);
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
    await syncDirectory(this.location).catch(whereMissing<void>(undefined));
  }

  async size(name: string): Promise<number> {
    return (await stat(this.#path(name)).catch(whereMissing<undefined>(undefined)))?.size ?? 0;
  }

  #path(name: string): string {
    return join(this.location, `${escapeDocument(name)}${BUNDLE_SUFFIX}`);
  }
}

function writeDurably(path: string, flags: string, write: (descriptor: number) => void): void {
  const descriptor = openSync(path, flags, 0o600);
  try {
    write(descriptor);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The system may take less than it was given. */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

function acceptExisting(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error;
}

function whereMissing<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    return value;
  };
}
