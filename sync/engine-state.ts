/** What the engine remembers. Only the files beside engine.ts touch it, and only within a step. */

import type { PeerId } from '../src/base/ids.js';
import type { Effect, StallReason, WriterRef } from './engine-io.js';
import type { DocumentState } from './document-state.js';
import type { LocalFlush, WaitingFlush } from './flush-state.js';
import { DOCUMENTS_IN_FRAME_MAX, ENGINE_LIMITS } from './limits.js';
import type { EngineLimits } from './limits.js';
import type { Held } from './holding.js';
import type { MaintenanceOutcome, MaintenanceTask } from './maintenance.js';
import { createOwnNumbers } from './own-numbers.js';
import type { OwnNumbers } from './own-numbers.js';
import { createPulsePace } from './pulse-pace.js';
import type { PulsePace } from './pulse-pace.js';
import type { PeerAddress } from './transport.js';
import { PROTOCOL } from './wire/frame.js';
import type { Frame, PeerStatus, ProtocolRange, Vector } from './wire/frame.js';

export interface EngineState {
  readonly self: PeerId;
  readonly limits: EngineLimits;
  /** The versions that this copy speaks. */
  readonly protocol: ProtocolRange;
  readonly address: PeerAddress;
  status: PeerStatus;
  readonly links: Map<PeerId, Link>;
  readonly documents: Map<string, DocumentState>;
  /** Those in which something of ours has no number yet. */
  readonly unnumbered: Set<DocumentState>;
  readonly ownNumbers: OwnNumbers;
  /** Counts our openings and closings of what the writer is told. */
  heldRevision: number;
  /** While we write: who else has which stored document open, but for `main`. */
  readonly holders: Map<string, Set<PeerId>>;
  /** Peers that were lost, and when: their numbers are forgotten after a while. */
  readonly departed: Map<PeerId, Departed>;
  /** Peers that live and cannot be spoken with. */
  readonly refused: Map<PeerId, Refused>;
  /** Who asked READY of us and is not linked: its hello, or the roster, is to tell us of it. True: the roster was read for it. */
  readonly askers: Map<PeerId, boolean>;
  /** When the roster is to be read for them; Infinity for never. */
  lookDueAt: number;
  /** When it was last. */
  lookedAt: number;
  /** The roster has been read: from now on, no link means nobody there. */
  hasRoster: boolean;
  writer: WriterRef | undefined;
  /** Highest term ever heard of, by anyone: what the next term must exceed. */
  termHeard: number;
  /** Numbers given to our requests, READY questions and pulses. */
  requestCount: number;
  beat: number;
  /** When we pulsed last; -Infinity for never. */
  pulsedAt: number;
  readonly pace: PulsePace;
  /** Whose turn it is to pulse each second, and since when. */
  pulser: PeerId | undefined;
  pulserSince: number;
  /** Where the slow rotation of quiet documents stands. */
  rotation: number;
  /** When the writer was last heard. */
  writerHeardAt: number;
  /** Why nothing becomes durable, from when it was told until a writer is heard. */
  stallReason: StallReason | undefined;
  /** Linked peers that live and do not answer: stopped, or held up for long. */
  readonly silent: Set<PeerId>;
  /** Of whom we said last that they do not answer us. */
  silentSaid: ReadonlySet<PeerId>;
  readonly answers: Map<string, Answer>;
  readonly flushes: Map<number, LocalFlush>;
  readonly flushesWaiting: Set<WaitingFlush>;
  readonly maintenance: Map<number, LocalMaintenance>;
  /** Maintenance that others ask of us, by peer and request. */
  readonly errands: Map<string, Errand>;
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
  /** It was here before us: we found it in the roster, and not it us. Two that came at the same time may each find the other. */
  readonly isElder: boolean;
  /** Known from the roster before the peer has said anything. */
  canWrite: boolean;
  status: PeerStatus | undefined;
  /** Since when that is what it says of itself. */
  statusAt: number;
  /** Since when it has said that it takes over; Infinity while it does not. */
  takingOverSince: number;
  /** Our subscriptions have reached it: from here on what it publishes comes, or leaves a hole that we see. */
  isReady: boolean;
  /** It has said hello or welcome, or asked READY of us: it is linked with us, too. READY alone does not show that. */
  isMet: boolean;
  /** We have said hello since the link was made. */
  isGreeted: boolean;
  /** It has asked READY of us, and has been answered. */
  isAnswered: boolean;
  /** The key on which READY was asked for; several links may share it. */
  readyKey: string;
  readyAskedAt: number;
  /** How long READY may stay away before it is asked for again. */
  readyRetryMs: number;
  readonly openedAt: number;
  /** When anything of it was heard last. */
  heardAt: number;
  /** Until when a word of it has to come, for a pulse of ours asked for it; Infinity while none did. */
  answerDueAt: number;
  /** It has said that it would not pulse to us before: until then nothing of it is missed. May be in the future. */
  restsUntil: number;
  /** It counts as silent until then; -Infinity while it does not. */
  silentUntil: number;
  /** Whose word that is; undefined for our own. */
  silentBy: PeerId | undefined;
  /** The versions that it speaks. */
  readonly protocol: ProtocolRange;
  /** What of it failed a check lately: how often, and since when. */
  rubbish: { count: number; since: number };
  /** It is not listened to before this; -Infinity for never muted. */
  mutedUntil: number;
  /** How fast it asks, by document. */
  readonly wants: Map<string, WantPace>;
  /** While we write: what it has open. */
  held: Held;
}

