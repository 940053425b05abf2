/**
 * A peer's way into the office of the writer and out of it: the election's shell on one side, the writer's pen on the
 * other, the synchronizer told of both. Rules: election/election.ts and docs/ELECTION.md.
 */

import type { Damage, Vector } from '../storage/store.js';
import type { WriterRef } from '../sync/engine-io.js';
import { vectorOf } from '../sync/engine-state.js';
import { isFlushAwaited } from '../sync/flushing.js';
import { MAIN } from '../sync/membership.js';
import type { MaintenanceOutcome, MaintenanceTask } from '../sync/maintenance.js';
import { countElders, countLookers, isBeingTakenOver } from '../sync/succession.js';
import { SocommError, describe, isSocommError } from './base/errors.js';
import type { CandidacyOptions } from './candidacy-options.js';
import { isStoredId } from './documents/document-name.js';
import { Candidate } from './election/candidate.js';
import { QUICK_TRIES_MS } from './election/election.js';
import type { ElectionState } from './election/election.js';
import { REHEARSED_IN_LINE, Rehearsal } from './election/rehearsal.js';
import { Caretaker } from './maintenance/caretaker.js';
import { Writer } from './writer.js';
import type { WriterHost, WrittenDocument } from './writer-host.js';

export class Candidacy {
  readonly #options: CandidacyOptions;
  readonly #candidate: Candidate;
  readonly #caretaker: Caretaker;
  readonly #rehearsal: Rehearsal;
  #writer: Writer | undefined;
  #failure: unknown;
  #isClosing = false;

