/**
 * What a peer has and no writer has confirmed is written aside, as one bundle of differences in `spill/`: after two seconds, at
 * the end, and at once where the process ends without one. Ledgers (ledger.ts) say what that is; the next writer takes it in
 * (intake.ts). A spill is no acknowledgement: nothing here resolves a `flush()`.
 *
 * Each looks after its own; what came from somebody who is gone is everybody's. A spill always holds all that is not known
 * to be durable, so a newer one replaces the older one: it is written first, then the older one is removed.
 * Nothing here throws, and nothing is done while all is confirmed. Spec: docs/STORAGE.md, "Spill".
 */

import type { BundleFolder } from '../../storage/bundle-folder.js';
import { encodeBundle } from '../../storage/bundle.js';
import type { BundledDocument } from '../../storage/bundle.js';
import { describe } from '../base/errors.js';
import type { PeerId } from '../base/ids.js';
import { Ledgers } from './ledgers.js';
import type { LedgersOptions } from './ledgers.js';

/** What is not confirmed is looked through this often, while there is something. */
export const SPILL_REVIEW_MS = 1000;
/** What is not confirmed for this long is spilled, and no more often than this … */
export const SPILL_AFTER_MS = 2000;
/** … nor faster than this, where nothing of a large document is known to be durable and every spill holds all of it … */
export const SPILL_BYTES_PER_S_MAX = 128 * 1024;
/** … which delays the next one by no more than this. */
export const SPILL_AFTER_MAX_MS = 10_000;
/** Others' changes that nobody confirms are watched for this long after the last one. */
export const SPILL_WATCH_MS = 10_000;

export interface SpillerOptions extends LedgersOptions {
  readonly group: string;
  readonly packageVersion: string;
  readonly spills: BundleFolder;
  /** Empty where it is not known. */
  readonly storeId: () => string;
  /** Gives a number to everything that was written. */
  readonly drain: () => void;
  readonly warn: (code: string, message: string) => void;
}

export class Spiller {
  readonly #options: SpillerOptions;
  readonly #ledgers: Ledgers;
  #cancelReview: (() => void) | undefined;
  #vacantSince = -Infinity;
  /** The one spill of ours that is there. */
  #name: string | undefined;
  #count = 0;
  #spilledAt = -Infinity;
  /** No further one before this: forty peers that wait for one stopped writer must not use up processor and disk. */
  #nextAt = -Infinity;
  #work: Promise<unknown> | undefined;
  #hasFailed = false;
  #isEnded = false;
  #isClosed = false;

  constructor(options: SpillerOptions) {
    this.#options = options;
    this.#ledgers = new Ledgers(options);
  }

  /** Where spills lie, for messages. */
  get location(): string {
    return this.#options.spills.location;
  }

  /** A document was changed, by us or by others. */
  noteChange(document: string): void {
    this.#ledgers.noteChange(document);
    this.wake();
  }

  /** Content came in without numbers: `from` names whose difference it was; undefined where numbers were forgotten. */
  noteDoubt(document: string, from: PeerId | undefined): void {
    this.#ledgers.noteDoubt(document, from);
    this.wake();
  }

  /** Somebody else writes now, we do, or nobody: whatever is said from now on is weighed by the new term. */
  noteWriter(): void {
    const { writer, self } = this.#options.state;
    if (writer?.id === self) this.#ledgers.lead(writer.term);
    if (writer === undefined) this.#vacantSince = this.#options.clock.now();
    this.wake();
  }

