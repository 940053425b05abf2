/** What the engine remembers of one document: numbers, holes, doubts, and the one question that is under way. */

import type { PeerId } from '../src/base/ids.js';
import { CATCH_UP_SILENCE_MS, REPORT_LEAST_MS } from './limits.js';
import type { ReplicaView } from './replica-view.js';
import type { Vector } from './wire/frame.js';

export interface DocumentState {
  readonly name: string;
  readonly key: string;
  readonly replica: ReplicaView;
  /** Kept in the store by the writer, and so waited for by `flush()`. */
  readonly isStored: boolean;
  /** `synced` was said: what we have is the whole, or all that the peers of a group without a writer have between them. */
  isSynced: boolean;
  /** It is the whole, from the store or from one who has it: only then do we vouch for it. */
  isWhole: boolean;
  /** Our own updates that have no number yet. */
  outbox: Uint8Array[];
  outboxBytes: number;
  ownSeq: number;
  /** What it was when the document was opened: numbers of an earlier opening are nobody's concern any more. */
  readonly baseSeq: number;
  readonly applied: Map<PeerId, number>;
  /** The highest number that each sender is known to have given. */
  readonly tails: Map<PeerId, number>;
  /** The highest number that each sender itself has named: what others say of it may be wrong. */
  readonly said: Map<PeerId, number>;
  /** Frames behind a hole, by number. */
  readonly held: Map<PeerId, Map<number, readonly Uint8Array[]>>;
  heldBytes: number;
  readonly doubts: Map<PeerId, Doubt>;
  catchUp: CatchUp | undefined;
  catchUpEndedAt: number;
  /** While it is not whole: peers that were asked for the whole, and whose word does not make it so. */
  readonly tried: Set<PeerId>;
  /** The term whose writer was asked for the whole and did not answer; 0 for none. */
  termTried: number;
  /** Since when there was somebody to be asked for the whole; Infinity for never. */
  soughtSince: number;
  /** Since when a complete peer has vouched for it; Infinity while none has, and where the writer or the store did better. */
  vouchedAt: number;
  /** When a writer said last that it has not read the store yet; -Infinity for never. */
  notYetAt: number;
  /** The revision of its status then. */
  notYetRevision: number | undefined;
  /** How long after that it is asked again, if it says nothing: longer each time. */
  notYetMs: number;
  /** Since when a writer has said that it is about to open it; -Infinity for never. */
  openingSince: number;
  /** Since when it has said that it has not read the store yet, or we read it ourselves; -Infinity for never. */
  readingSince: number;
  /** From when on our answers may be called the whole; Infinity while we write and have not read the store. */
  vouchesFrom: number;
  /** How long an answer may stay away: longer after each that did, for the question may just be a big one. */
  silenceMs: number;
  /** With whom we exchanged at least once. */
  readonly exchanged: Set<PeerId>;
  changedAt: number;
  /** When a pulse of ours named it last; -Infinity for never. */
  pulsedAt: number;
  /** Of memory only: when it is reported next, and how long after that again. */
  reportDueAt: number;
  reportMs: number;
  /** Since when something is pending in the replica; Infinity while nothing is. */
  pendingSince: number;
  /** When to repeat our last number; Infinity when that was done. */
  tailDueAt: number;
  /** What the writer of the day said that it holds durably. */
  stored: Map<PeerId, number>;
  /** What our own store holds durably, while we are in office: whoever else claims the office, that stays true. */
  storedHere: Vector;
}

/** A reason to believe that a peer has what we lack; looked at again when it is due. */
export interface Doubt {
  readonly dueAt: number;
  /** Who else has it, by hearsay. */
  readonly hint: PeerId | undefined;
  /** In doubt while our replica is behind this; `true`: until an exchange. */
  readonly evidence: Uint8Array | true | undefined;
  /** When it was raised last: an answer to an earlier question says nothing about it. */
  readonly raisedAt: number;
  /** How long to wait after everybody was asked in vain. */
  readonly patienceMs: number;
  /** Who was asked about it in vain. */
  readonly tried: Set<PeerId>;
  /** The peer has closed the document since: nobody has what it wrote there but who has it already. */
  hasClosed: boolean;
}

export interface CatchUp {
  readonly peer: PeerId;
  readonly request: number;
  /** Whose doubt led to the question; undefined for the bulk of a replica that is not synced. */
  readonly about: PeerId | undefined;
  /** Under which term it was the writer when it was asked; 0 if it was not. */
  readonly term: number;
  /** Whether it had said by then that its `main` is whole. */
  readonly wasComplete: boolean;
  readonly askedAt: number;
  /** By index. */
  readonly chunks: Map<number, Uint8Array>;
  /** Where they are put together as they come: the place of the whole, and how long each of them but the last is. */
  assembly: { readonly bytes: Uint8Array; readonly chunkBytes: number } | undefined;
  /** How many there are, once one has come. */
  count: number | undefined;
  /** The lowest index that was not asked for yet. */
  nextIndex: number;
  /** From the first chunk. */
  head: { readonly vector: Vector; readonly stateVector: Uint8Array; readonly isComplete: boolean } | undefined;
  progressAt: number;
  /** How often missing chunks were asked for again since the last one came. */
  resumes: number;
}

export type NewDocument = Pick<DocumentState, 'name' | 'key' | 'replica' | 'isStored' | 'ownSeq'>;

export function createDocument({ name, key, replica, isStored, ownSeq }: NewDocument): DocumentState {
  return {
    name,
    key,
    replica,
    isStored,
    isSynced: false,
    isWhole: false,
    outbox: [],
    outboxBytes: 0,
    ownSeq,
    baseSeq: ownSeq,
    applied: new Map(),
    tails: new Map(),
    said: new Map(),
    held: new Map(),
    heldBytes: 0,
    doubts: new Map(),
    catchUp: undefined,
    catchUpEndedAt: -Infinity,
    tried: new Set(),
    termTried: 0,
    soughtSince: Infinity,
    vouchedAt: Infinity,
    notYetAt: -Infinity,
    notYetRevision: undefined,
    notYetMs: 0,
    openingSince: -Infinity,
    readingSince: -Infinity,
    vouchesFrom: -Infinity,
    silenceMs: CATCH_UP_SILENCE_MS,
    exchanged: new Set(),
    changedAt: -Infinity,
    pulsedAt: -Infinity,
    reportDueAt: Infinity,
    reportMs: REPORT_LEAST_MS,
    pendingSince: Infinity,
    tailDueAt: Infinity,
    stored: new Map(),
    storedHere: new Map(),
  };
}
