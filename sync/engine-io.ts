/** What the engine is told and what it wants done: two closed unions. Shells perform effects in order, at once. */

import type { SocommErrorCode } from '../src/base/errors.js';
import type { InstanceId, PeerId } from '../src/base/ids.js';
import type { RosterEntry } from './discovery.js';
import type { MaintenanceOutcome, MaintenanceTask } from './maintenance.js';
import type { ReplicaView } from './replica-view.js';
import type { PeerAddress } from './transport.js';
import type { CarriedFrame, DocumentFrame, Frame, GroupFrame, PulseFrame, RequestFrame, ResponseFrame, Vector } from './wire/frame.js';

export type Input =
  /** All other peers that live, as the roster has them. */
  | { readonly kind: 'roster'; readonly entries: readonly RosterEntry[] }
  /** A frame that passed the codec; for requests and responses the transport vouches for the sender. */
  | {
      readonly kind: 'received';
      readonly sender: PeerId;
      readonly frame: Frame;
      /** Where it was published. */
      readonly key?: string | undefined;
    }
  /** What could not be decoded, where it names a sender. */
  | { readonly kind: 'undecodable'; readonly sender: PeerId; readonly detail: string }
  | { readonly kind: 'subscribed'; readonly key: string }
  /** A peer is gone for good, or its connection is and it must be met anew. */
  | { readonly kind: 'lost'; readonly peer: PeerId }
  | { readonly kind: 'document-opened'; readonly document: string; readonly replica: ReplicaView; readonly isStored: boolean }
  /** This peer holds the lock and has the document whole from the store. */
  | { readonly kind: 'document-loaded'; readonly document: string }
  /** Nobody here uses it any more: it is forgotten, but for our own last number. What was written has been drained and is durable, or nobody waits for it. */
  | { readonly kind: 'document-closed'; readonly document: string }
  /** Something that this replica has and others do not: to be numbered and published. Without bytes: to be numbered, and fetched by who lacks it. */
  | { readonly kind: 'local'; readonly document: string; readonly update: Uint8Array | undefined }
  /** The transport takes the next frame. */
  | { readonly kind: 'drain' }
  /** An `apply` effect was carried out. */
  | { readonly kind: 'applied'; readonly document: string; readonly from: PeerId; readonly cause: ApplyCause }
  /** An `apply` effect failed the replica's checks and changed nothing. */
  | {
      readonly kind: 'rejected';
      readonly document: string;
      readonly from: PeerId;
      readonly cause: ApplyCause;
      readonly detail: string;
      /** Too much for a frame, though an honest peer may have written it. */
      readonly isBeyondLimit: boolean;
    }
  /** This peer's term as writer, 0 when it is none; whether it is about to become it; and what the first record of the term made durable. */
  | { readonly kind: 'role'; readonly term: number; readonly isTakingOver: boolean; readonly stored?: ReadonlyMap<string, Vector> }
  /** What our store holds durably of a document. */
  | { readonly kind: 'stored'; readonly document: string; readonly vector: Vector }
  | { readonly kind: 'instances'; readonly instances: readonly InstanceId[] }
  | { readonly kind: 'flush'; readonly flush: number }
  | { readonly kind: 'flush-cancelled'; readonly flush: number }
  /** Why this peer cannot write; empty where nothing is wrong. */
  | { readonly kind: 'trouble'; readonly trouble: SocommErrorCode | '' }
  | { readonly kind: 'maintain'; readonly maintenance: number; readonly task: MaintenanceTask }
  | { readonly kind: 'maintain-cancelled'; readonly maintenance: number }
  /** A `maintain` effect was carried out, or failed. */
  | { readonly kind: 'maintained'; readonly peer: PeerId; readonly request: number; readonly outcome: MaintenanceOutcome }
  | { readonly kind: 'tick' }
  | { readonly kind: 'leave' };