  /** Something changed that may make others' business ours. Looks soon, and goes on looking while there is reason to. */
  wake(): void {
    if (this.#cancelReview !== undefined || this.#isEnded) return;
    this.#cancelReview = this.#options.clock.after(SPILL_REVIEW_MS, () => this.#review());
  }

  /**
   * To be called when the office is given back and before goodbye. `isConfirmed`: a writer has said of all that we wrote that it is durable.
   * Returns what became of what nobody confirmed.
   */
  async close(isConfirmed: boolean): Promise<'nothing left' | 'spilled' | 'failed'> {
    this.stop();
    await this.#work;
    try {
      return await this.#settle(isConfirmed);
    } finally {
      this.#isClosed = true;
    }
  }

  async #settle(isConfirmed: boolean): Promise<'nothing left' | 'spilled' | 'failed'> {
    if (isConfirmed) this.#ledgers.noteFlushed();
    this.#ledgers.look({ isLast: true });
    if (isConfirmed || this.#ledgers.isCovered) {
      if (this.#ledgers.isSpillCovered) await this.#removeSpill();
      return 'nothing left';
    }
    if (this.#name === undefined && this.#isOnlooker) return 'nothing left';
    const isSaved = !this.#ledgers.isUnsaved(Infinity, everybody) || (await this.#spill());
    return isSaved ? 'spilled' : 'failed';
  }

  /**
   * Wrote nothing, may not write to disk, and leaves somebody behind who may and is not the one that is silent: whatever is here came
   * from those. Without this each look at a group whose writer is stopped would leave the whole of it behind.
   */
  get #isOnlooker(): boolean {
    const { status, documents, links, writer } = this.#options.state;
    if (status.canWrite || [...documents.values()].some(({ ownSeq, outboxBytes }) => ownSeq > 0 || outboxBytes > 0)) return false;
    return [...links.values()].some((link) => link.canWrite && link.status !== undefined && link.id !== writer?.id);
  }

  /** The process ends at this very moment. */
  spillAtOnce(): void {
    if (this.#isClosed) return;
    this.stop();
    const { spills, state, self, replicas } = this.#options;
    this.#ledgers.look({ isLast: true });
    const isInTransaction = [...replicas.values()].some(({ doc }) => doc._transaction !== null);
    // A writer that lives holds, or will hold, what others have written; but our own store ends with us.
    const isAlone = state.writer === undefined || state.stallReason !== undefined || state.writer.id === self;
    if (!isInTransaction && !this.#ledgers.isUnsaved(Infinity, isAlone ? everybody : this.#isOurBusiness)) return;
    const { documents } = this.#ledgers.gather();
    if (documents.length > 0) spills.writeSync(this.#nextName(), this.#encode(documents));
  }

  /** Whether nothing of a document is left to be made durable by us: as the writer everything counts, else what is our business. */
  isSafe(document: string): boolean {
    const { drain, replicas, state, self } = this.#options;
    drain();
    const ledger = this.#ledgers.lookAt(document);
    if (ledger === undefined) return true;
    if (state.writer?.id !== self) return ledger.isDurable(this.#isOurBusiness);
    return ledger.isDurable(everybody) && replicas.get(document)?.hasPending() !== true;
  }

  /** Writes what nobody confirmed of a document that is about to be closed into a spill of its own, which the writer removes. False where that failed. */
  async saveApart(document: string): Promise<boolean> {
    const late = this.#ledgers.difference(document);
    if (late === undefined || this.#isEnded) return late === undefined;
    try {
      await this.#options.spills.write(this.#nextName(), this.#encode([late]));
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** What is our business of a document, and nobody confirmed. */
  lateEdits(document: string): BundledDocument | undefined {
    this.#options.drain();
    const ledger = this.#ledgers.lookAt(document);
    return ledger === undefined || ledger.isDurable(this.#isOurBusiness) ? undefined : this.#ledgers.difference(document);
  }

  /** Puts what was written to a deleted document into quarantine; by way of a spill, so that it is on disk at any moment. Returns where it is. */
  async setAside(late: BundledDocument): Promise<string | undefined> {
    const { spills } = this.#options;
    const name = this.#nextName();
    await spills.write(name, this.#encode([late]));
    return (await spills.quarantine(name, `late edits of ${late.name}`)).keptAs;
  }

  /** A document was closed. */
  forget(document: string): void {
    this.#ledgers.forget(document);
  }

  /** Ends the watch. */
  stop(): void {
    this.#isEnded = true;
    this.#cancelReview?.();
    this.#cancelReview = undefined;
  }

  #review(): void {
    this.#cancelReview = undefined;
    const { state, clock, drain } = this.#options;
    // Whoever takes over needs the processor, and mostly confirms in a moment what would be written aside.
    if (state.writer === undefined && clock.now() < this.#vacantSince + SPILL_REVIEW_MS) return this.wake();
    drain();
    this.#ledgers.look();
    this.#work ??= this.#act().finally(() => {
      this.#work = undefined;
    });
    if (this.#isWorthWatching()) this.wake();
  }

  /** One thing at a time; never rejects. */
  async #act(): Promise<void> {
    const now = this.#options.clock.now();
    if (now >= this.#nextAt && this.#ledgers.isUnsaved(now - SPILL_AFTER_MS, this.#isOurBusiness)) await this.#spill();
    else if (this.#name !== undefined && (this.#ledgers.isCovered || (await this.#isTakenIn(this.#name)))) await this.#removeSpill();
  }

  #isWorthWatching(): boolean {
    if (this.#ledgers.isUnsaved(Infinity, this.#isOurBusiness)) return true;
    // While nobody writes, nothing will be confirmed; and who comes to write is news.
    if (this.#options.state.writer === undefined) return false;
    const lastAt = Math.max(this.#ledgers.changedAt, this.#spilledAt);
    return this.#name !== undefined || (!this.#ledgers.isCovered && this.#options.clock.now() < lastAt + SPILL_WATCH_MS);
  }

  readonly #isOurBusiness = (sender: PeerId): boolean => sender === this.#options.self || !this.#options.state.links.has(sender);

  /** Writes what is not known to be durable, then removes the spill before. False where it could not be written. */
  async #spill(): Promise<boolean> {
    const { spills, clock } = this.#options;
    const { documents, contents } = this.#ledgers.gather();
    if (documents.length === 0) return true;
    const [older, name] = [this.#name, this.#nextName()];
    this.#spilledAt = clock.now();
    const bytes = this.#encode(documents);
    const paceMs = (bytes.length / SPILL_BYTES_PER_S_MAX) * 1000;
    this.#nextAt = this.#spilledAt + Math.min(SPILL_AFTER_MAX_MS, Math.max(SPILL_AFTER_MS, paceMs));
    try {
      await spills.write(name, bytes);
      this.#name = name;
      this.#ledgers.noteSpillGone();
      for (const [ledger, content] of contents) ledger.noteSpilled(content);
      if (older !== undefined) await spills.remove(older);
      this.#hasFailed = false;
    } catch (error) {
      this.#fail(error);
    }
    return this.#name === name;
  }

  #encode(documents: readonly BundledDocument[]): Uint8Array {
    const { group, storeId, state, clock, packageVersion } = this.#options;
    const at = Math.max(0, Math.floor(clock.wallTime()));
    return encodeBundle({ purpose: 'spill', group, storeId: storeId(), term: state.termHeard, at, packageVersion, documents });
  }

  #nextName(): string {
    return `${this.#options.self}.${++this.#count}`;
  }

  /** The writer removes what it has taken in. */
  async #isTakenIn(name: string): Promise<boolean> {
    try {
      return (await this.#options.spills.size(name)) === 0;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  async #removeSpill(): Promise<void> {
    const name = this.#name;
    if (name === undefined) return;
    try {
      await this.#options.spills.remove(name);
      this.#name = undefined;
      this.#ledgers.noteSpillGone();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** At each try the same: said once, until one succeeds. */
  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const { spills, warn } = this.#options;
    warn(
      'spill-failed',
      `what no writer has confirmed could not be saved in ${spills.location} either: ${describe(error)}. It is tried again`,
    );
  }
}

function everybody(): true {
  return true;
}