  constructor(options: CandidacyOptions) {
    this.#options = options;
    this.#caretaker = new Caretaker({ ...options, pen: () => this.pen });
    const isDue = (): boolean => this.state.kind === 'following' && countElders(options.synchronizer.state) < REHEARSED_IN_LINE;
    this.#rehearsal = new Rehearsal({ clock: options.clock, rehearse: options.canWrite ? options.rehearse : undefined, isDue });
    this.#candidate = new Candidate({
      canWrite: options.canWrite,
      clock: options.synchronizer.loose,
      random: options.random,
      candidates: () => countLookers(options.synchronizer.state),
      tryLock: () => this.#tryLock(),
      takeOver: () => this.#takeOver(),
      stepDown: (how) => this.#stepDown(how),
      lead: (term) => this.#lead(term),
      checkLock: () => this.#checkLock(),
      takeoverFailed: (error) => this.#fail(error),
      stepDownFailed: (error) => options.warn('step-down-failed', describe(error)),
    });
  }

  get state(): ElectionState {
    return this.#candidate.state;
  }

  /** The pen, while this peer leads. */
  get pen(): Writer | undefined {
    return this.#candidate.state.kind === 'leading' ? this.#writer : undefined;
  }

  /** Why the last takeover or the last batch failed, until somebody leads. */
  get failure(): unknown {
    return this.#failure;
  }

  start(): void {
    this.#candidate.feed({ kind: 'started' });
  }

  /** A replica integrated something. */
  record(document: string, update: () => Uint8Array, origins: Vector): void {
    this.#writer?.record(document, update, origins);
  }

  hurry(): void {
    this.#writer?.hurry();
  }

  documentOpened(): void {
    this.#writer?.documentOpened();
  }

  documentClosed(document: string): void {
    this.#writer?.documentClosed(document);
  }

  /** Found to be deleted: as the writer we take them off the disk. */
  documentsDeleted(ids: readonly string[]): void {
    // Where the office ends first, of which everybody is told elsewhere, the next writer finds them.
    void this.pen?.remove(ids).catch(() => undefined);
  }

  /** A document's numbers moved. */
  touch(document: string): void {
    this.#writer?.touch(document);
  }

  writerChanged(writer: WriterRef | undefined): void {
    if (writer === undefined)
      return this.#candidate.feed({ kind: 'writer-gone', isNext: countElders(this.#options.synchronizer.state) === 0 });
    if (writer.id === this.#options.address.id) return;
    this.#rehearsal.look();
    // It can write: what kept us from it is the past, and no reason to say that nobody can.
    this.#recover();
    this.#candidate.feed({ kind: 'writer-seen' });
  }

  /** Who is not the writer went: we are nearer to the office than before. */
  peerLost(): void {
    this.#rehearsal.look();
  }

  /** What somebody asks of the writer; never rejects. */
  maintain(task: MaintenanceTask): Promise<MaintenanceOutcome> {
    return this.#caretaker.carryOut(task);
  }

  /** Resolves when the last batch is durable, the database closed, the lock free, and nothing is being written for anybody. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#caretaker.end();
    const rehearsed = this.#rehearsal.end();
    await this.#candidate.close();
    await rehearsed;
    await this.#caretaker.settled();
  }

  crash(): void {
    this.#isClosing = true;
    void this.#rehearsal.end();
    this.#writer = undefined;
    this.#candidate.crash();
  }

  #tryLock(): boolean {
    if (this.#isInGoodHands()) return false;
    try {
      return this.#options.store.lock.tryAcquire();
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** If it dies, its connection drops and we try at once; the slow poll believes nobody. */
  #isInGoodHands(): boolean {
    const { state } = this.#candidate;
    if (state.kind !== 'following' || state.tries === 0 || state.tries >= QUICK_TRIES_MS.length) return false;
    return isBeingTakenOver(this.#options.synchronizer.state);
  }

  async #takeOver(): Promise<number> {
    const { synchronizer, intake } = this.#options;
    void this.#rehearsal.end();
    this.#writer = new Writer(this.#options.store, this.#host());
    // The disk first: to tell everybody takes the processor a while, and the first files are read meanwhile.
    const takeover = this.#writer.takeOver();
    synchronizer.setRole({ term: 0, isTakingOver: true });
    // Who is synced needs no more to call itself so, and loses no time.
    if (synchronizer.state.documents.get(MAIN)?.isSynced === true) return takeover;
    const [term] = await Promise.all([takeover, intake.foresee()]);
    return term;
  }

  #host(): WriterHost {
    const { address, clock, synchronizer, warn, logBytesBeforeSnapshot, snapshotRestMs } = this.#options;
    return {
      address,
      clock,
      logBytesBeforeSnapshot,
      snapshotRestMs,
      termHeard: () => synchronizer.state.termHeard,
      documents: () => this.#writtenDocuments(),
      document: (name) => this.#writtenDocument(name),
      isAwaited: () => isFlushAwaited(synchronizer.state),
      hasClosedDocuments: () => this.#options.hasClosedDocuments(),
      loaded: (document, missed) => {
        this.#options.intake.addForeseen(document);
        // What the store had and this group had not: everybody is to have it. It gets a number, which is durable already.
        if (missed !== undefined) synchronizer.localBulk(document);
        this.touch(document);
        synchronizer.documentLoaded(document);
      },
      stored: (document, vector) => synchronizer.stored(document, vector),
      damaged: (damage) => this.#tellDamage(damage),
      failed: (error) => this.#giveUp(error),
      snapshotRefused: (document) =>
        warn('snapshot-refused', `a snapshot of ${document} did not give back what it was taken of; its log is kept`),
    };
  }

  #writtenDocuments(): WrittenDocument[] {
    return [...this.#options.replicas.keys()].map((name) => this.#writtenDocument(name)).filter((document) => document !== undefined);
  }

  #writtenDocument(name: string): WrittenDocument | undefined {
    const { synchronizer, replicas } = this.#options;
    const replica = isStoredId(name) ? replicas.get(name) : undefined;
    if (replica === undefined) return undefined;
    const { documents } = synchronizer.state;
    return {
      name,
      replica,
      isSynced: documents.get(name)?.isSynced === true,
      vector: () => {
        synchronizer.drain();
        const document = documents.get(name);
        return document === undefined ? new Map() : vectorOf(synchronizer.state, document);
      },
    };
  }

  #lead(term: number): void {
    this.#recover();
    const writer = this.#writer;
    this.#options.synchronizer.setRole({ term, isTakingOver: false, stored: new Map(writer?.firstStored) });
    void writer?.begin().then(() => {
      if (this.pen !== writer) return;
      this.#options.intake.begin();
      // Deleted under a writer before us, who may not have come so far.
      const left = this.#options.deletedDocuments().filter((id) => this.#options.store.document(id) !== undefined);
      if (left.length > 0) this.documentsDeleted(left);
    });
  }

  #checkLock(): void {
    if (this.#options.store.lock.isOwned()) return;
    const { location } = this.#options.store;
    this.#giveUp(new SocommError('SOCOMM_STORE_IN_USE', `the lock of ${location} is no longer ours: its file was removed or replaced`));
  }

  /** Nothing is acknowledged from here on. */
  #giveUp(error: unknown): void {
    // Who was robbed of the lock can write as well as before, once it has the lock again.
    const isRobbed = this.#candidate.state.kind === 'leading' && isSocommError(error, 'SOCOMM_STORE_IN_USE');
    this.#fail(error, { isTrouble: !isRobbed });
    this.#candidate.feed({ kind: isRobbed ? 'robbed' : 'failed' });
  }

  #recover(): void {
    this.#failure = undefined;
    this.#options.synchronizer.setTrouble('');
  }

  #tellDamage(damage: readonly Damage[]): void {
    for (const { document, what, keptAs } of damage) {
      const told = document === undefined ? what : `document ${document}: ${what}`;
      this.#options.warn('store-damaged', keptAs === undefined ? told : `${told}; kept as ${keptAs}`);
    }
  }

  #fail(error: unknown, { isTrouble = true } = {}): void {
    if (this.#isClosing) {
      this.#options.lastBatchFailed(`the last batch of this peer was not written: ${describe(error)}`);
      return;
    }
    const failure = isSocommError(error) ? error : new SocommError('SOCOMM_IO', describe(error), { cause: error });
    // At each try the same: said once, until it is another, or all is well again.
    const isNews = !isSocommError(this.#failure, failure.code);
    this.#failure = failure;
    if (isTrouble) this.#options.synchronizer.setTrouble(failure.code);
    if (isNews) this.#options.warn('writing-failed', `${failure.message} [${failure.code}]`);
    this.#options.changed();
  }

  async #stepDown({ isOrderly }: { readonly isOrderly: boolean }): Promise<void> {
    const { synchronizer } = this.#options;
    const writer = this.#writer;
    const { term, isTakingOver } = synchronizer.state.status;
    const wasLeading = term > 0;
    try {
      // What has no number yet gets one, so that the last batch covers it.
      if (isOrderly && wasLeading) synchronizer.drain();
      await writer?.end({ isOrderly });
    } finally {
      this.#writer = undefined;
      // Only now, with the lock free, are others told that the office is vacant.
      if (wasLeading || isTakingOver) synchronizer.setRole({ term: 0, isTakingOver: false });
      // Whoever took the lock from us said so while we still believed that it was ours. A lower term is old news.
      const { writer: successor } = synchronizer.state;
      if (wasLeading && successor !== undefined && successor.term > term) this.writerChanged(successor);
    }
  }
}
