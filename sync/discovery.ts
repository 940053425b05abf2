/**
 * The port by which peers find each other and learn who lives. Life is the kernel's word (a locked file) or,
 * in tests, the word of the memory roster; never a process id and never a time.
 *
 * Implementations: discovery/file-roster (processes) and discovery/memory-roster (tests).
 */

import type { PeerId } from '../src/base/ids.js';
import type { PeerAddress } from './transport.js';

export interface RosterEntry extends PeerAddress {
  /** For people; no decision rests on it. */
  readonly pid: number;
  readonly packageVersion: string;
  /** Lowest and highest protocol version that the peer speaks. */
  readonly protocolMin: number;
  readonly protocolMax: number;
  /** Whether the peer stands for election. */
  readonly canWrite: boolean;
}

export interface Discovery {
  /** Makes this peer findable, alive until `withdraw()` or the end of its process. */
  announce(entry: RosterEntry): Promise<void>;
  /** All other peers that live. Sweeps what dead ones left behind. Who is `heard` may be taken for alive without a look. */
  list(heard?: ReadonlySet<PeerId>): Promise<readonly RosterEntry[]>;
  /** Whether a peer lives at this moment. */
  isAlive(peer: PeerId): boolean;
  /** Idempotent. */
  withdraw(): Promise<void>;
}
