/**
 * One peer's transport under the simulator's eyes: it counts what arrives, and now and then mangles a frame of updates
 * on its way in, so that it passes the checksum and fails the replica's checks, as that of a broken implementation would.
 */

import type { PeerId } from '../../src/base/ids.js';
import { MemoryTransport } from '../../sync/memory-transport.js';
import type { MemoryNetwork } from '../../sync/memory-network.js';
import type { PeerAddress, TransportListener } from '../../sync/transport.js';
import { decodeFrame } from '../../sync/wire/decode-frame.js';
import { encodeFrame } from '../../sync/wire/encode-frame.js';
import { KIND_NUMBERS } from '../../sync/wire/frame.js';
import type { Frame } from '../../sync/wire/frame.js';

export interface Watching {
  /** Whether the frame of updates at hand is to be mangled. */
  readonly mangles: () => boolean;
  readonly arrived: (kind: Frame['kind']) => void;
}

/** Magic, magic, version; all kinds are below 128, one byte. */
const KIND_AT = 3;
const KINDS = new Map(Object.entries(KIND_NUMBERS).map(([kind, number]) => [number, kind as Frame['kind']]));

export class WatchedTransport extends MemoryTransport {
  readonly #watching: Watching;

  constructor(network: MemoryNetwork, watching: Watching) {
    super(network);
    this.#watching = watching;
  }

  override open(id: PeerId, listener: TransportListener): Promise<PeerAddress> {
    return super.open(id, {
      ...listener,
      published: (frame, key, body) => listener.published(this.#look(frame), key, body),
      requested: (from, frame) => listener.requested(from, this.#look(frame)),
      responded: (from, frame) => listener.responded(from, this.#look(frame)),
      posted: (from, frame, body) => listener.posted(from, frame, body),
      subscribed: (key) => listener.subscribed(key),
      disconnected: (peer) => listener.disconnected(peer),
      dropped: (reason, detail) => listener.dropped(reason, detail),
    });
  }

  #look(bytes: Uint8Array): Uint8Array {
    const kind = KINDS.get(bytes[KIND_AT] ?? 0);
    if (kind === undefined) return bytes;
    this.#watching.arrived(kind);
    return kind === 'updates' && this.#watching.mangles() ? mangle(bytes) : bytes;
  }
}

/** The last update loses its second half. */
function mangle(bytes: Uint8Array): Uint8Array {
  const decoded = decodeFrame(bytes);
  if (!decoded.ok || decoded.frame.kind !== 'updates') return bytes;
  const { sender, frame } = decoded;
  const last = frame.updates.at(-1) ?? new Uint8Array();
  return encodeFrame(sender, { ...frame, updates: [...frame.updates.slice(0, -1), last.slice(0, last.length >> 1)] });
}
