/**
 * The roster in `<store>/peers/`: whoever is kept from writing by the same store also meets there. For each peer
 *
 *   <id>.lock   locked for as long as its process lives: the kernel's word on who does
 *   <id>.json   its entry (two files, because on Windows locked bytes cannot be read)
 *
 * Order. Announcing: lock, then entry, so that an entry without a held lock is a dead one's. Withdrawing and sweeping:
 * entry, then lock file, then the lock itself, so that nobody takes a half-swept peer for a new one. Two sweepers at
 * once do no harm: only one gets the lock, and what the other finds missing is fine.
 */

import { rmSync } from 'node:fs';
import { systemClock, type Clock } from '../../src/base/clock.js';
import { describe } from '../../src/base/errors.js';
import type { PeerId } from '../../src/base/ids.js';
import { silent, type Log } from '../../src/base/log.js';
import { turn } from '../../src/base/turn.js';
import type { FileLock, FileLocks } from '../../storage/file-lock.js';
import type { Discovery, RosterEntry } from '../discovery.js';
import { removeSocketFile } from '../socket-file.js';
import { PeerFiles } from './peer-files.js';
import { endpointsIn, formatEntry, parseEntry } from './roster-entry.js';

export interface FileRosterOptions {
  /** It must exist. */
  readonly storeDirectory: string;
  readonly locks: FileLocks;
  readonly log?: Log;
  /** Only to tell the age of files. */
  readonly clock?: Clock;
}

export class FileRoster implements Discovery {
  readonly #files: PeerFiles;
  readonly #locks: FileLocks;
  readonly #log: Log;
  readonly #clock: Clock;
  /** Entries of peers that live: they are written once and never change. */
  readonly #entries = new Map<PeerId, RosterEntry>();
  /** What was reported once is not reported at each poll. */
  readonly #reported = new Set<string>();
  #announced: { readonly entry: RosterEntry; readonly lock: FileLock } | undefined;

  constructor({ storeDirectory, locks, log, clock }: FileRosterOptions) {
    this.#files = new PeerFiles(storeDirectory);
    this.#locks = locks;
    this.#log = log ?? silent;
    this.#clock = clock ?? systemClock;
  }

  /** Errors: SOCOMM_STORE_GONE, SOCOMM_LOCK_UNAVAILABLE, SOCOMM_IO. */
  async announce(entry: RosterEntry): Promise<void> {
    this.#announce(entry);
  }

  /** Errors: SOCOMM_STORE_GONE, SOCOMM_LOCK_UNAVAILABLE, SOCOMM_IO. What others left, and cannot be read or swept, is reported and is no error. */
  async list(heard?: ReadonlySet<PeerId>): Promise<readonly RosterEntry[]> {
    this.#stayAnnounced();
    const { peers, foreign, unfinished } = this.#files.list();
    // Who left in order left nothing to sweep: what we know of it goes here, else it would gather for as long as we live.
    for (const peer of this.#entries.keys()) if (!peers.has(peer)) this.#entries.delete(peer);
    for (const name of foreign) this.#report('roster-file-foreign', `${name} in ${this.#files.directory} is not ours; it is left alone.`);
    for (const name of unfinished) this.#tryTo(() => this.#files.removeUnfinished(name, this.#clock.wallTime()));
    const entries: RosterEntry[] = [];
    for (const peer of peers) {
      if (peer === this.#announced?.entry.id) continue;
      const known = heard?.has(peer) === true ? this.#entries.get(peer) : undefined;
      if (known !== undefined) {
        // Forty who look at forty locks, again and again, would be most of what they cost at rest.
        entries.push(known);
        continue;
      }
      if (this.isAlive(peer)) {
        const entry = this.#entryOf(peer);
        if (entry !== undefined) entries.push(entry);
      } else this.#tryTo(() => this.#sweep(peer));
      await turn(); // a few files at a time: others in this process want to run too
    }
    return entries;
  }

  /** A lock that cannot be looked at counts as held: nobody is declared dead for our own want of file descriptors. */
  isAlive(peer: PeerId): boolean {
    try {
      return this.#locks.isLocked(this.#files.lockPath(peer));
    } catch (error) {
      this.#report('roster-lock-unreadable', `The lock of peer ${peer} cannot be looked at: ${describe(error)}`);
      return true;
    }
  }

  async withdraw(): Promise<void> {
    const announced = this.#announced;
    this.#announced = undefined;
    // On a disk that fails they stay: the lock is free all the same, and whoever comes next sweeps them.
    if (announced !== undefined) this.#tryTo(() => this.#remove(announced.entry.id, announced.lock));
  }

  #announce(entry: RosterEntry): void {
    this.#files.ensureDirectory();
    const lock = this.#locks.lockNew(this.#files.lockPath(entry.id));
    try {
      this.#files.writeEntry(entry.id, formatEntry(entry));
    } catch (error) {
      this.#tryTo(() => this.#remove(entry.id, lock));
      throw error;
    }
    this.#announced = { entry, lock };
  }

  /** Somebody may have cleared the directory: then nobody would ever find us again. */
  #stayAnnounced(): void {
    if (this.#announced === undefined) return;
    const { entry, lock } = this.#announced;
    if (lock.isIntact() && this.#files.hasEntry(entry.id)) return;
    // Where the lock stands it is kept: without it, others would take us for dead.
    if (lock.isIntact()) this.#files.writeEntry(entry.id, formatEntry(entry));
    else {
      this.#announce(entry);
      lock.release();
    }
    this.#log({
      level: 'warn',
      code: 'roster-entry-lost',
      message: `Our entry in ${this.#files.directory} had been removed; it was made anew.`,
    });
  }

  #entryOf(peer: PeerId): RosterEntry | undefined {
    const known = this.#entries.get(peer);
    if (known !== undefined) return known;
    const text = this.#files.readEntry(peer);
    if (text === undefined) return undefined; // on its way in, or out
    const entry = parseEntry(text, peer);
    if (entry !== undefined) this.#entries.set(peer, entry);
    else {
      const where = `${peer}.json in ${this.#files.directory}`;
      this.#report('roster-entry-unreadable', `${where} is no entry that this version can read; it is ignored.`);
    }
    return entry;
  }

  /** A dead peer's files go, and the sockets that its entry names. */
  #sweep(peer: PeerId): void {
    this.#entries.delete(peer);
    const lock = this.#locks.tryLock(this.#files.lockPath(peer));
    if (lock === undefined) return; // alive after all, or another sweeper is at it
    if (lock.isIntact()) {
      for (const endpoint of endpointsIn(this.#files.readEntry(peer) ?? '')) this.#tryTo(() => removeSocketFile(endpoint));
      this.#remove(peer, lock);
      this.#log({ level: 'debug', code: 'roster-swept', message: `Swept what the dead peer ${peer} left behind.` });
    }
    lock.release(); // also where it was not intact: another sweeper has just been here
  }

  /** What is left behind, by the dead or by us, is swept by whoever comes next: a failure is told, and the living go on. */
  #tryTo(removal: () => void): void {
    try {
      removal();
    } catch (error) {
      this.#report('roster-sweep-failed', `What a peer left behind cannot be removed: ${describe(error)}`);
    }
  }

  #remove(peer: PeerId, lock: FileLock): void {
    try {
      this.#files.removeEntry(peer);
      // Were it not ours any more, it would be another's, and alive.
      if (lock.isIntact()) rmSync(lock.path, { force: true });
    } finally {
      lock.release();
    }
  }

  #report(code: string, message: string): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.#log({ level: 'warn', code, message });
  }
}