export interface Refused {
  /** The versions that it speaks, where that is known. */
  readonly protocol: ProtocolRange | undefined;
  /** It stands for election: the store may be its, though we cannot hear of it. */
  readonly canWrite: boolean;
}

export interface Departed {
  readonly leftAt: number;
  readonly isElder: boolean;
  /** Whoever comes back stays muted. */
  readonly mutedUntil: number;
}

/** A bucket of questions that fills with time; a question that finds it empty waits, and gives way to a newer one. */
export interface WantPace {
  left: number;
  filledAt: number;
  waiting: Extract<Frame, { kind: 'want' }> | undefined;
}

/** An answer in chunks that a peer is fetching. */
export interface Answer {
  readonly request: number;
  /** The asker's state vector. Answers to equal ones share their bytes while the document stays as it is. */
  readonly asked: Uint8Array;
  readonly bytes: Uint8Array;
  /** When the document had changed last. */
  readonly changedAt: number;
  readonly vector: Vector;
  readonly stateVector: Uint8Array;
  readonly isComplete: boolean;
  touchedAt: number;
}

/** Maintenance that we ask of the writer. */
export interface LocalMaintenance {
  readonly id: number;
  readonly task: MaintenanceTask;
  /** Whom, under which term; undefined until there is a writer. */
  askedOf: WriterRef | undefined;
  request: number;
  askedAt: number;
}

/** Maintenance that another asks of us; its outcome is kept for a while, in case the answer is lost. */
export interface Errand {
  readonly peer: PeerId;
  readonly request: number;
  outcome: MaintenanceOutcome | undefined;
  endedAt: number;
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
  /** Answers of which a missing chunk was asked for again. */
  resumed: number;
  /** Questions that had to wait because their asker asks too often. */
  slowed: number;
  /** Frames of muted senders. */
  unheard: number;
}

export interface EngineOptions {
  readonly address: PeerAddress;
  readonly canWrite: boolean;
  readonly pid: number;
  readonly packageVersion: string;
  /** Default: what this copy speaks. */
  readonly protocol?: ProtocolRange | undefined;
  /** Smaller than usual in simulations. */
  readonly limits?: Partial<EngineLimits> | undefined;
}

export function createEngine({ address, canWrite, pid, packageVersion, limits, protocol = PROTOCOL }: EngineOptions): EngineState {
  return {
    self: address.id,
    limits: { ...ENGINE_LIMITS, ...limits },
    protocol,
    address,
    status: { revision: 0, term: 0, isComplete: false, canWrite, isTakingOver: false, pid, packageVersion, trouble: '', instances: [] },
    links: new Map(),
    documents: new Map(),
    unnumbered: new Set(),
    ownNumbers: createOwnNumbers(),
    heldRevision: 0,
    holders: new Map(),
    departed: new Map(),
    refused: new Map(),
    askers: new Map(),
    lookDueAt: Infinity,
    lookedAt: -Infinity,
    hasRoster: false,
    writer: undefined,
    termHeard: 0,
    requestCount: 0,
    beat: 0,
    pulsedAt: -Infinity,
    pace: createPulsePace(),
    pulser: undefined,
    pulserSince: -Infinity,
    rotation: 0,
    writerHeardAt: 0,
    stallReason: undefined,
    silent: new Set(),
    silentSaid: new Set(),
    answers: new Map(),
    flushes: new Map(),
    flushesWaiting: new Set(),
    maintenance: new Map(),
    errands: new Map(),
    isDrainAsked: false,
    isLeaving: false,
    now: 0,
    wakeAt: Infinity,
    counters: {
      applied: 0,
      duplicates: 0,
      gaps: 0,
      catchUps: 0,
      catchUpBytes: 0,
      mismatches: 0,
      skipped: 0,
      rejected: 0,
      resumed: 0,
      slowed: 0,
      unheard: 0,
    },
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

/** The last number of ours in each document in which we have given one since it was opened; where that is too many, of those that changed last. */
export function ownTails(state: EngineState): Map<string, number> {
  let written = [...state.documents.values()].filter(({ ownSeq, baseSeq }) => ownSeq > baseSeq);
  if (written.length > DOCUMENTS_IN_FRAME_MAX) written = written.sort((a, b) => b.changedAt - a.changedAt).slice(0, DOCUMENTS_IN_FRAME_MAX);
  return new Map(written.map(({ name, ownSeq }) => [name, ownSeq]));
}

/** One step of the engine: the state, the moment, and what the step wants done. */
export interface Step {
  readonly state: EngineState;
  readonly now: number;
  readonly effects: Effect[];
}
