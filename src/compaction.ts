/**
 * When a document's log gives way to a snapshot of the live replica, and when it must not: a snapshot that would hold less
 * than the store, or that does not give back what it was taken of, replaces nothing. See docs/STORAGE.md.
 *
 *   a rest, or overdue ──► taken between two batches: state, digest, last record ── trial load ──► replaces, between two batches
 *                                                                                        └──────► refused: told, its log stays
 *
 * While batches keep coming only a log that is overdue is looked at (writing/log-length.ts); the others wait for a rest. A small trial is made at
 * once. A big one runs in a worker while batches go on: what they append is not in the snapshot, and stays in the log.
 */

import type { Snapshot, Store, StoredDocument } from '../storage/store.js';
import { includesLog, wholeStateOf } from './replica/stored-document.js';
import { structsOf } from './replica/struct-count.js';
import { tryOut } from './replica/trial.js';
import type { Trial } from './replica/trial.js';
import { LOG_BYTES_BEFORE_SNAPSHOT, lengthOfLog } from './writing/log-length.js';
import type { LogLength } from './writing/log-length.js';
import type { WriterHost, WrittenDocument } from './writer-host.js';

/** Without a batch for so long, the writer has time for snapshots. */
export const SNAPSHOT_REST_MS = 200;

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
type Taken = Snapshot & Trial;

export class Compaction {
  readonly #options: CompactionOptions;
  /** Documents that were written to since it was last looked how long their logs are. */
  readonly #written = new Set<string>();
  /** Documents whose logs are due at the next rest. */
  readonly #due = new Set<string>();
  /** Documents whose stored bytes were damaged: a snapshot of the healed replica is due. */
  readonly #damaged = new Set<string>();
  /** Documents in whose stored log something is missing that later records build on: a snapshot would lack these until it is found. */
  readonly #torn = new Set<string>();
  /** Documents whose snapshot replaced nothing, with the length of log from which on it is tried again. */
  readonly #postponed = new Map<string, number>();
  readonly #ending = new AbortController();
  #underWay: Promise<void> | undefined;
  #lastBatchAt = -Infinity;
  /** Takes back the look at the next rest. */
  #cancelLook: (() => void) | undefined;

  constructor(options: CompactionOptions) {
    this.#options = options;
  }

  /** A batch is durable that touched these. */
  noteWritten(names: Iterable<string>): void {
    for (const name of names) this.#written.add(name);
    this.#lastBatchAt = this.#options.host.clock.now();
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
    this.#due.delete(name);
    this.#damaged.delete(name);
    this.#torn.delete(name);
    this.#postponed.delete(name);
  }

  /** After a batch, at a rest, and when a snapshot is done: begins with one document for which it is time. */
  look(): void {
    if (this.#underWay !== undefined || this.#ending.signal.aborted) return;
    try {
      const next = this.#next();
      if (next !== undefined) this.#goBeside(this.#shrink(next));
      else if (this.#due.size > 0) this.#lookAtRest();
    } catch (error) {
      this.#options.failed(error);
    }
  }

  /** One timer for however many batches: when it is over, it may have to wait again. */
  #lookAtRest(): void {
    this.#cancelLook ??= this.#options.host.clock.after(this.#restsAt - this.#options.host.clock.now(), () => {
      this.#cancelLook = undefined;
      this.look();
    });
  }

  get #restsAt(): number {
    return this.#lastBatchAt + (this.#options.host.snapshotRestMs ?? SNAPSHOT_REST_MS);
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
    this.#cancelLook?.();
    await this.#underWay;
  }

  #goBeside(work: Promise<void>): void {
    this.#underWay = work.then(
      () => {
        this.#underWay = undefined;
        this.look();
      },
      (error: unknown) => {
        this.#underWay = undefined;
        if (!this.#ending.signal.aborted) this.#options.failed(error);
      },
    );
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
    if (whole === undefined) return;
    await this.#tryBeside(document, { document, through, ...whole }, { times: 2 });
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
      // Once what is pending has found what it builds on, there is something to write again. A torn log is not read each time.
      if (torn !== undefined) this.#postpone(name);
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
    // In turns, so that a batch comes first: whatever the snapshot holds is in the log too, which the older generation needs.
    for (let time = 1; time <= times; time++) await inTurn(() => this.#replace(taken));
  }

  /** In a turn of its own: what was appended by now is integrated, and nothing is under way. */
  #take({ name, replica }: WrittenDocument): Taken {
    const state = replica.snapshot();
    const through = this.#options.store.lastRecord(name);
    const structs = structsOf(replica.doc);
    return { document: name, state, stateVector: replica.stateVector(), through, digest: replica.digest(), structs };
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

  #next(): WrittenDocument | undefined {
    for (const name of this.#written) {
      const length = this.#lengthOf(name);
      if (length === 'overdue') return this.#options.document(name);
      this.#written.delete(name);
      if (length === 'due') this.#due.add(name);
    }
    if (this.#options.host.clock.now() < this.#restsAt) return undefined;
    for (const name of this.#due) {
      this.#due.delete(name);
      if (this.#lengthOf(name) !== 'short') return this.#options.document(name);
    }
    return undefined;
  }

  #lengthOf(name: string): LogLength {
    const document = this.#options.document(name);
    const stored = this.#stored(name);
    if (document === undefined || stored === undefined || document.replica.hasPending()) return 'short';
    const postponed = this.#postponed.get(name);
    if (postponed === undefined && this.#damaged.has(name)) return 'overdue';
    return lengthOfLog(stored, postponed ?? Math.max(this.#leastBytes, stored.snapshotBytes));
  }

  get #leastBytes(): number {
    return this.#options.host.logBytesBeforeSnapshot ?? LOG_BYTES_BEFORE_SNAPSHOT;
  }

  #stored(name: string): StoredDocument | undefined {
    return this.#options.store.document(name);
  }
}
