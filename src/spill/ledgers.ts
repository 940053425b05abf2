/** The ledgers of all stored documents of a peer: looked at together, for one spill holds what is not durable of any of them. */

import type { BundledDocument } from '../../storage/bundle.js';
import type { DocumentState } from '../../sync/document-state.js';
import { vectorOf } from '../../sync/engine-state.js';
import type { EngineState } from '../../sync/engine-state.js';
import type { Clock } from '../base/clock.js';
import type { PeerId } from '../base/ids.js';
import type { Replica } from '../replica/replica.js';
import { Ledger } from './ledger.js';

export interface LedgersOptions {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly state: Readonly<EngineState>;
  readonly replicas: ReadonlyMap<string, Replica>;
}

/** What is to be written, and what each ledger is to be told once it is. */
export interface Gathered {
  readonly documents: readonly BundledDocument[];
  readonly contents: ReadonlyMap<Ledger, Ledger['inSpill']>;
}

export class Ledgers {
  readonly #options: LedgersOptions;
  readonly #ledgers = new Map<string, Ledger>();
  readonly #changedAt = new Map<string, number>();

  constructor(options: LedgersOptions) {
    this.#options = options;
  }

  /** When one of them was changed last. */
  get changedAt(): number {
    return Math.max(-Infinity, ...this.#changedAt.values());
  }

  get isCovered(): boolean {
    return this.#all.every((ledger) => ledger.isCovered);
  }

  get isSpillCovered(): boolean {
    return this.#all.every((ledger) => ledger.isSpillCovered);
  }

  isUnsaved(before: number, isOurBusiness: (sender: PeerId) => boolean): boolean {
    return this.#all.some((ledger) => ledger.isUnsaved(before, isOurBusiness));
  }

  noteChange(document: string): void {
    this.#changedAt.set(document, this.#options.clock.now());
  }

  /** Something came without numbers. `from` names whose difference it was; undefined where numbers were forgotten. */
  noteDoubt(document: string, from: PeerId | undefined): void {
    const { writer, self } = this.#options.state;
    const isVouchedFor = writer !== undefined && (writer.id === from || writer.id === self);
    this.#of(document).doubt({ term: isVouchedFor ? writer.term : 0, ownSeq: this.#ownSeq(document) });
  }

  /** We write from now on. */
  lead(term: number): void {
    for (const name of this.#options.replicas.keys()) this.#of(name).lead({ term, ownSeq: this.#ownSeq(name) });
  }

  /** All of ours was acknowledged. */
  noteFlushed(): void {
    for (const [name, ledger] of this.#ledgers) ledger.noteFlushed(this.#ownSeq(name));
  }

  noteSpillGone(): void {
    for (const ledger of this.#all) ledger.noteSpillGone();
  }

  /** `isLast`: there is no further drain, so what has no number yet counts by the next. */
  look({ isLast = false } = {}): void {
    for (const name of this.#options.replicas.keys()) this.lookAt(name, { isLast });
  }

  /** Returns the document's ledger; undefined where there is none: it is not open, or kept in memory only. */
  lookAt(name: string, { isLast = false } = {}): Ledger | undefined {
    const { state, self, clock, replicas } = this.#options;
    const replica = replicas.get(name);
    const document = state.documents.get(name);
    if (replica === undefined || document?.isStored !== true) return undefined;
    const vector = vectorOf(state, document);
    if (isLast && document.outboxBytes > 0) vector.set(self, document.ownSeq + 1);
    const ledger = this.#of(name);
    ledger.look({
      vector,
      stored: storedOf(document, self),
      term: state.writer?.term ?? 0,
      changes: replica.changes,
      hasPending: replica.hasPending(),
      stateVector: () => replica.stateVector(),
      changedAt: this.#changedAt.get(name) ?? clock.now(),
    });
    return ledger;
  }

  /** The document is closed: what it held is durable, or saved elsewhere. */
  forget(name: string): void {
    this.#ledgers.delete(name);
    this.#changedAt.delete(name);
  }

  /** In the tick of a look: what is not known to be durable. */
  gather(): Gathered {
    const documents: BundledDocument[] = [];
    const contents = new Map<Ledger, Ledger['inSpill']>();
    for (const [name, replica] of this.#options.replicas) {
      if (this.#options.state.documents.get(name)?.isStored !== true) continue;
      const ledger = this.#of(name);
      // What a transaction has done so far, nobody has been told yet.
      if (ledger.isCovered && replica.doc._transaction === null) continue;
      documents.push(differenceOf(name, replica, ledger));
      contents.set(ledger, ledger.inSpill);
    }
    return { documents, contents };
  }

  /** What is not known to be durable of one document. */
  difference(name: string): BundledDocument | undefined {
    const replica = this.#options.replicas.get(name);
    return replica && differenceOf(name, replica, this.#of(name));
  }

  get #all(): Ledger[] {
    return [...this.#ledgers.values()];
  }

  #of(document: string): Ledger {
    const found = this.#ledgers.get(document);
    if (found !== undefined) return found;
    const ledger = new Ledger(this.#options.self);
    this.#ledgers.set(document, ledger);
    return ledger;
  }

  #ownSeq(document: string): number {
    return this.#options.state.documents.get(document)?.ownSeq ?? 0;
  }
}

function differenceOf(name: string, replica: Replica, { base }: Ledger): BundledDocument {
  return { name, encoding: 'update', bytes: replica.difference(base) };
}

/** Numbers from before the document was opened: it was closed when they were durable, or saved apart. */
function storedOf({ stored, baseSeq }: DocumentState, self: PeerId): ReadonlyMap<PeerId, number> {
  return baseSeq > (stored.get(self) ?? 0) ? new Map(stored).set(self, baseSeq) : stored;
}
