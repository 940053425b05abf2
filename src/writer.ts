/**
 * The writer's pen: takes the store over, appends what the replica integrates, and says what is durable.
 * One batch is in flight at a time; what comes meanwhile makes the next one (group commit, no idle delay).
 * A watermark is a replica's vector taken in the tick in which everything recorded before it was put into the batch,
 * and never while something is pending: so it covers what its frames build on. See docs/STORAGE.md.
 */

import type { PeerAddress } from '../sync/transport.js';
import type { OpenedStore, Store, StoreRecord, StoredDocument, Vector } from '../storage/store.js';
import { SocommError } from './base/errors.js';
import { Compaction } from './compaction.js';
import type { Replica } from './replica/replica.js';
import type { WriterHost, WrittenDocument } from './writer-host.js';

/** What is known of a document since it was loaded. */
interface Loaded {
  /** What of it the live replica had not had. */
  readonly missed: Uint8Array | undefined;
  /** The replica's count of changes then, and its state vector. */
  readonly changes: number;
  readonly base: Uint8Array;
}

/** A batch is closed above this; the rest makes the next one. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;

export class Writer {
  readonly #store: Store;
  readonly #host: WriterHost;
  #queue: StoreRecord[] = [];
  readonly #touched = new Set<string>();
  readonly #loaded = new Map<string, Loaded>();
  readonly #compaction: Compaction;
  #term = 0;
  #status: 'idle' | 'taking-over' | 'writing' | 'ended' = 'idle';
  #pump: Promise<void> | undefined;
  /** The takeover, for whoever must wait for its end. */
  #work: Promise<number> | undefined;
  #hasBegun = false;
  #isLoading = false;
  /** The last batch is being asked for: what comes after it is the next writer's. */
  #isSettling = false;
  /** What the takeover's record covers. */
  readonly #watermarks = new Map<string, Vector>();
  #opened: OpenedStore | undefined;

  constructor(store: Store, host: WriterHost) {
    this.#store = store;
    this.#host = host;
    this.#compaction = new Compaction(store, host);
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
    const opened = await this.#store.open();
    this.#opened = opened;
    if (opened.damage.length > 0) this.#host.damaged(opened.damage);
    const owner = await this.#store.readOwner();
    for (const document of this.#host.documents()) if (!document.isSynced) await this.#load(document);
    this.#assertHeld();

    this.#term = Math.max(opened.term, owner?.term ?? 0, this.#host.termHeard()) + 1;
    const records: StoreRecord[] = [];
    // One tick: differences, vectors, and the moment from which every further change is recorded.
    for (const document of this.#host.documents()) {
      const { name, replica } = document;
      if (!replica.hasPending()) this.#watermarks.set(name, document.vector());
      const base = this.#storedBase(name, replica);
      if (base === undefined) continue;
      records.push({ document: name, update: replica.difference(base), origins: new Map(), isTakeover: true });
    }
    this.#queue = [];
    this.#status = 'writing';
    await this.#store.append(this.#term, records);
    await this.#store.announceOwner({ peer: this.#host.address.id, term: this.#term, ...endpoints(this.#host.address) });
    this.#assertHeld();
    return this.#term;
  }

  /** Says what the takeover's record made durable, and loads what was left for later. */
  async begin(): Promise<void> {
    for (const [name, vector] of this.#watermarks) this.#host.stored(name, vector);
    this.#watermarks.clear();
    this.#hasBegun = true;
    // Only now, with the term durable, is what was loaded first called whole.
    for (const name of this.#loaded.keys()) this.#tellLoaded(name);
    this.#kick();
    await this.#loadRest();
  }

  /** A document was opened while we hold the office: what the store has of it comes to it as to the others. */
  documentOpened(): void {
    if (this.#hasBegun) void this.#loadRest();
  }

  async #loadRest(): Promise<void> {
    if (this.#isLoading) return; // whoever loads looks again after each document
    this.#isLoading = true;
    try {
      for (let next = this.#nextToLoad(); next !== undefined; next = this.#nextToLoad()) await this.#load(next);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isLoading = false;
    }
    this.#kick();
  }

  #nextToLoad(): WrittenDocument | undefined {
    if (this.#hasEnded()) return undefined;
    return this.#host.documents().find(({ name }) => !this.#loaded.has(name));
  }

  /** The state vector above which the replica's state is not known to be in the store; undefined where all of it is. */
  #storedBase(name: string, replica: Replica): Uint8Array | undefined {
    if (replica.isEmpty) return undefined;
    const loaded = this.#loaded.get(name);
    if (loaded === undefined) return this.#opened?.documents.find((stored) => stored.name === name)?.snapshotVector ?? EMPTY_VECTOR;
    return loaded.changes === replica.changes ? undefined : loaded.base;
  }

  async #load({ name, replica }: WrittenDocument): Promise<void> {
    const loaded = await this.#store.load(name);
    if (this.#hasEnded()) return;
    const wasEmpty = replica.isEmpty;
    if (loaded.damage.length > 0) {
      this.#compaction.noteDamaged(name);
      this.#touched.add(name);
      this.#host.damaged(loaded.damage);
    }
    const { changes } = replica;
    const hadPending = replica.hasPending();
    const missed = replica.load(loaded);
    // What a listener that threw meanwhile has kept from being told is told now: it counts as a change.
    replica.heal();
    // An observer may have written while it was loaded: that is not in the store.
    const isPure = wasEmpty && replica.changes === changes;
    // What came from elsewhere before the loading is not in the store, and cannot be told apart any more.
    this.#loaded.set(name, { missed, changes: wasEmpty ? changes : -1, base: isPure ? replica.stateVector() : EMPTY_VECTOR });
    // What was pending may have been completed by what was loaded: then it is in the replica now, and not in the store.
    if (hadPending && missed !== undefined) this.record(name, missed, new Map());
    if (this.#hasBegun) this.#tellLoaded(name);
    if (replica.hasPending()) this.#compaction.noteTorn(name);
    // What was pending may have found what it builds on.
    this.touch(name);
  }

  #tellLoaded(name: string): void {
    this.#host.loaded(name, this.#loaded.get(name)?.missed);
  }

  /** A replica integrated something; `origins` says whose frames, for people and tools. */
  record(document: string, update: Uint8Array, origins: Vector): void {
    if (this.#status !== 'writing') return; // Before the takeover's difference: that will hold it.
    this.#queue.push({ document, update, origins, isTakeover: false });
    this.touch(document);
  }

  /** A document's numbers moved, perhaps without anything new to store: a frame whose content had come another way. */
  touch(document: string): void {
    if (this.#status !== 'writing') return;
    this.#touched.add(document);
    this.#kick();
  }

  #kick(): void {
    if (!this.#hasBegun || this.#isSettling) return; // The takeover's record is the one batch in flight.
    // In a microtask, so that what one tick writes goes in one batch.
    this.#pump ??= Promise.resolve().then(() => this.#run());
  }

  async #run(): Promise<void> {
    try {
      while (this.#touched.size > 0 && this.#status === 'writing' && !this.#isSettling) {
        await this.#writeBatch();
        await this.#compactOne();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pump = undefined;
    }
    if (this.#touched.size > 0 && this.#status === 'writing') this.#kick();
  }

  #fail(error: unknown): void {
    if (this.#status === 'ended') return;
    this.#status = 'ended';
    this.#host.failed(error);
  }

  async #writeBatch(): Promise<void> {
    const watermarks = new Map<string, Vector>();
    for (const document of this.#host.documents()) {
      const { name, replica } = document;
      if (this.#touched.has(name) && !replica.hasPending()) watermarks.set(name, document.vector());
    }
    this.#touched.clear();
    // No more than is there now: what comes meanwhile makes the next batch, and must not keep this one's watermark back.
    for (let left = this.#queue.length; left > 0;) {
      const batch = this.#takeBatch(left);
      left -= batch.length;
      await this.#store.append(this.#term, batch);
    }
    if (this.#hasEnded()) return;
    for (const [name, vector] of watermarks) this.#host.stored(name, vector);
  }

  #takeBatch(countMax: number): StoreRecord[] {
    let bytes = 0;
    let count = 0;
    for (const { update } of this.#queue) {
      if (count === countMax || (count > 0 && bytes + update.length > BATCH_BYTES_MAX)) break;
      bytes += update.length;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #compactOne(): Promise<void> {
    if (this.#status !== 'writing') return;
    await this.#compaction.compactOne(
      this.#term,
      this.#host.documents().filter(({ name }) => this.#loaded.has(name)),
    );
  }

  /** Writes what there is to write (if `isOrderly`), closes the database, frees the lock, in this order. Idempotent. */
  async end({ isOrderly }: { readonly isOrderly: boolean }): Promise<void> {
    if (isOrderly) await this.#settle();
    const isClean = isOrderly && this.#status === 'writing';
    this.#status = 'ended';
    // What is under way sees that it has ended, and stops at its next step.
    await Promise.allSettled([this.#work, this.#pump]);
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
    await this.#pump;
    // One more, for what was there when the end was asked for; what others write meanwhile is the next writer's.
    if (this.#touched.size === 0 || this.#status !== 'writing') return;
    await this.#writeBatch().catch((error: unknown) => this.#fail(error));
  }

  /** Asked after each wait: `end()` or a failure may have come in between. */
  #hasEnded(): boolean {
    return this.#status === 'ended';
  }

  /** Ends a takeover that has been called off. */
  #assertHeld(): void {
    if (this.#hasEnded()) throw new SocommError('SOCOMM_CLOSED', 'closed while the store was being taken over');
  }
}

/** The state vector of an empty document: no clients. */
const EMPTY_VECTOR = Uint8Array.of(0);

function endpoints({ publisher, responder }: PeerAddress) {
  return { publisher, responder };
}
