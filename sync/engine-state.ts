/** What the engine remembers. Only the files beside engine.ts touch it, and only within a step. */

import type { PeerId } from '../src/base/ids.js';
import type { Effect, WriterRef } from './engine-io.js';
import { CATCH_UP_SILENCE_MS } from './limits.js';
import type { ReplicaView } from './replica-view.js';
import type { PeerAddress } from './transport.js';
import type { PeerStatus, Vector } from './wire/frame.js';

export interface EngineState {
  readonly self: PeerId;
  readonly address: PeerAddress;
  status: PeerStatus;
  readonly links: Map<PeerId, Link>;
  readonly documents: Map<string, DocumentState>;
  /** Peers that were lost, and when: their numbers are forgotten after a while. */
  readonly departed: Map<PeerId, number>;
  /** The roster has been read: from now on, no link means nobody there. */
  hasRoster: boolean;
  writer: WriterRef | undefined;
  /** Highest term ever heard of, by anyone: what the next term must exceed. */
  termHeard: number;
  /** Numbers given to our requests, READY questions and pulses. */
  requestCount: number;
  beat: number;
  pulseDueAt: number;
  /** Where the slow rotation of quiet documents stands. */
  rotation: number;
  /** When the writer was last heard. */
  writerHeardAt: number;
  isStalled: boolean;
  readonly answers: Map<string, Answer>;
  readonly flushes: Map<number, LocalFlush>;
  readonly flushesWaiting: Set<WaitingFlush>;
  isDrainAsked: boolean;
  isLeaving: boolean;
  /** The moment of the step. */
  now: number;
  /** The next moment at which `tick` has something to do; Infinity for never. */
  wakeAt: number;
  readonly counters: Counters;
}

/** One other peer, from our side. */
export interface Link {
  readonly id: PeerId;
  readonly address: PeerAddress;
  /** Known from the roster before the peer has said anything. */
  canWrite: boolean;
  status: PeerStatus | undefined;
  /** Our subscriptions have reached it: from here on what it publishes comes, or leaves a hole that we see. */
  isReady: boolean;
  /** The key on which READY was asked for. */
  readyKey: string;
  readyAskedAt: number;
  /** How long READY may stay away before it is asked for again. */
  readyRetryMs: number;
  readonly openedAt: number;
}

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
  ownSeq: number;
  readonly applied: Map<PeerId, number>;
  /** The highest number that each sender is known to have given. */
  readonly tails: Map<PeerId, number>;
  /** Frames behind a hole, by number. */
  readonly held: Map<PeerId, Map<number, readonly Uint8Array[]>>;
  heldBytes: number;
  readonly doubts: Map<PeerId, Doubt>;
  catchUp: CatchUp | undefined;
  catchUpEndedAt: number;
  /** Peers that were asked in vain for the whole. */
  readonly tried: Set<PeerId>;
  /** How long an answer may stay away: longer after each that did, for the question may just be a big one. */
  silenceMs: number;
  /** With whom we exchanged at least once. */
  readonly exchanged: Set<PeerId>;
  changedAt: number;
  /** Since when something is pending in the replica; Infinity while nothing is. */
  pendingSince: number;
  /** When to repeat our last number; Infinity when that was done. */
  tailDueAt: number;
  /** What the writer said that it holds durably. */
  stored: Map<PeerId, number>;
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
  /** Who was asked about it in vain. */
  readonly tried: Set<PeerId>;
}

export interface CatchUp {
  readonly peer: PeerId;
  readonly request: number;
  /** Whose doubt led to the question; undefined for the bulk of a replica that is not synced. */
  readonly about: PeerId | undefined;
  readonly askedAt: number;
  readonly chunks: Uint8Array[];
  /** From the first chunk. */
  head: { readonly vector: Vector; readonly stateVector: Uint8Array } | undefined;
  progressAt: number;
}

/** An answer in chunks that a peer is fetching. */
export interface Answer {
  readonly request: number;
  readonly bytes: Uint8Array;
  readonly vector: Vector;
  readonly stateVector: Uint8Array;
  readonly isComplete: boolean;
  touchedAt: number;
}

export interface LocalFlush {
  readonly id: number;
  readonly targets: ReadonlyMap<string, number>;
  request: number;
  askedAt: number;
}

export interface WaitingFlush {
  readonly peer: PeerId;
  readonly request: number;
  readonly targets: ReadonlyMap<string, number>;
}

export interface Counters {
  applied: number;
  duplicates: number;
  gaps: number;
  catchUps: number;
  catchUpBytes: number;
  mismatches: number;
  skipped: number;
  rejected: number;
}

export interface EngineOptions {
  readonly address: PeerAddress;
  readonly canWrite: boolean;
  readonly pid: number;
  readonly packageVersion: string;
}

export function createEngine({ address, canWrite, pid, packageVersion }: EngineOptions): EngineState {
  return {
    self: address.id,
    address,
    status: { revision: 0, term: 0, isComplete: false, canWrite, isTakingOver: false, pid, packageVersion, instances: [] },
    links: new Map(),
    documents: new Map(),
    departed: new Map(),
    hasRoster: false,
    writer: undefined,
    termHeard: 0,
    requestCount: 0,
    beat: 0,
    pulseDueAt: Infinity,
    rotation: 0,
    writerHeardAt: 0,
    isStalled: false,
    answers: new Map(),
    flushes: new Map(),
    flushesWaiting: new Set(),
    isDrainAsked: false,
    isLeaving: false,
    now: 0,
    wakeAt: Infinity,
    counters: { applied: 0, duplicates: 0, gaps: 0, catchUps: 0, catchUpBytes: 0, mismatches: 0, skipped: 0, rejected: 0 },
  };
}

export function createDocument(name: string, key: string, replica: ReplicaView, isStored: boolean): DocumentState {
  return {
    name,
    key,
    replica,
    isStored,
    isSynced: false,
    isWhole: false,
    outbox: [],
    ownSeq: 0,
    applied: new Map(),
    tails: new Map(),
    held: new Map(),
    heldBytes: 0,
    doubts: new Map(),
    catchUp: undefined,
    catchUpEndedAt: -Infinity,
    tried: new Set(),
    silenceMs: CATCH_UP_SILENCE_MS,
    exchanged: new Set(),
    changedAt: -Infinity,
    pendingSince: Infinity,
    tailDueAt: Infinity,
    stored: new Map(),
  };
}

/**
 * Asks for a `tick` at `at` or before. Whoever asks must find itself due by the same sum (`now >= at`): with a difference
 * on one side, rounding could make it wait for a moment that has come, for ever.
 */
export function wakeBy(state: EngineState, at: number): void {
  // Never in the past: a tick that comes later than it was asked for counts as our own lateness.
  if (at < state.wakeAt) state.wakeAt = Math.max(at, state.now);
}

/** Everything that the replica has been given, as numbers: what we applied of others, and our own. While something is pending, it can give less than that. */
export function vectorOf(state: EngineState, document: DocumentState): Map<PeerId, number> {
  const vector = new Map(document.applied);
  if (document.ownSeq > 0) vector.set(state.self, document.ownSeq);
  return vector;
}

/** The last number of ours in each document. */
export function ownTails(state: EngineState): Map<string, number> {
  const tails = new Map<string, number>();
  for (const document of state.documents.values()) if (document.ownSeq > 0) tails.set(document.name, document.ownSeq);
  return tails;
}

/** One step of the engine: the state, the moment, and what the step wants done. */
export interface Step {
  readonly state: EngineState;
  readonly now: number;
  readonly effects: Effect[];
}
