/** What a candidacy is made with: the store that it is about, the mesh and the replicas beside it, and whom it tells. */

import type { BlobStore } from '../storage/blobs/blob-store.js';
import type { Store } from '../storage/store.js';
import type { Synchronizer } from '../sync/synchronizer.js';
import type { PeerAddress } from '../sync/transport.js';
import type { Clock } from './base/clock.js';
import type { Random } from './base/random.js';
import type { Replica } from './replica/replica.js';
import type { Intake } from './spill/intake.js';

export interface CandidacyOptions {
  readonly group: string;
  readonly address: PeerAddress;
  readonly canWrite: boolean;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly synchronizer: Synchronizer;
  readonly replicas: ReadonlyMap<string, Replica>;
  readonly logBytesBeforeSnapshot: number | undefined;
  readonly snapshotRestMs: number | undefined;
  /** There may be documents that are not open here. */
  readonly hasClosedDocuments: () => boolean;
  /** Of which this peer knows that they are deleted. */
  readonly deletedDocuments: () => readonly string[];
  /** Does once what a takeover will do. Undefined where the store has no need of it. */
  readonly rehearse: ((signal: AbortSignal) => Promise<unknown>) | undefined;
  readonly warn: (code: string, message: string) => void;
  /** Something changed that a wait may depend on. */
  readonly changed: () => void;
  /** Takes in what was spilled, while this peer leads. */
  readonly intake: Pick<Intake, 'foresee' | 'addForeseen' | 'begin'>;
  /** On the way out, the last batch could not be written. */
  readonly lastBatchFailed: (why: string) => void;
}
