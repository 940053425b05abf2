/**
 * When a document's log gives way to a snapshot of the live replica, and when it must not: a snapshot that would hold less
 * than the store, or that does not give back what it was taken of, replaces nothing. See docs/STORAGE.md.
 *
 *   between two batches ── one is due ──► taken: state, digest, last record ── trial load ──► replaces, between two batches
 *                                                                                   └──────► refused: told, its log stays
 *
 * A small trial is made at once. A big one runs in a worker while batches go on: what they append is not in the snapshot, and stays in the log.
 */

import type { Snapshot, Store, StoredDocument } from '../storage/store.js';
import { includesLog, isFaithful, wholeStateOf } from './replica/stored-document.js';
import { isTriedInWorker, tryOut } from './replica/trial.js';
import type { WriterHost, WrittenDocument } from './writer-host.js';

/** A log is replaced by a snapshot when it outgrows both this and the snapshot before it. */
export const LOG_BYTES_BEFORE_SNAPSHOT = 512 * 1024;

export interface CompactionOptions {
  readonly store: Store;
  readonly host: WriterHost;
  readonly term: () => number;
  /** Where it has been loaded whole: no others may be replaced. */
  readonly document: (name: string) => WrittenDocument | undefined;
  /** Does something between two batches; rejects where the office ends first. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  /** What goes on beside the batches has failed. */
  readonly failed: (error: unknown) => void;
}

/** A snapshot, and what it has to give back. */
interface Taken extends Snapshot {
  readonly digest: string;
}

export class Compaction {
  readonly #options: CompactionOptions;
  /** Documents that were written to since it was last found that they are not due. */
  readonly #written = new Set<string>();
  /** Documents whose stored bytes were damaged: a snapshot of the healed replica is due. */
  readonly #damaged = new Set<string>();
  /** Documents in whose stored log something is missing that later records build on: a snapshot would lack these until it is found. */
  readonly #torn = new Set<string>();
  /** Documents whose snapshot replaced nothing, with the length of log from which on it is tried again. */
  readonly #postponed = new Map<string, number>();
  readonly #ending = new AbortController();
  #underWay: Promise<void> | undefined;

  constructor(options: CompactionOptions) {
    this.#options = options;
  }

  noteWritten(names: Iterable<string>): void {
    for (const name of names) this.#written.add(name);
  }

  noteDamaged(name: string): void {
    this.#damaged.add(name);
  }

  noteTorn(name: string): void {
    this.#torn.add(name);
  }

  /** A document was closed. What is wrong with what is stored of it is found again when it is loaded. */
  forget(name: string): void {
    this.#written.delete(name);
    this.#damaged.delete(name);
    this.#torn.delete(name);
    this.#postponed.delete(name);
  }

  /** Between two batches: begins with one document that is due, and waits for it only where that is quick. */
  async step(): Promise<void> {
    if (this.#underWay !== undefined) return;
    const due = this.#nextDue();
    if (due === undefined) return;
    const { name } = due;
    if (this.#torn.has(name)) {
      this.#goBeside(this.#shrink(due));
      return;
    }
    const taken = this.#take(due);
    if (isTriedInWorker(taken)) {
      this.#goBeside(this.#tryBeside(name, taken));
      return;
    }
    if (!isFaithful(taken.state, taken.digest)) {
      this.#refuse(name);
      return;
    }
    // In a turn, so that a batch comes first: whatever the snapshot holds is in the log too, which the older generation needs.
    this.#goBeside(this.#options.inTurn(() => this.#replace(taken)));
  }

  /** Replaces whatever is not small already, twice: two generations of today's size stay, and no log between them. */
  async compactAll(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
    const whole = this.#compactAll();
    this.#goBeside(whole);
    await whole;
  }

  /** Ends what goes on beside the batches. Nothing is replaced any more. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#underWay;
  }

  #goBeside(work: Promise<void>): void {
    const isOver = (): void => void (this.#underWay = undefined);
    this.#underWay = work.then(isOver, (error: unknown) => {
      isOver();
      if (!this.#ending.signal.aborted) this.#options.failed(error);
    });
  }

  async #compactAll(): Promise<void> {
    const { store } = this.#options;
    for (const { name, logRecords, snapshotBytes, olderBytes } of store.documents()) {
      if (logRecords === 0 && olderBytes <= snapshotBytes) continue;
      const open = this.#options.document(name);
      if (open === undefined) await this.#shrinkClosed(name);
      else await this.#shrink(open, { times: 2 });
    }
  }

  /** Of a document that nobody here has open: what is stored, in one piece. Where that is not all sound, it stays as it is. */
  async #shrinkClosed(document: string): Promise<void> {
    const { store } = this.#options;
    // Before the reading, so that what is read goes at least as far.
    const through = store.lastRecord(document);
    const loaded = await store.load(document);
    const whole = loaded.damage.length > 0 ? undefined : wholeStateOf(loaded);
    if (whole !== undefined) await this.#tryBeside(document, { document, through, ...whole }, { times: 2 });
  }

