/** A peer of the talking world: a talker over a memory transport, a clock of its own that may stop, and links that come and go. */

import type { InstanceId, PeerId } from '../../src/base/ids.js';
import { newInstanceId, peerOf } from '../../src/base/ids.js';
import type { MemoryNetwork } from '../../sync/memory-network.js';
import { MemoryTransport } from '../../sync/memory-transport.js';
import type { PeerAddress } from '../../sync/transport.js';
import type { Mesh } from '../../talk/mesh.js';
import { Talker } from '../../talk/talker.js';
import { SkewedClock } from '../simulation/skewed-clock.js';

export interface MemberOptions {
  readonly id: PeerId;
  readonly network: MemoryNetwork;
  /** Sees each published frame before the talker does. */
  tap(frame: Uint8Array, key: string): void;
  /** How long the transport is busy with each frame that it is given. */
  busyMs(): number;
}

export class Member {
  readonly id: PeerId;
  readonly clock: SkewedClock;
  readonly transport: MemoryTransport;
  readonly talker: Talker;
  readonly linked = new Set<PeerId>();
  readonly instances = new Set<InstanceId>();
  /** Instances of others that it was told have left. */
  readonly departed = new Set<InstanceId>();
  readonly warnings: string[] = [];
  address: PeerAddress | undefined;
  isGone = false;
  #instanceCount = 0;

  constructor({ id, network, tap, busyMs }: MemberOptions) {
    this.id = id;
    this.clock = new SkewedClock(network.clock);
    this.transport = new MemoryTransport(network);
    const { transport } = this;
    const mesh: Mesh = {
      self: id,
      clock: this.clock,
      transport: {
        publish: async (key, frame, body) => {
          const ms = busyMs();
          await transport.publish(key, frame, body);
          if (ms > 0) await new Promise<void>((resolve) => void network.clock.after(ms, resolve));
        },
        post: (peer, frame, body) => transport.post(peer, frame, body),
        subscribe: (key) => transport.subscribe(key),
        unsubscribe: (key) => transport.unsubscribe(key),
      },
      peers: () => [...this.linked],
      instancesOf: () => [],
      writer: () => undefined,
      warn: (code, message) => void this.warnings.push(`${code}: ${message}`),
    };
    this.talker = new Talker(mesh);
    const { listener } = this.talker;
    void transport
      .open(id, {
        ...listener,
        published: (frame, key, body) => {
          tap(frame, key);
          listener.published(frame, key, body);
        },
        requested: () => undefined,
        responded: () => undefined,
        disconnected: (peer) => this.lose(peer),
        dropped: () => undefined,
      })
      .then((address) => (this.address = address));
    this.addInstance();
  }

  addInstance(): InstanceId {
    const instance = newInstanceId(this.id, ++this.#instanceCount);
    this.instances.add(instance);
    return instance;
  }

  link(peer: PeerId): void {
    if (this.isGone || this.linked.has(peer)) return;
    this.linked.add(peer);
    this.talker.peerMet(peer);
  }

  lose(peer: PeerId): void {
    if (!this.linked.delete(peer)) return;
    this.talker.peerLost(peer);
  }

  instanceLeft(instance: InstanceId): void {
    if (!this.linked.has(peerOf(instance))) return;
    this.departed.add(instance);
    this.talker.instanceLeft(instance);
  }

  closeInstance(instance: InstanceId): void {
    this.instances.delete(instance);
    this.talker.instanceClosed(instance);
  }

  crash(): void {
    this.isGone = true;
    this.transport.crash();
    this.talker.close();
  }
}
