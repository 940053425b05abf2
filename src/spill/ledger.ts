/**
 * What one peer knows of how much of one document is durable. It decides what a spill must hold, and may err to one side only:
 * whatever it cannot vouch for counts as not durable, which makes a spill larger and never wrong.
 *
 * - **Durable numbers**: for each sender the highest that any writer ever said its store holds. They only grow: what was durable once
 *   stays so under every later writer, whose own word begins anew.
 * - **A mark** is, of one tick, the numbers of what the replica holds and its state vector. It is *covered* when all its numbers are
 *   durable. The newest mark that is covered and *sound* is the base: all below its state vector is in the store.
 * - **Sound**: nothing is pending, and everything that the replica holds came under a number of the mark. Three things come without
 *   one, and each is a doubt: an answer (its difference can hold what peers wrote whom we never met), what was set aside (the numbers
 *   are forgotten, the rest of the content stays), and a number that is gone before it was durable. A doubt ends by a voucher: an
 *   answer of the writer, or anything while we write ourselves, is durable when the writer, under that very term, says that it
 *   holds a number of ours that was given afterwards, for a watermark covers all that the writer had applied before.
 */

import type { PeerId } from '../base/ids.js';

/** More are not kept: the oldest goes, and the base may be raised a little later. */
export const SPILL_MARKS_MAX = 8;

/** How a document stands at this moment. */
export interface Standing {
  /** The numbers of all that the replica holds. */
  readonly vector: ReadonlyMap<PeerId, number>;
  /** What the writer of the day said that it holds durably, and its term; 0 while there is none. */
  readonly stored: ReadonlyMap<PeerId, number>;
  readonly term: number;
  readonly changes: number;
  readonly hasPending: boolean;
  readonly stateVector: () => Uint8Array;
  /** When it was changed last. */
  readonly changedAt: number;
}

interface Mark {
  readonly at: number;
  readonly vector: ReadonlyMap<PeerId, number>;
  readonly changes: number;
  readonly doubts: number;
  readonly hasPending: boolean;
  readonly stateVector: Uint8Array;
}

interface Voucher {
  /** The doubts that it ends. */
  readonly doubts: number;
  readonly term: number;
  /** A number of our own. */
  readonly seq: number;
}

export class Ledger {
  readonly #self: PeerId;
  #base: Uint8Array = NOTHING;
  #marks: Mark[] = [];
  #durable = new Map<PeerId, number>();
  /** Events that brought content without numbers, and how many of them are known to be durable. */
  #doubts = 0;
  #vouched = 0;
  #voucher: Voucher | undefined;
  /** What was ever spilled of this document, as numbers, as far as it is not known to be durable. */
  #spilled: ReadonlyMap<PeerId, number> = new Map();
  #spilledChanges = -1;
  /** Whether a spill that is there now holds it. */
  #isInSpill = false;

  constructor(self: PeerId) {
    this.#self = self;
  }

  /** The state vector below which all is known to be durable. */
  get base(): Uint8Array {
    return this.#base;
  }

  /** Learns what the writer has said meanwhile, and takes a mark where something changed. */
  look(standing: Standing): void {
    this.#learn(standing);
    this.#noteLostNumbers(standing.vector);
    this.#mark(standing);
    this.#raiseBase();
  }

  /** Something came in without numbers: from `term`'s writer, or (0) from somebody whose word nobody can confirm. */
  doubt({ term, ownSeq }: { readonly term: number; readonly ownSeq: number }): void {
    const wasOpen = this.#doubts > this.#vouched && this.#voucher?.term !== term;
    this.#doubts++;
    this.#voucher = term === 0 || wasOpen ? undefined : { doubts: this.#doubts, term, seq: ownSeq + 1 };
  }

  /** We write: whatever is in the replica now goes to the store before the next number of ours. */
  lead({ term, ownSeq }: { readonly term: number; readonly ownSeq: number }): void {
    this.#voucher = { doubts: this.#doubts, term, seq: ownSeq + 1 };
  }

  /** Our own numbers were acknowledged to a flush. */
  noteFlushed(ownSeq: number): void {
    this.#durable.set(this.#self, Math.max(ownSeq, this.#durable.get(this.#self) ?? 0));
  }

