/**
 * The roster in `<store>/peers/`: whoever is kept from writing by the same store also meets there. For each peer
 *
 *   <id>.lock   locked for as long as its process lives: the kernel's word on who does
 *   <id>.json   its entry (two files, because on Windows locked bytes cannot be read)
 *
 * Order. Announcing: lock, then entry, so that an entry without a lock is a dead one's. Withdrawing and sweeping:
 * entry, then lock file, then the lock itself, so that nobody takes a half-swept peer for a new one. Two sweepers at
 * once do no harm: only one gets the lock, and what the other finds missing is fine.
 */

import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../src/base/clock.js';
import { describe, SocommError, systemCode } from '../../src/base/errors.js';
import { isPeerId, type PeerId } from '../../src/base/ids.js';
import { silent, type Log } from '../../src/base/log.js';
import type { FileLock, FileLocks } from '../../storage/file-lock.js';
import type { Discovery, RosterEntry } from '../discovery.js';
import { removeSocketFile } from '../socket-file.js';
import { endpointsIn, ENTRY_BYTES_MAX, formatEntry, parseEntry } from './roster-entry.js';

/** What an announcement leaves for a moment, and the age from which it is an abandoned one's. */
const UNFINISHED = /^[0-9a-f]{16}\.(lock|json)\.new$/;
const UNFINISHED_MS = 60_000;

export interface FileRosterOptions {
  /** It must exist. */
  readonly storeDirectory: string;
  readonly locks: FileLocks;
  readonly log?: Log;
  /** Only to tell the age of files. */
  readonly clock?: Clock;
}

export class FileRoster implements Discovery {
  readonly #storeDirectory: string;
  readonly #directory: string;
  readonly #locks: FileLocks;
  readonly #log: Log;
  readonly #clock: Clock;
  /** What was reported once is not reported at each poll. */
  readonly #reported = new Set<string>();
  #announced: { readonly entry: RosterEntry; readonly lock: FileLock } | undefined;

  constructor(options: FileRosterOptions) {
    this.#storeDirectory = options.storeDirectory;
    this.#directory = join(options.storeDirectory, 'peers');
    this.#locks = options.locks;
    this.#log = options.log ?? silent;
    this.#clock = options.clock ?? systemClock;
  }

  /** Errors: SOCOMM_STORE_GONE, SOCOMM_LOCK_UNAVAILABLE, SOCOMM_IO. */
  async announce(entry: RosterEntry): Promise<void> {
    await this.#ensureDirectory();
    const lock = this.#locks.lockNew(this.#path(entry.id, 'lock'));
    try {
      const path = this.#path(entry.id, 'json');
      await writeFile(`${path}.new`, formatEntry(entry), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (cause) {
      await this.#remove(entry.id, lock);
      throw await this.#failure(cause);
    }
    this.#announced = { entry, lock };
  }

  /** Errors: SOCOMM_STORE_GONE, SOCOMM_IO. What cannot be read or swept is reported, and is no error. */
  async list(): Promise<readonly RosterEntry[]> {
    await this.#stayAnnounced();
    const names = await readdir(this.#directory).catch(async (cause: unknown) => {
      throw await this.#failure(cause);
    });
    const entries: RosterEntry[] = [];
    await this.#sweepUnfinished(names);
    for (const peer of this.#peersAmong(names)) {
      if (peer === this.#announced?.entry.id) continue;
      if (!this.isAlive(peer)) await this.#sweep(peer);
      else {
        const entry = await this.#read(peer);
        if (entry !== undefined) entries.push(entry);
      }
    }
    return entries;
  }

  /** A lock that cannot be looked at counts as held: nobody is declared dead for our own want of file descriptors. */
  isAlive(peer: PeerId): boolean {
    try {
      return this.#locks.isLocked(this.#path(peer, 'lock'));
    } catch (error) {
      this.#report('roster-lock-unreadable', `The lock of peer ${peer} cannot be looked at: ${describe(error)}`);
      return true;
    }
  }

  async withdraw(): Promise<void> {
    const announced = this.#announced;
    this.#announced = undefined;
    if (announced !== undefined) await this.#remove(announced.entry.id, announced.lock);
  }

  /** Somebody may have cleared the directory: then nobody would ever find us again. */
  async #stayAnnounced(): Promise<void> {
    const announced = this.#announced;
    if (announced === undefined || announced.lock.isIntact()) return;
    this.#log({ level: 'warn', code: 'roster-entry-lost', message: `Our entry in ${this.#directory} was removed; it is made anew.` });
    announced.lock.release();
    await this.announce(announced.entry);
  }

  #peersAmong(names: readonly string[]): Set<PeerId> {
    const peers = new Set<PeerId>();
    for (const name of names) {
      const [id, ...rest] = name.split('.');
      if (isPeerId(id) && ['lock', 'json'].includes(rest.join('.'))) peers.add(id);
      else if (name.endsWith('.json')) this.#report('roster-file-foreign', `${name} in ${this.#directory} is not ours; it is left alone.`);
    }
    return peers;
  }

