/** What agreement needs of the peer that it works for. */

import type { InstanceId, PeerId } from '../src/base/ids.js';
import type { ApplyCause, StallReason, WriterRef } from './engine-io.js';
import type { MaintenanceOutcome, MaintenanceTask } from './maintenance.js';

/** What the engine cannot do itself. None of these may throw. */
export interface SynchronizerHost {
  /** Applies in one transaction; says why it did not, where the bytes were at fault. */
  apply(document: string, updates: readonly Uint8Array[], from: PeerId, source: ApplyCause['kind']): ApplyOutcome;
  /** Another live replica, of this peer, writes under our client id: takes a fresh one, and says so. */
  renewClientId(document: string, peer: PeerId): void;
  /** Drops what is pending in the replica, and says so. */
  setAside(document: string): void;
  synced(document: string): void;
  /** We write, and somebody has a document open that we have not: it is to be opened and read. Told again whenever somebody names it. */
  documentWanted(document: string): void;
  /** We write, and nobody else has this document open that we have open: it may be closed, if nobody here uses it and by then still nobody holds it. */
  documentUnheld(document: string): void;
  /** We write, and somebody waits for the store to have what we have. */
  flushAwaited(): void;
  writerChanged(writer: WriterRef | undefined): void;
  instancesChanged(joined: readonly InstanceId[], left: readonly InstanceId[]): void;
  peerMet(peer: PeerId): void;
  peerLost(peer: PeerId): void;
  peerRefused(peer: PeerId): void;
  /** `writer` is undefined where nobody can write. */
  stalled(writer: WriterRef | undefined, reason: StallReason): void;
  recovered(writer: WriterRef): void;
  /** Linked peers have fallen silent, or are heard again; see `EngineState.silent`. */
  silenceChanged(): void;
  warn(code: string, message: string): void;
  /** Carries out what somebody, perhaps this peer itself, asks of the writer. Never rejects. */
  maintain(task: MaintenanceTask): Promise<MaintenanceOutcome>;
}

export type ApplyOutcome =
  | { readonly ok: true }
  /** `isBeyondLimit`: too much for a frame, though an honest peer may have written it. */
  | { readonly ok: false; readonly detail: string; readonly isBeyondLimit: boolean };