  /** Whether something of these senders, changed at `before` or earlier, is neither durable nor was ever spilled. */
  isUnsaved(before: number, isOurBusiness: (sender: PeerId) => boolean): boolean {
    if (this.#marks.at(-1)?.changes === this.#spilledChanges) return false;
    return this.#marks.some(
      ({ at, vector }) =>
        at <= before &&
        [...vector].some(([peer, seq]) => isOurBusiness(peer) && seq > this.#durableOf(peer) && seq > (this.#spilled.get(peer) ?? 0)),
    );
  }

  /** Whether all that these senders wrote, as far as it is here, is known to be durable. */
  isDurable(isOurBusiness: (sender: PeerId) => boolean): boolean {
    return [...(this.#marks.at(-1)?.vector ?? [])].every(([peer, seq]) => !isOurBusiness(peer) || seq <= this.#durableOf(peer));
  }

  /** Whether all that is here is known to be durable. */
  get isCovered(): boolean {
    return this.#marks.every(({ vector }) => this.#covers(vector)) && this.isSpillCovered;
  }

  /** Whether all that the last spill holds is known to be durable. */
  get isSpillCovered(): boolean {
    return !this.#isInSpill || this.#covers(this.#spilled);
  }

  /** What a spill that is encoded now would hold; give it to `noteSpilled` once it is written. */
  get inSpill(): { readonly vector: ReadonlyMap<PeerId, number>; readonly changes: number } {
    const newest = this.#marks.at(-1);
    if (newest === undefined) return { vector: this.#spilled, changes: this.#spilledChanges };
    // While something is pending, only of our own numbers is it certain that their content is there.
    const vector = new Map([...newest.vector].filter(([peer]) => peer === this.#self || !newest.hasPending));
    for (const [peer, seq] of this.#spilled) {
      if (seq > this.#durableOf(peer)) vector.set(peer, Math.max(seq, vector.get(peer) ?? 0));
    }
    return { vector, changes: newest.changes };
  }

  noteSpilled({ vector, changes }: Ledger['inSpill']): void {
    this.#spilled = vector;
    this.#spilledChanges = changes;
    this.#isInSpill = true;
  }

  /** The last spill is gone: removed by us, or taken in by the writer. What it held is not spilled again for its own sake. */
  noteSpillGone(): void {
    this.#isInSpill = false;
  }

  #learn({ stored, term, vector }: Standing): void {
    const durable = new Map<PeerId, number>();
    // Of no others than are spoken of here: numbers of the dead would gather.
    for (const peer of new Set([vector, this.#spilled, ...this.#marks.map((mark) => mark.vector)].flatMap((each) => [...each.keys()]))) {
      const seq = Math.max(stored.get(peer) ?? 0, this.#durableOf(peer));
      if (seq > 0) durable.set(peer, seq);
    }
    this.#durable = durable;
    const voucher = this.#voucher;
    if (voucher === undefined || voucher.term !== term || (stored.get(this.#self) ?? 0) < voucher.seq) return;
    this.#vouched = voucher.doubts;
    this.#voucher = undefined;
  }

  /** Forgotten by the engine before it was durable (a sender that left long ago, a number that proved wrong). */
  #noteLostNumbers(vector: ReadonlyMap<PeerId, number>): void {
    const newest = this.#marks.at(-1);
    if (newest === undefined) return;
    const isLost = [...newest.vector].some(([peer, seq]) => seq > (vector.get(peer) ?? 0) && seq > this.#durableOf(peer));
    if (isLost) this.doubt({ term: 0, ownSeq: 0 });
  }

  #mark({ vector, changes, hasPending, stateVector, changedAt }: Standing): void {
    const newest = this.#marks.at(-1);
    const isSame = newest?.changes === changes && newest.doubts === this.#doubts && newest.hasPending === hasPending;
    if (isSame && areEqual(newest.vector, vector)) return;
    const mark = { at: changedAt, vector: new Map(vector), changes, doubts: this.#doubts, hasPending, stateVector: stateVector() };
    this.#marks.push(mark);
    if (this.#marks.length > SPILL_MARKS_MAX) this.#marks.shift();
  }

  #raiseBase(): void {
    const found = this.#marks.findLastIndex((mark) => !mark.hasPending && mark.doubts <= this.#vouched && this.#covers(mark.vector));
    const mark = this.#marks[found];
    if (mark === undefined) return;
    this.#base = mark.stateVector;
    this.#marks = this.#marks.slice(found);
  }

  #covers(vector: ReadonlyMap<PeerId, number>): boolean {
    for (const [peer, seq] of vector) if (seq > this.#durableOf(peer)) return false;
    return true;
  }

  #durableOf(peer: PeerId): number {
    return this.#durable.get(peer) ?? 0;
  }
}

/** The state vector of an empty document: no clients. */
const NOTHING = Uint8Array.of(0);

function areEqual(a: ReadonlyMap<PeerId, number>, b: ReadonlyMap<PeerId, number>): boolean {
  if (a.size !== b.size) return false;
  for (const [peer, seq] of a) if (b.get(peer) !== seq) return false;
  return true;
}
