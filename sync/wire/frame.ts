/**
 * What peers say to each other: a closed union, one variant per kind of frame.
 * How each lies in bytes stands in encode-frame, decode-frame and docs/PROTOCOL.md.
 */

import type { SocommErrorCode } from '../../src/base/errors.js';
import type { InstanceId, PeerId } from '../../src/base/ids.js';
import type { MaintenanceOutcome, MaintenanceTask } from '../maintenance.js';
import type { PeerAddress } from '../transport.js';

/** Versions of the protocol that somebody speaks, from the lowest to the highest. */
export interface ProtocolRange {
  readonly protocolMin: number;
  readonly protocolMax: number;
}

/** How every frame begins. */
export const MAGIC_0 = 0x73; // s
export const MAGIC_1 = 0x6f; // o

/** What this copy speaks; the range is exchanged at hello. */
export const PROTOCOL: ProtocolRange = { protocolMin: 1, protocolMax: 1 };

/** The version under which frames travel that everybody must be able to read, whatever else he speaks. */
export const PROTOCOL_LASTING = 1;

/** Highest frame number per sender, of what a replica has applied without a hole. */
export type Vector = ReadonlyMap<PeerId, number>;

/** The last number that the frame's sender gave to a frame of each of its documents. */
export type Tails = ReadonlyMap<string, number>;

/** What a peer says of itself. */
export interface PeerStatus {
  /** Counts the changes: what is older than what is known came by a slower way, and is ignored. */
  readonly revision: number;
  /** Its term while it is the writer, else 0. */
  readonly term: number;
  /** Its `main` is synced: what it answers may be believed to be the whole. */
  readonly isComplete: boolean;
  readonly canWrite: boolean;
  /** It has the lock and is opening or loading the store: not complete yet, and not stopped either. */
  readonly isTakingOver: boolean;
  readonly pid: number;
  readonly packageVersion: string;
  /** Why it cannot write; empty where nothing is known to be wrong. A newer copy may know further codes. */
  readonly trouble: SocommErrorCode | '';
  readonly instances: readonly InstanceId[];
}

/** How a replica compares, and what the writer holds durably of it. */
export interface DocumentReport {
  readonly document: string;
  readonly vector: Vector;
  /** Hex; empty while the document is being changed: a digest costs time. */
  readonly digest: string;
}

export interface PulsedDocument extends DocumentReport {
  /** Frames that the writer's store holds durably, with all that came before them. */
  readonly stored: Vector;
}

/** Published under the document's key. */
export type DocumentFrame =
  | { readonly kind: 'updates'; readonly document: string; readonly seq: number; readonly updates: readonly Uint8Array[] }
  /** The last number once more, after a burst: so that a lost last frame is noticed. */
  | {
      readonly kind: 'tail';
      readonly document: string;
      readonly seq: number;
      /** Under which the sender's replica writes: no two that live may have the same. */
      readonly clientId: number;
    }
  /** How a document of memory stands here: it is in no pulse of the writer's. */
  | ({ readonly kind: 'report' } & DocumentReport);

/** Sent to the writer besides, ahead of a `flush`. */
export type CarriedFrame = Extract<DocumentFrame, { kind: 'updates' }>;

/** Published under the group's key, or (ready) under the asking peer's. */
export type GroupFrame =
  | { readonly kind: 'ready'; readonly status: PeerStatus; readonly tails: Tails }
  | { readonly kind: 'status'; readonly status: PeerStatus }
  | {
      readonly kind: 'pulse';
      readonly beat: number;
      readonly status: PeerStatus;
      /** The last revision of each linked peer's status that the pulser has: who has an older one has lost one. */
      readonly revisions: Vector;
      readonly documents: readonly PulsedDocument[];
      /** Who is pulsed again after `PULSE_INTERVAL_MS`; nobody: all are. */
      readonly watchers: readonly PeerId[];
      /** When everybody else is at the latest. */
      readonly restMs: number;
      /** Whose pulse stays away, and for how long. */
      readonly missed: Vector;
    }
  | { readonly kind: 'goodbye'; readonly tails: Tails }
  /** Who does not answer the sender's pulses; with each of them, and at once when it changes. */
  | { readonly kind: 'silent'; readonly peers: readonly PeerId[] };

