/** What a peer is made with: its place, its ports, and what simulations make smaller. */

import type { BlobStore } from '../storage/blobs/blob-store.js';
import type { Store } from '../storage/store.js';
import type { Discovery } from '../sync/discovery.js';
import type { EngineLimits } from '../sync/limits.js';
import type { Transport } from '../sync/transport.js';
import type { ProtocolRange } from '../sync/wire/frame.js';
import type { Clock } from './base/clock.js';
import type { Log } from './base/log.js';
import type { Random } from './base/random.js';

export interface PeerOptions {
  readonly group: string;
  readonly canWrite: boolean;
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly store: Store;
  /** Default: in memory, and gone with the peer. */
  readonly blobs?: BlobStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly pid: number;
  /** Default: what this copy speaks. */
  readonly protocol?: ProtocolRange;
  /** Does once with another store what a takeover will do with this one, so that it has been done before. Never rejects; stops at the signal. */
  readonly rehearse?: (signal: AbortSignal) => Promise<unknown>;
  /** Smaller ones in simulations. */
  readonly limits?: Partial<EngineLimits>;
  /** Default: LOG_BYTES_BEFORE_SNAPSHOT. */
  readonly logBytesBeforeSnapshot?: number;
  /** Default: SNAPSHOT_REST_MS. */
  readonly snapshotRestMs?: number;
}
