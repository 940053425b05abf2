/**
 * The writer's pen: takes the store over, appends what the replica integrates, and says what is durable.
 * One batch is in flight at a time; what comes meanwhile makes the next one (group commit, no idle delay; see writing/pace.ts).
 * A watermark is a replica's vector taken in the tick in which everything recorded before it was put into the batch,
 * and never while something is pending: so it covers what its frames build on. See docs/STORAGE.md.
 */

import type { OpenedStore, Store, StoreRecord, StoredDocument, Vector } from '../storage/store.js';
import { Compaction } from './compaction.js';
import type { WriterHost } from './writer-host.js';
import { batchesOf } from './writing/batch-queue.js';
import { Loading } from './writing/loading.js';
import { Pace } from './writing/pace.js';
import { Turns, closedWhileWriting } from './writing/turns.js';
import { Unwritten } from './writing/unwritten.js';
import type { WholeDocument } from './writing/whole-states.js';
import { WholeStore } from './writing/whole-store.js';
import type { CompactionSizes } from './writing/whole-store.js';

export class Writer {
  readonly #store: Store;
  readonly #host: WriterHost;
  readonly #unwritten: Unwritten;
  readonly #loading: Loading;
  readonly #compaction: Compaction;
  readonly #whole: WholeStore;
  readonly #turns = new Turns();
  readonly #pace: Pace;
  #term = 0;
  #status: 'idle' | 'taking-over' | 'writing' | 'ended' = 'idle';
  #pump: Promise<void> | undefined;
  /** The takeover, for whoever must wait for its end. */
  #work: Promise<number> | undefined;
  #hasBegun = false;
  #isAnnounced = false;
  /** The last batch is being asked for: what comes after it is the next writer's. */
  #isSettling = false;
  /** What the takeover's record makes durable, by document; until `begin()`. */
  readonly firstStored = new Map<string, Vector>();
  #opened: OpenedStore | undefined;

