/**
 * A folder of bundles beside the database: `spill/` and `backups/`. Any peer may put one in; each is there whole or not
 * at all, after a power cut too. A name is given once and never written over, so that who removes a bundle removes the
 * one that it has read.
 */

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { systemCode } from '../src/base/errors.js';
import { syncDirectory, writeFileAtomically } from './atomic-file.js';
import { escapeDocument, unescapeDocument } from './keys.js';
import { LAYOUT } from './layout.js';
import { QuarantineFolder } from './quarantine.js';
import type { Damage } from './store.js';

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
  /** Moves one that does not verify into `quarantine/`. Where that is not possible it stays, and says so. */
  quarantine(name: string, what: string): Promise<Damage>;
  /** Removes what writers left behind who were killed in the middle; `mayGo` is asked for each name. Whoever lives writes anew. */
  sweep(mayGo: (name: string) => boolean): Promise<void>;
}

export const BUNDLE_SUFFIX = '.socomm';
/** Of one that is being written. */
const UNFINISHED_SUFFIX = `${BUNDLE_SUFFIX}.new`;

export class FileBundleFolder implements BundleFolder {
  readonly location: string;

  constructor(location: string) {
    this.location = location;
  }

  async list(): Promise<readonly string[]> {
    return this.#namesOf(BUNDLE_SUFFIX);
  }

  async #namesOf(suffix: string): Promise<readonly string[]> {
    const files = await readdir(this.location).catch(whereMissing<readonly string[]>([]));
    return files
      .filter((file) => file.endsWith(suffix))
      .map((file) => unescapeDocument(file.slice(0, -suffix.length)))
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

  async quarantine(name: string, what: string): Promise<Damage> {
    const bytes = await this.read(name);
    if (bytes === undefined) return { document: undefined, what, keptAs: undefined };
    const folder = new QuarantineFolder(join(dirname(this.location), LAYOUT.quarantine));
    const damage = await folder.keep(undefined, what, basename(this.location), bytes);
    if (damage.keptAs !== undefined) await this.remove(name);
    return damage;
  }

  async sweep(mayGo: (name: string) => boolean): Promise<void> {
    for (const name of await this.#namesOf(UNFINISHED_SUFFIX)) if (mayGo(name)) await rm(`${this.#path(name)}.new`, { force: true });
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
