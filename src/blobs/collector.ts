/**
 * The writer's part with blobs: it gives back the space of those that nobody needs. It owns when and which; how is the store's
 * (storage/blobs/retiring). It never removes what a document names, what was put of late, or anything while somebody who
 * could know of a need does not answer.
 *
 *   look ──► what nothing names ──► … a grace of our own uptime … ──► look again: still unnamed
 *     ──► withdraw (still read; put writes anew) ──► ask every peer that lives, ourselves too ──► look at what changed since
 *     ──► all answered: remove what nobody named        somebody did not: put everything back
 *
 * Withdrawn first, asked then: whoever has counted on a blob before noted that first, and says so; whoever comes after writes it anew.
 */

import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import type { Clock } from '../base/clock.js';
import { describe } from '../base/errors.js';
import type { BlobShelf } from './blob-shelf.js';
import { BLOB_CANDIDATES_MAX, BLOB_FIRST_LOOK_MS, BLOB_GRACE_MS } from './limits.js';
import type { NameSource } from './name-sources.js';
import { ReferenceScan } from './reference-scan.js';

export interface CollectorOptions {
  readonly shelf: BlobShelf;
  readonly clock: Clock;
  /** Whether this peer writes, at this moment. */
  readonly isWriter: () => boolean;
  /** Where names may stand, besides in what other peers have open. */
  readonly sources: NameSource;
  /** Which of these the other peers need; undefined where one that lives does not say. */
  readonly askPeers: (candidates: ReadonlySet<BlobHash>) => Promise<ReadonlySet<BlobHash> | undefined>;
  /** The same of ourselves. */
  readonly neededHere: (candidates: ReadonlySet<BlobHash>) => Promise<ReadonlySet<BlobHash>>;
  readonly warn: (code: string, message: string) => void;
}

export class BlobCollector {
  readonly #options: CollectorOptions;
  /** What nothing named, and at which of our uptime that was seen first. */
  #unnamed = new Map<BlobHash, number>();
  #uptimeMs = 0;
  #cancelTimer: () => void = () => undefined;
  #round: Promise<void> = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#arm(BLOB_FIRST_LOOK_MS);
  }

  /** Resolves when no round is under way. */
  settled(): Promise<void> {
    return this.#round;
  }

  /** What is under way is given up at its next step. */
  async end(): Promise<void> {
    this.stop();
    await this.#round;
  }

  stop(): void {
    this.#ending.abort();
    this.#cancelTimer();
  }

  #arm(delayMs: number): void {
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      // By the timer, not by the clock: a machine that slept has not given anybody time.
      this.#uptimeMs += delayMs;
      this.#round = this.#look().finally(() => {
        if (!this.#ending.signal.aborted) this.#arm(BLOB_GRACE_MS);
      });
    });
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { shelf, sources, warn } = this.#options;
    if (!this.#isOn) {
      // Another writer has a grace of its own.
      this.#unnamed.clear();
      return;
    }
    try {
      const all = new Set((await shelf.store.list()).map(({ hash }) => hash));
      const scan = new ReferenceScan(all, this.#ending.signal);
      if (all.size > 0) await sources.readAll(scan);
      const before = this.#unnamed;
      this.#unnamed = new Map();
      for (const hash of all) if (!scan.found.has(hash)) this.#unnamed.set(hash, before.get(hash) ?? this.#uptimeMs);
      const due = [...this.#unnamed].filter(([, since]) => this.#uptimeMs - since >= BLOB_GRACE_MS).map(([hash]) => hash);
      // One turn at least: it also takes up what a killed one left, and puts small packs together.
      for (let at = 0; this.#isOn && (at === 0 || at < due.length); at += BLOB_CANDIDATES_MAX)
        await this.#collect(new Set(due.slice(at, at + BLOB_CANDIDATES_MAX)));
    } catch (error) {
      if (!this.#ending.signal.aborted) warn('blobs-not-collected', `blobs that nobody needs were not removed: ${describe(error)}`);
    }
  }

  async #collect(candidates: ReadonlySet<BlobHash>): Promise<void> {
    const { shelf } = this.#options;
    const retirement = await shelf.store.retire(candidates);
    try {
      const needed = await this.#neededOf(retirement.hashes);
      if (needed === undefined || !this.#isOn) {
        await retirement.cancel();
        return;
      }
      await retirement.finish(needed);
      for (const hash of retirement.hashes) {
        if (needed.has(hash)) this.#unnamed.set(hash, this.#uptimeMs);
        else this.#unnamed.delete(hash);
      }
    } catch (error) {
      await retirement.cancel();
      throw error;
    }
  }

  /** Undefined where nobody can say. */
  async #neededOf(candidates: ReadonlySet<BlobHash>): Promise<ReadonlySet<BlobHash> | undefined> {
    const { askPeers, neededHere, sources } = this.#options;
    if (candidates.size === 0) return candidates;
    const theirs = await askPeers(candidates);
    if (theirs === undefined || !this.#isOn) return undefined;
    // After they have answered: what they had open and have closed since is with us.
    const scan = new ReferenceScan(candidates, this.#ending.signal);
    await sources.readChanged(scan);
    const ours = await neededHere(candidates);
    return new Set([...theirs, ...ours, ...scan.found]);
  }

  get #isOn(): boolean {
    return !this.#ending.signal.aborted && this.#options.isWriter();
  }
}