/** Sent to single peers besides. */
export type PulseFrame = Extract<GroupFrame, { kind: 'pulse' }>;

/** Sent to one peer. */
export type RequestFrame =
  | {
      readonly kind: 'hello';
      readonly address: PeerAddress;
      readonly protocolMin: number;
      readonly protocolMax: number;
      readonly status: PeerStatus;
      readonly tails: Tails;
    }
  /** Asks for what this state vector lacks. */
  | { readonly kind: 'want'; readonly document: string; readonly request: number; readonly stateVector: Uint8Array }
  /** Asks for a further chunk of the answer to a `want`. */
  | { readonly kind: 'more'; readonly document: string; readonly request: number; readonly index: number }
  /** "You may lack something that I have: ask me." An empty state vector means: whatever yours says. */
  | { readonly kind: 'invite'; readonly document: string; readonly stateVector: Uint8Array }
  /** The answer to a pulse. */
  | {
      readonly kind: 'echo';
      readonly beat: number;
      readonly revision: number;
      /** The last number of a `holding` or `released` of its sender. */
      readonly heldRevision: number;
      readonly documents: readonly DocumentReport[];
    }
  /** Tells the writer which stored documents its sender has open: these besides, or with `isAll` these and no others. Numbered, with `released`, one by one. */
  | { readonly kind: 'holding'; readonly revision: number; readonly isAll: boolean; readonly documents: readonly string[] }
  /** These not any more. */
  | { readonly kind: 'released'; readonly revision: number; readonly documents: readonly string[] }
  /** The writer has missed one of these: all are to be told anew. */
  | { readonly kind: 'recount' }
  /** Asks the writer to say when it holds these numbers of ours durably. */
  | { readonly kind: 'flush'; readonly request: number; readonly targets: Tails }
  /** Asks the writer to carry something out. The same number again is the same task again. */
  | { readonly kind: 'maintain'; readonly request: number; readonly task: MaintenanceTask };

/** Answers to one peer. */
export type ResponseFrame =
  | {
      readonly kind: 'welcome';
      readonly protocolMin: number;
      readonly protocolMax: number;
      readonly status: PeerStatus;
      readonly tails: Tails;
    }
  /** One chunk of a difference; vector, state vector and completeness were taken in the tick of the difference. */
  | {
      readonly kind: 'have';
      readonly document: string;
      readonly request: number;
      readonly index: number;
      readonly count: number;
      readonly bytes: Uint8Array;
      readonly vector: Vector;
      readonly stateVector: Uint8Array;
      readonly isComplete: boolean;
    }
  | { readonly kind: 'flushed'; readonly request: number; readonly term: number }
  | { readonly kind: 'maintained'; readonly request: number; readonly outcome: MaintenanceOutcome }
  | { readonly kind: 'refused'; readonly request: number; readonly reason: RefusalReason };

export type RefusalReason = 'not-writer' | 'unknown-document' | 'expired' | 'version' | 'store-failed' | 'crowded' | 'not-yet';

export type Frame = DocumentFrame | GroupFrame | RequestFrame | ResponseFrame;
export type FrameKind = Frame['kind'];

/** A frame with whom it came from. */
export interface ReceivedFrame {
  readonly sender: PeerId;
  readonly frame: Frame;
}

/** Frames by which peers find out whether they can speak at all: no later version changes them. */
export const LASTING_KINDS: ReadonlySet<FrameKind> = new Set(['hello', 'welcome', 'refused']);

/** The numbers on the wire; never given twice, never changed. */
export const KIND_NUMBERS: Readonly<Record<FrameKind, number>> = {
  updates: 1,
  tail: 2,
  ready: 3,
  status: 4,
  pulse: 5,
  goodbye: 6,
  silent: 7,
  report: 8,
  hello: 16,
  want: 17,
  more: 18,
  invite: 19,
  echo: 20,
  flush: 21,
  maintain: 22,
  holding: 23,
  released: 24,
  recount: 25,
  welcome: 32,
  have: 33,
  flushed: 34,
  refused: 35,
  maintained: 36,
};

export const REFUSAL_NUMBERS: Readonly<Record<RefusalReason, number>> = {
  'not-writer': 1,
  'unknown-document': 2,
  expired: 3,
  version: 4,
  'store-failed': 5,
  crowded: 6,
  'not-yet': 7,
};