  async #read(peer: PeerId): Promise<RosterEntry | undefined> {
    const text = await this.#readText(peer);
    if (text === undefined) return undefined; // on its way in, or out
    const entry = parseEntry(text, peer);
    if (entry === undefined)
      this.#report('roster-entry-unreadable', `${peer}.json in ${this.#directory} is no entry that this version can read; it is ignored.`);
    return entry;
  }

  /** A dead peer's files go, and the sockets that its entry names. */
  async #sweep(peer: PeerId): Promise<void> {
    try {
      const lock = this.#locks.tryLock(this.#path(peer, 'lock'));
      if (lock === undefined) return; // alive after all, or another sweeper is at it
      try {
        if (!lock.isIntact()) return; // another sweeper has just been here: the file that we locked has no name any more
        for (const endpoint of endpointsIn((await this.#readText(peer)) ?? '')) removeSocketFile(endpoint);
        await this.#remove(peer, lock);
      } finally {
        lock.release();
      }
      this.#log({ level: 'debug', code: 'roster-swept', message: `Swept what the dead peer ${peer} left behind.` });
    } catch (error) {
      this.#report('roster-sweep-failed', `What the dead peer ${peer} left in ${this.#directory} cannot be removed: ${describe(error)}`);
    }
  }

  /** Of peers that were killed while they announced themselves. A young file is left alone: even to look at its lock could spoil it. */
  async #sweepUnfinished(names: readonly string[]): Promise<void> {
    for (const name of names.filter((each) => UNFINISHED.test(each))) {
      const path = join(this.#directory, name);
      const found = await stat(path).catch(() => undefined); // gone meanwhile
      if (found !== undefined && this.#clock.wallTime() - found.mtimeMs > UNFINISHED_MS) await rm(path, { force: true });
    }
  }

  async #remove(peer: PeerId, lock: FileLock): Promise<void> {
    try {
      await rm(this.#path(peer, 'json'), { force: true });
      // Were it not ours any more, it would be another's, and alive.
      if (lock.isIntact()) await rm(lock.path, { force: true });
    } finally {
      lock.release();
    }
  }

  /** Of a file that may be anything: not more than an entry can have. */
  async #readText(peer: PeerId): Promise<string | undefined> {
    try {
      const file = await open(this.#path(peer, 'json'), 'r');
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(ENTRY_BYTES_MAX + 1), 0, ENTRY_BYTES_MAX + 1, 0);
        return buffer.toString('utf8', 0, bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      return `unreadable: ${describe(error)}`;
    }
  }

  async #ensureDirectory(): Promise<void> {
    try {
      // Not recursive: a store that is gone is never quietly made anew.
      await mkdir(this.#directory, { mode: 0o700 });
    } catch (cause) {
      if (systemCode(cause) !== 'EEXIST') throw await this.#failure(cause);
    }
  }

  async #failure(cause: unknown): Promise<SocommError> {
    const code = systemCode(cause);
    const isGone = code === 'ENOENT' && (await stat(this.#storeDirectory).catch(() => undefined)) === undefined;
    if (isGone) {
      return new SocommError(
        'SOCOMM_STORE_GONE',
        `The store ${this.#storeDirectory} is not there any more. Close, and join again to make a new one.`,
        { cause },
      );
    }
    return new SocommError(
      'SOCOMM_IO',
      `The peers of the store cannot be listed in ${this.#directory} (${code}). Make sure that it is a directory that this user may write to.`,
      { cause },
    );
  }

  #report(code: string, message: string): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.#log({ level: 'warn', code, message });
  }

  #path(peer: PeerId, extension: 'lock' | 'json'): string {
    return join(this.#directory, `${peer}.${extension}`);
  }
}
