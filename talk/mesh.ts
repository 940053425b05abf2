/** What talking needs of the peer that it works for: whom it is linked with, and the lane of messages. */

import type { Clock } from '../src/base/clock.js';
import type { InstanceId, PeerId } from '../src/base/ids.js';
import type { Transport } from '../sync/transport.js';

export interface Mesh {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly transport: Pick<Transport, 'publish' | 'post' | 'subscribe' | 'unsubscribe'>;
  /** Peers that we are linked with, and they with us: what is posted to them arrives, what they publish comes. Without ourselves. */
  peers(): readonly PeerId[];
  /** The instances of a peer, ourselves included, as far as heard. */
  instancesOf(peer: PeerId): readonly InstanceId[];
  /** The peer that writes to disk. */
  writer(): PeerId | undefined;
  /** Something that was handled, and that somebody should know of. */
  warn(code: string, message: string): void;
}
