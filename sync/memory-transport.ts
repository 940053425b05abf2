/**
 * The transport of tests and simulations: peers of one process over a `MemoryNetwork`. It means the same as the ZeroMQ
 * transport (subscriptions known to the publisher only once they arrive, order per link, nothing delivered in the
 * caller's turn), so that what holds here holds there. It needs no native package.
 */

import type { PeerId } from '../src/base/ids.js';
import { assert, unreachable } from '../src/base/errors.js';
import type { MemoryNetwork, Parcel } from './memory-network.js';
import type { PeerAddress, Traffic, Transport, TransportListener } from './transport.js';

interface Subscriber {
  readonly connection: number;
  readonly keys: Set<string>;
}

export class MemoryTransport implements Transport {
  readonly traffic = { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 } satisfies Traffic;
  readonly #network: MemoryNetwork;
  #id: PeerId | undefined;
  /** Gone once closed: a parcel that comes later finds nobody. */
  #listener: TransportListener | undefined;
  readonly #subscriptions = new Set<string>();
  /** Peers that we connected to. */
  readonly #connections = new Map<PeerId, number>();
  /** Peers whose subscriptions reached us. */
  readonly #subscribers = new Map<PeerId, Subscriber>();
  /** Peers that have sent us a request, by the connection it came on. */
  readonly #requesters = new Map<PeerId, number>();

  constructor(network: MemoryNetwork) {
    this.#network = network;
  }

  open(id: PeerId, listener: TransportListener): Promise<PeerAddress> {
    assert(this.#id === undefined, 'a transport is opened once');
    this.#network.attach(id, (from, parcel) => this.#receive(from, parcel));
    this.#id = id;
    this.#listener = listener;
    return Promise.resolve({ id, publisher: `memory:${id}.p`, responder: `memory:${id}.r` });
  }

  connect(peer: PeerAddress): void {
    if (this.#connections.has(peer.id) || this.#listener === undefined) return;
    const connection = this.#network.nextConnection();
    this.#connections.set(peer.id, connection);
    for (const key of this.#subscriptions) this.#send(peer.id, { kind: 'subscribe', connection, key });
  }

  canReach(): boolean {
    return true;
  }

  disconnect(peer: PeerId): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) return;
    this.#connections.delete(peer);
    this.#send(peer, { kind: 'hang-up', connection });
  }

  subscribe(key: string): void {
    if (this.#subscriptions.has(key)) return;
    this.#subscriptions.add(key);
    for (const [peer, connection] of this.#connections) this.#send(peer, { kind: 'subscribe', connection, key });
  }

  unsubscribe(key: string): void {
    if (!this.#subscriptions.delete(key)) return;
    for (const [peer, connection] of this.#connections) this.#send(peer, { kind: 'unsubscribe', connection, key });
  }

  publish(key: string, frame: Uint8Array): Promise<void> {
    if (this.#listener !== undefined) {
      this.#countOut(frame);
      for (const [peer, { connection, keys }] of this.#subscribers) {
        if (matches(keys, key)) this.#send(peer, { kind: 'publish', connection, key, frame });
      }
    }
    return Promise.resolve();
  }

  request(peer: PeerId, frame: Uint8Array): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) return this.#refuse(peer);
    this.#countOut(frame);
    this.#send(peer, { kind: 'request', connection, frame });
  }

  respond(peer: PeerId, frame: Uint8Array): void {
    const connection = this.#requesters.get(peer);
    if (connection === undefined) return this.#refuse(peer);
    this.#countOut(frame);
    this.#send(peer, { kind: 'respond', connection, frame });
  }

  close(): Promise<void> {
    this.crash();
    return Promise.resolve();
  }

  /** Ends at once, as a kill would: others hear what was sent before, then that the peer has gone. */
  crash(): void {
    this.#listener = undefined;
    this.#connections.clear();
    if (this.#id !== undefined) this.#network.detach(this.#id);
  }

  #receive(from: PeerId, parcel: Parcel): void {
    switch (parcel.kind) {
      case 'subscribe': {
        let subscriber = this.#subscribers.get(from);
        if (subscriber?.connection !== parcel.connection) {
          subscriber = { connection: parcel.connection, keys: new Set() };
          this.#subscribers.set(from, subscriber);
        }
        subscriber.keys.add(parcel.key);
        return this.#listener?.subscribed(parcel.key);
      }
      case 'unsubscribe':
        return void this.#subscribers.get(from)?.keys.delete(parcel.key);
      case 'hang-up':
        if (this.#subscribers.get(from)?.connection === parcel.connection) this.#subscribers.delete(from);
        if (this.#requesters.get(from) === parcel.connection) this.#requesters.delete(from);
        return;
      case 'publish':
        if (this.#connections.get(from) !== parcel.connection || !matches(this.#subscriptions, parcel.key)) return;
        return this.#listener?.published(this.#countIn(parcel.frame));
      case 'request':
        this.#requesters.set(from, parcel.connection);
        return this.#listener?.requested(from, this.#countIn(parcel.frame));
      case 'respond':
        if (this.#connections.get(from) !== parcel.connection) return;
        return this.#listener?.responded(from, this.#countIn(parcel.frame));
      case 'gone':
        this.#subscribers.delete(from);
        this.#requesters.delete(from);
        if (this.#connections.delete(from)) this.#listener?.disconnected(from);
        return;
      default:
        unreachable(parcel);
    }
  }

  #send(to: PeerId, parcel: Parcel): void {
    if (this.#id !== undefined) this.#network.carry(this.#id, to, parcel);
  }

  #refuse(peer: PeerId): void {
    this.#network.clock.after(0, () => this.#listener?.dropped('unreachable', `no connection to peer ${peer}`));
  }

  #countOut(frame: Uint8Array): void {
    this.traffic.framesOut++;
    this.traffic.bytesOut += frame.byteLength;
  }

  /** A copy for each receiver: the bytes belong to the listener, who may change them. */
  #countIn(frame: Uint8Array): Uint8Array {
    this.traffic.framesIn++;
    this.traffic.bytesIn += frame.byteLength;
    return frame.slice();
  }
}

/** A subscription is a prefix, as in ZeroMQ. */
function matches(prefixes: ReadonlySet<string>, key: string): boolean {
  if (prefixes.has(key)) return true;
  for (const prefix of prefixes) if (key.startsWith(prefix)) return true;
  return false;
}
