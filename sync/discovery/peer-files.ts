/**
 * The files of peers in `<store>/peers/`, without a word on who lives. Synchronous: they are few and small, and a dead
 * peer looks alive for as long as a sweeper holds its lock, so that must be short.
 */

import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { SocommError, systemCode } from '../../src/base/errors.js';
import { isPeerId, type PeerId } from '../../src/base/ids.js';
import { ENTRY_BYTES_MAX } from './roster-entry.js';

/** What an announcement leaves for a moment. */
const UNFINISHED = /^[0-9a-f]{16}\.(lock|json)\.new$/;
const UNFINISHED_MS_MAX = 60_000;

export interface PeerNames {
  readonly peers: ReadonlySet<PeerId>;
  /** Files that look like entries and are none of ours. */
  readonly foreign: readonly string[];
  readonly unfinished: readonly string[];
}

export class PeerFiles {
  readonly directory: string;
  readonly #storeDirectory: string;

  constructor(storeDirectory: string) {
    this.#storeDirectory = storeDirectory;
    this.directory = join(storeDirectory, 'peers');
  }

  lockPath(peer: PeerId): string {
    return join(this.directory, `${peer}.lock`);
  }

  /** Errors: SOCOMM_STORE_GONE, SOCOMM_IO. */
  ensureDirectory(): void {
    if (existsSync(this.directory)) return;
    // Not recursive: a store that is gone is never quietly made anew.
    this.#orFail(() => mkdirSync(this.directory, { mode: 0o700 }), 'EEXIST');
  }

  /** Errors: SOCOMM_STORE_GONE, SOCOMM_IO. */
  list(): PeerNames {
    const names = this.#orFail(() => readdirSync(this.directory)) ?? [];
    const [peers, foreign] = [new Set<PeerId>(), [] as string[]];
    for (const name of names) {
      const [id, extension, ...rest] = name.split('.');
      if (isPeerId(id) && (extension === 'lock' || extension === 'json') && rest.length === 0) peers.add(id);
      else if (name.endsWith('.json')) foreign.push(name);
    }
    return { peers, foreign, unfinished: names.filter((name) => UNFINISHED.test(name)) };
  }

  hasEntry(peer: PeerId): boolean {
    return existsSync(this.#entryPath(peer));
  }

  /** All or nothing. Errors: SOCOMM_STORE_GONE, SOCOMM_IO. */
  writeEntry(peer: PeerId, text: string): void {
    this.#orFail(() => {
      const path = this.#entryPath(peer);
      try {
        writeFileSync(`${path}.new`, text, { mode: 0o600 });
        renameSync(`${path}.new`, path);
      } catch (error) {
        this.#removeQuietly(`${path}.new`);
        throw error;
      }
    });
  }

  /** Not more than an entry can have, and without waiting: the name may stand for anything. Undefined where nothing can be read. */
  readEntry(peer: PeerId): string | undefined {
    try {
      const descriptor = openSync(this.#entryPath(peer), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      try {
        const buffer = Buffer.alloc(ENTRY_BYTES_MAX + 1);
        return buffer.toString('utf8', 0, readSync(descriptor, buffer));
      } finally {
        closeSync(descriptor);
      }
    } catch {
      return undefined; // whether missing, a directory or forbidden: it says nothing of a peer
    }
  }

  removeEntry(peer: PeerId): void {
    rmSync(this.#entryPath(peer), { force: true, recursive: true });
  }

  /** Of a peer that was killed while it announced itself. A young file is left alone: even to look at its lock could spoil it. */
  removeUnfinished(name: string, wallTimeMs: number): void {
    const path = join(this.directory, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && wallTimeMs - found.mtimeMs > UNFINISHED_MS_MAX) rmSync(path, { force: true });
  }

  #removeQuietly(path: string): void {
    try {
      rmSync(path, { force: true });
    } catch {
      // The first failure counts; what is left here is swept once it is old.
    }
  }

  #entryPath(peer: PeerId): string {
    return join(this.directory, `${peer}.json`);
  }

  #orFail<Result>(act: () => Result, expectedCode?: string): Result | undefined {
    try {
      return act();
    } catch (cause) {
      const code = systemCode(cause);
      if (code === expectedCode) return undefined;
      if (existsSync(this.#storeDirectory)) {
        // Nobody has announced itself yet, or somebody cleared the directory.
        if (code === 'ENOENT' && !existsSync(this.directory)) return undefined;
        throw new SocommError(
          'SOCOMM_IO',
          `${this.directory} cannot be used (${code}). Make sure that it is a directory that this user may write to, on a disk that has room.`,
          { cause },
        );
      }
      throw new SocommError(
        'SOCOMM_STORE_GONE',
        `The store ${this.#storeDirectory} is not there any more. Close, and join again to make a new one.`,
        {
          cause,
        },
      );
    }
  }
}