  constructor(store: Store, host: WriterHost) {
    this.#store = store;
    this.#host = host;
    this.#pace = new Pace(host.clock);
    this.#unwritten = new Unwritten(host, (document) => store.document(document)?.snapshotVector);
    const failed = (error: unknown): void => this.#fail(error);
    this.#loading = new Loading({
      store,
      host,
      failed,
      hasEnded: () => this.#hasEnded(),
      completed: (name, update) => this.record(name, () => update, new Map()),
      loaded: (name, { isDamaged, isTorn }) => {
        if (isDamaged) this.#compaction.noteDamaged(name);
        if (isTorn) this.#compaction.noteTorn(name);
        // What was pending may have found what it builds on.
        this.touch(name);
      },
    });
    this.#compaction = new Compaction({
      store,
      host,
      failed,
      term: () => this.#term,
      document: (name) => (this.#loading.has(name) ? host.document(name) : undefined),
      inTurn: (work) => this.#inTurn(work),
    });
    this.#whole = new WholeStore({
      ...{ store, host, compaction: this.#compaction },
      term: () => this.#term,
      whenLoaded: () => this.#whenLoaded(),
      assertHeld: () => this.#assertHeld(),
      writeBatch: () => this.#writeBatch(),
      inTurn: (work) => this.#inTurn(work),
    });
  }

  get term(): number {
    return this.#term;
  }

  get documents(): readonly StoredDocument[] {
    return this.#status === 'writing' ? this.#store.documents() : [];
  }

  get storeId(): string | undefined {
    return this.#opened?.storeId;
  }

  /**
   * Opens the store and makes a new term durable, which it returns; then call `begin()`.
   * Who is synced writes its difference first and loads later.
   */
  takeOver(): Promise<number> {
    const takeover = this.#takeOver();
    this.#work = takeover;
    return takeover;
  }

  async #takeOver(): Promise<number> {
    this.#status = 'taking-over';
    // Of a store that is damaged throughout, nothing is lost where all of it is here.
    const known = this.#host.documents();
    const isReplicaWhole = known.length > 0 && known.every(({ isSynced }) => isSynced) && this.#host.hasClosedDocuments?.() !== true;
    const opened = await this.#store.open({ isReplicaWhole });
    this.#opened = opened;
    if (opened.damage.length > 0) this.#host.damaged(opened.damage);
    const owner = await this.#store.readOwner();
    await this.#loading.loadUnsynced();
    this.#assertHeld();

    this.#term = Math.max(opened.term, owner?.term ?? 0, this.#host.termHeard()) + 1;
    const records: StoreRecord[] = [];
    // One tick: differences, vectors, and the moment from which every further change is recorded.
    for (const document of this.#host.documents()) {
      const { name, replica } = document;
      if (!replica.hasPending()) this.firstStored.set(name, document.vector());
      const base = this.#loading.storedBase(name, replica);
      if (base === undefined) continue;
      records.push({ document: name, update: replica.difference(base), origins: new Map(), isTakeover: true });
    }
    this.#status = 'writing';
    await this.#store.append(this.#term, records);
    this.#assertHeld();
    return this.#term;
  }

  /** Once that is told comes what can wait: `owner.json`, and what was left to be loaded. */
  async begin(): Promise<void> {
    this.firstStored.clear();
    this.#hasBegun = true;
    this.#kick();
    await this.#loading.begin();
    this.#kick();
  }

  /** A document was opened while we hold the office: what the store has of it comes to it as to the others. */
  documentOpened(): void {
    if (this.#hasBegun) void this.#loading.loadRest();
  }

  /** A document was closed here; all that was recorded of it is durable, or it is deleted. */
  documentClosed(document: string): void {
    this.#loading.forget(document);
    this.#compaction.forget(document);
    this.#unwritten.forget(document);
    this.firstStored.delete(document);
  }

  /**
   * Every document of the store, whole (encoding V2), as it is in one tick, once all that is open here has been loaded.
   * Rejects with what ended the office, if it ends first.
   */
  states(): Promise<readonly WholeDocument[]> {
    return this.#whole.states();
  }

  /** Replaces every log by a snapshot and gives the space back, once all has been loaded; batches go on. Rejects as `states()` does. */
  compact(): Promise<CompactionSizes> {
    return this.#whole.compact();
  }

  /** Takes deleted documents off the disk. Rejects as `states()` does: then the next writer does it. */
  remove(documents: readonly string[]): Promise<void> {
    return this.#whole.remove(documents);
  }

  async #whenLoaded(): Promise<void> {
    await this.#work;
    this.#assertHeld();
    await this.#loading.loadRest();
    this.#assertHeld();
  }

  /** A replica integrated something; `origins` says whose frames, for people and tools. */
  record(document: string, update: () => Uint8Array, origins: Vector): void {
    if (this.#status !== 'writing') return; // Before the takeover's difference: that will hold it.
    this.#unwritten.record(document, update(), origins);
    this.#kick();
  }

  /** A document's numbers moved, perhaps without anything new to store: a frame whose content had come another way. */
  touch(document: string): void {
    if (this.#status !== 'writing') return;
    this.#unwritten.touch(document);
    this.#kick();
  }

  /** Somebody waits for what is written to be durable. */
  hurry(): void {
    this.#pace.hurry();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turns.add(work);
    this.#kick();
    this.#pace.hurry();
    return done;
  }

  #kick(): void {
    if (!this.#hasBegun || this.#isSettling) return; // The takeover's record is the one batch in flight.
    // In a microtask, so that what one tick writes goes in one batch.
    this.#pump ??= Promise.resolve().then(() => this.#run());
  }

  get #hasWork(): boolean {
    return this.#status === 'writing' && (!this.#unwritten.isEmpty || !this.#isAnnounced || !this.#turns.isEmpty);
  }

  async #run(): Promise<void> {
    try {
      while (this.#hasWork && !this.#isSettling) {
        if (this.#mayRest()) await this.#pace.rest();
        if (this.#hasEnded() || this.#isSettling) break;
        await this.#writeBatch();
        this.#pace.noteBatch();
        if (!this.#hasEnded()) await this.#announce();
        if (!this.#hasEnded()) await this.#turns.take();
        if (!this.#hasEnded()) this.#compaction.look();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pump = undefined;
    }
    if (this.#hasWork) this.#kick();
  }

  #mayRest(): boolean {
    return this.#isAnnounced && this.#turns.isEmpty && !this.#host.isAwaited();
  }

  /** For people, and for who cannot reach us. The term is durable without it, so whoever waits for the first batch is not kept waiting. */
  async #announce(): Promise<void> {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    const { id, publisher, responder } = this.#host.address;
    await this.#store.announceOwner({ peer: id, term: this.#term, publisher, responder });
  }

  #fail(error: unknown): void {
    if (this.#status === 'ended') return;
    this.#status = 'ended';
    this.#turns.end(error);
    this.#host.failed(error);
  }

  async #writeBatch(): Promise<void> {
    if (this.#unwritten.isEmpty) return;
    const { records, watermarks, documents } = this.#unwritten.take();
    for (const batch of batchesOf(records)) await this.#store.append(this.#term, batch);
    if (this.#hasEnded()) return;
    for (const [name, vector] of watermarks) this.#host.stored(name, vector);
    this.#compaction.noteWritten(documents);
  }

  /** Writes what there is to write (if `isOrderly`), closes the database, frees the lock, in this order. Idempotent. */
  async end({ isOrderly }: { readonly isOrderly: boolean }): Promise<void> {
    if (isOrderly) await this.#settle();
    const isClean = isOrderly && this.#status === 'writing';
    this.#status = 'ended';
    this.#pace.hurry();
    this.#loading.end();
    this.#turns.end(closedWhileWriting());
    // What is under way sees that it has ended, and stops at its next step.
    await Promise.allSettled([this.#work, this.#pump, this.#compaction.end()]);
    try {
      await this.#store.close({ clean: isClean });
    } finally {
      this.#store.lock.release();
    }
  }

  /** A takeover is brought to its end first: what was written since it began has no other way to the disk. */
  async #settle(): Promise<void> {
    await Promise.allSettled([this.#work]);
    this.#hasBegun = true;
    this.#isSettling = true;
    this.#pace.hurry();
    await this.#pump;
    // One more, for what was there when the end was asked for; what others write meanwhile is the next writer's.
    if (this.#unwritten.isEmpty || this.#status !== 'writing') return;
    await this.#writeBatch().catch((error: unknown) => this.#fail(error));
  }

  /** Asked after each wait: `end()` or a failure may have come in between. */
  #hasEnded(): boolean {
    return this.#status === 'ended';
  }

  /** Ends what has been called off. */
  #assertHeld(): void {
    if (!this.#hasEnded()) return;
    this.#turns.end(closedWhileWriting());
    throw this.#turns.ending;
  }
}