  async #shrink(document: WrittenDocument, how?: { readonly times: number }): Promise<void> {
    const { name, replica } = document;
    const { store, inTurn } = this.#options;
    // Before the snapshot, so that all of it can be in there.
    const torn = this.#torn.has(name) ? await store.load(name) : undefined;
    let taken: Taken | undefined;
    await inTurn(async () => {
      if (!replica.hasPending()) taken = this.#take(document);
    });
    if (taken === undefined) {
      this.#postpone(name);
      return;
    }
    if (torn !== undefined) {
      if (!includesLog(taken.state, torn, taken.digest)) {
        this.#postpone(name);
        return;
      }
      // What was missing has come from a peer.
      this.#torn.delete(name);
    }
    await this.#tryBeside(name, taken, how);
  }

  async #tryBeside(name: string, taken: Taken, { times } = { times: 1 }): Promise<void> {
    const { host, inTurn } = this.#options;
    const { signal } = this.#ending;
    const isReadable = await tryOut(taken, { clock: host.clock, signal, workerFile: host.trialWorkerFile });
    if (signal.aborted) return;
    if (!isReadable) {
      this.#refuse(name);
      return;
    }
    for (let time = 1; time <= times; time++) await inTurn(() => this.#replace(taken));
  }

  /** In a turn of its own: what was appended by now is integrated, and nothing is under way. */
  #take({ name, replica }: WrittenDocument): Taken {
    const state = replica.snapshot();
    const through = this.#options.store.lastRecord(name);
    return { document: name, state, stateVector: replica.stateVector(), through, digest: replica.digest() };
  }

  async #replace({ document, state, stateVector, through }: Taken): Promise<void> {
    const { store, term } = this.#options;
    // Removed since it was taken: it must not come back.
    if (store.lastRecord(document) < through) return;
    await store.replace(term(), { document, state, stateVector, through });
    this.#damaged.delete(document);
    this.#postponed.delete(document);
  }

  #refuse(name: string): void {
    this.#postpone(name);
    this.#options.host.snapshotRefused(name);
  }

  /** Later rather than never: what stood in the way may be gone when the log is twice as long. */
  #postpone(name: string): void {
    this.#postponed.set(name, 2 * Math.max(this.#leastBytes, this.#stored(name)?.logBytes ?? 0));
  }

  #nextDue(): WrittenDocument | undefined {
    for (const name of this.#written) {
      const document = this.#options.document(name);
      if (document !== undefined && this.#isDue(document)) return document;
      this.#written.delete(name);
    }
    return undefined;
  }

  #isDue({ name, replica }: WrittenDocument): boolean {
    if (replica.hasPending()) return false;
    const stored = this.#stored(name);
    if (stored === undefined) return false;
    const postponed = this.#postponed.get(name);
    if (postponed !== undefined) return stored.logBytes > postponed;
    return stored.logBytes > Math.max(this.#leastBytes, stored.snapshotBytes) || this.#damaged.has(name);
  }

  get #leastBytes(): number {
    return this.#options.host.logBytesBeforeSnapshot ?? LOG_BYTES_BEFORE_SNAPSHOT;
  }

  #stored(name: string): StoredDocument | undefined {
    return this.#options.store.document(name);
  }
}
