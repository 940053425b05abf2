/** What the writer's pen needs of the peer that holds it. */

import type { Damage, Vector } from '../storage/store.js';
import type { PeerAddress } from '../sync/transport.js';
import type { Clock } from './base/clock.js';
import type { Replica } from './replica/replica.js';

/** A document as the writer sees it. */
export interface WrittenDocument {
  readonly name: string;
  readonly replica: Replica;
  /** This replica has exchanged with a complete peer: its difference may go before the loading. */
  readonly isSynced: boolean;
  /** Numbers everything that was written so far, and returns what the replica holds, as numbers. */
  vector(): Vector;
}

export interface WriterHost {
  readonly address: PeerAddress;
  readonly clock: Clock;
  /** Highest term that any peer was heard to claim. */
  readonly termHeard: () => number;
  /** All that are stored and open here: as many as anybody has open. */
  readonly documents: () => readonly WrittenDocument[];
  readonly document: (name: string) => WrittenDocument | undefined;
  /** Somebody waits for something to be durable; from the moment that it does, see `Writer.hurry()`. */
  readonly isAwaited: () => boolean;
  /** There may be stored documents that are not open here: then the store has what no replica of ours has. */
  readonly hasClosedDocuments?: () => boolean;
  /** Default: LOG_BYTES_BEFORE_SNAPSHOT. */
  readonly logBytesBeforeSnapshot: number | undefined;
  /** Default: SNAPSHOT_REST_MS. */
  readonly snapshotRestMs?: number | undefined;
  /** Default: the one that is built beside trial.ts. */
  readonly trialWorkerFile?: string;
  /** The document was loaded whole; `missed` is what the live replica had not had. */
  loaded(document: string, missed: Uint8Array | undefined): void;
  stored(document: string, vector: Vector): void;
  damaged(damage: readonly Damage[]): void;
  /** Nothing more can be written; nothing of the batch under way was acknowledged. */
  failed(error: unknown): void;
  snapshotRefused(document: string): void;
}