export type ApplyCause =
  | { readonly kind: 'frame'; readonly seq: number }
  /** A whole answer: its vector may be adopted once the difference has been applied, and not before. */
  | { readonly kind: 'catch-up'; readonly vector: Vector; readonly stateVector: Uint8Array; readonly isComplete: boolean };

export type Effect =
  | { readonly kind: 'connect'; readonly address: PeerAddress }
  | { readonly kind: 'disconnect'; readonly peer: PeerId }
  | { readonly kind: 'subscribe'; readonly key: string }
  | { readonly kind: 'unsubscribe'; readonly key: string }
  | { readonly kind: 'publish'; readonly key: string; readonly frame: DocumentFrame | GroupFrame }
  | { readonly kind: 'request'; readonly peer: PeerId; readonly frame: RequestFrame | CarriedFrame | PulseFrame }
  | { readonly kind: 'respond'; readonly peer: PeerId; readonly frame: ResponseFrame }
  | {
      readonly kind: 'apply';
      readonly document: string;
      readonly updates: readonly Uint8Array[];
      readonly from: PeerId;
      readonly cause: ApplyCause;
    }
  /** Take out of the replica what builds on something that nobody alive has: it was never acknowledged, and holds up what comes after it. */
  | { readonly kind: 'set-aside'; readonly document: string }
  /** Give us `drain` as soon as the transport takes a frame, but not within this call. */
  | { readonly kind: 'drain-soon' }
  /** Somebody is there whom we do not know: read the roster. */
  | { readonly kind: 'look' }
  /** Is this peer alive? If not: `lost`. */
  | { readonly kind: 'probe'; readonly peer: PeerId }
  /** A replica of this peer writes under the client id of ours: we need another. */
  | { readonly kind: 'renew-client-id'; readonly document: string; readonly peer: PeerId }
  | { readonly kind: 'synced'; readonly document: string }
  /** We write, somebody has this document open, and we have not: it is to be opened and read from the store. Said again whenever somebody names it. */
  | { readonly kind: 'document-wanted'; readonly document: string }
  /** We write, and nobody else has this document open (any more) that we have. */
  | { readonly kind: 'document-unheld'; readonly document: string }
  /** We write, and somebody waits for the store to have what we have. */
  | { readonly kind: 'flush-awaited' }
  | { readonly kind: 'flushed'; readonly flush: number; readonly term: number }
  /** `code`: why nobody writes. */
  | { readonly kind: 'flush-failed'; readonly flush: number; readonly code: SocommErrorCode }
  /** This peer writes: carry it out, and answer with `maintained`. `peer` is who asks, perhaps ourselves. */
  | { readonly kind: 'maintain'; readonly peer: PeerId; readonly request: number; readonly task: MaintenanceTask }
  | { readonly kind: 'maintenance-ended'; readonly maintenance: number; readonly outcome: MaintenanceOutcome }
  | { readonly kind: 'writer-changed'; readonly writer: WriterRef | undefined }
  | { readonly kind: 'instances-changed'; readonly joined: readonly InstanceId[]; readonly left: readonly InstanceId[] }
  /** Linked, and it with us. After a lost connection the same peer may be met again. */
  | { readonly kind: 'peer-met'; readonly peer: PeerId }
  | { readonly kind: 'peer-lost'; readonly peer: PeerId }
  /** We and this peer have no version of the protocol in common. */
  | { readonly kind: 'peer-refused'; readonly peer: PeerId }
  | { readonly kind: 'stalled'; readonly writer: WriterRef | undefined; readonly reason: StallReason }
  | { readonly kind: 'recovered'; readonly writer: WriterRef }
  /** Linked peers that live and do not answer any more, and those that do again. */
  | { readonly kind: 'silent-changed'; readonly silent: readonly PeerId[]; readonly heard: readonly PeerId[] }
  | { readonly kind: 'warn'; readonly code: string; readonly message: string };

/** Why nothing becomes durable: the writer lives and is silent, or nobody can write, for this reason. */
export type StallReason = 'writer-silent' | SocommErrorCode;

export interface WriterRef {
  readonly id: PeerId;
  readonly term: number;
}
