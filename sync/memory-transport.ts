/**
 * The transport of tests and simulations: peers of one process over a `MemoryNetwork`. It means the same as the ZeroMQ
 * transport (subscriptions known to the publisher only once they arrive, order per pipe and none between them, nothing
 * delivered in the caller's turn), so that what holds here holds there. It needs no native package.
 */

import type { PeerId } from '../src/base/ids.js';
import { assert, unreachable } from '../src/base/errors.js';
import type { MemoryNetwork, Parcel } from './memory-network.js';
import type { Carried } from './memory-pipe.js';
import { PostWindow } from './memory-posts.js';
import { laneOf, type Lane, type PeerAddress, type Traffic, type Transport, type TransportListener } from './transport.js';

interface Connection {
  readonly number: number;
  readonly posts: PostWindow;
}

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
  readonly #connections = new Map<PeerId, Connection>();
  /** Peers whose subscriptions reached us, on each lane. */
  readonly #subscribers: Readonly<Record<Lane, Map<PeerId, Subscriber>>> = { state: new Map(), messages: new Map() };
  /** Peers that have sent us a request, by the connection it came on. */
  readonly #requesters = new Map<PeerId, number>();
  /** Of each peer, the newest of its connections that it has requested or posted on. */
  readonly #newest = new Map<PeerId, number>();

  constructor(network: MemoryNetwork) {
    this.#network = network;
  }

  open(id: PeerId, listener: TransportListener): Promise<PeerAddress> {
    assert(this.#id === undefined, 'a transport is opened once');
    this.#network.attach(id, (from, parcel) => this.#receive(from, parcel));
    this.#id = id;
    this.#listener = listener;
    return Promise.resolve({ id, publisher: `memory:${id}.p`, messenger: `memory:${id}.t`, responder: `memory:${id}.r` });
  }

  connect(peer: PeerAddress): void {
    if (this.#connections.has(peer.id) || this.#listener === undefined) return;
    const connection = this.#network.nextConnection();
    this.#connections.set(peer.id, { number: connection, posts: new PostWindow() });
    for (const key of this.#subscriptions) this.#send(peer.id, { kind: 'subscribe', connection, key });
  }

  canReach(): boolean {
    return true;
  }

  disconnect(peer: PeerId): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) return;
    this.#connections.delete(peer);
    connection.posts.end();
    for (const of of ['state', 'messages', 'requests'] as const) this.#send(peer, { kind: 'hang-up', connection: connection.number, of });
  }

  subscribe(key: string): void {
    if (this.#subscriptions.has(key)) return;
    this.#subscriptions.add(key);
    for (const [peer, { number }] of this.#connections) this.#send(peer, { kind: 'subscribe', connection: number, key });
  }

  unsubscribe(key: string): void {
    if (!this.#subscriptions.delete(key)) return;
    for (const [peer, { number }] of this.#connections) this.#send(peer, { kind: 'unsubscribe', connection: number, key });
  }

  publish(key: string, frame: Uint8Array, body?: Uint8Array): Promise<void> {
    if (this.#listener !== undefined) {
      this.#countOut(frame, body);
      for (const [peer, { connection, keys }] of this.#subscribers[laneOf(key)]) {
        if (matches(keys, key)) this.#send(peer, { kind: 'publish', connection, key, frame, body });
      }
    }
    return Promise.resolve();
  }

  post(peer: PeerId, frame: Uint8Array, body?: Uint8Array): Promise<void> {
    if (frame.byteLength === 0) throw new TypeError('a post without a frame');
    const connection = this.#connections.get(peer);
    if (connection === undefined) {
      this.#refuse(peer);
      return Promise.resolve();
    }
    this.#countOut(frame, body);
    const { number, posts } = connection;
    const hasRoom = posts.begin(this.#network.postsUnderwayMax);
    this.#send(peer, { kind: 'post', connection: number, frame, body, taken: () => posts.taken(this.#network.postsUnderwayMax) });
    return hasRoom;
  }

  request(peer: PeerId, frame: Uint8Array): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) return this.#refuse(peer);
    this.#countOut(frame);
    this.#send(peer, { kind: 'request', connection: connection.number, frame });
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
    for (const { posts } of this.#connections.values()) posts.end();
    this.#connections.clear();
    if (this.#id !== undefined) this.#network.detach(this.#id);
  }

  #receive(from: PeerId, parcel: Parcel): void {
    switch (parcel.kind) {
      case 'subscribe': {
        const subscribers = this.#subscribers[laneOf(parcel.key)];
        let subscriber = subscribers.get(from);
        if (subscriber?.connection !== parcel.connection) {
          subscriber = { connection: parcel.connection, keys: new Set() };
          subscribers.set(from, subscriber);
        }
        subscriber.keys.add(parcel.key);
        return this.#listener?.subscribed(parcel.key);
      }
      case 'unsubscribe':
        return void this.#subscribers[laneOf(parcel.key)].get(from)?.keys.delete(parcel.key);
      case 'hang-up':
        return this.#hangUp(from, parcel.connection, parcel.of);
      case 'publish':
        if (this.#connections.get(from)?.number !== parcel.connection || !matches(this.#subscriptions, parcel.key)) return;
        return this.#take(parcel, (frame, body) => this.#listener?.published(frame, parcel.key, body));
      case 'request':
        this.#requesters.set(from, parcel.connection);
        this.#newest.set(from, parcel.connection);
        return this.#take(parcel, (frame) => this.#listener?.requested(from, frame));
      case 'respond':
        if (this.#connections.get(from)?.number !== parcel.connection) return;
        return this.#take(parcel, (frame) => this.#listener?.responded(from, frame));
      case 'post':
        parcel.taken();
        if ((this.#newest.get(from) ?? 0) > parcel.connection) return; // of a connection that this peer has ended since
        this.#newest.set(from, parcel.connection);
        return this.#take(parcel, (frame, body) => void this.#listener?.posted(from, frame, body));
      case 'gone':
        this.#subscribers.state.delete(from);
        this.#subscribers.messages.delete(from);
        this.#requesters.delete(from);
        this.#newest.delete(from);
        this.#connections.get(from)?.posts.end();
        if (this.#connections.delete(from)) this.#listener?.disconnected(from);
        return;
      default:
        unreachable(parcel);
    }
  }

  /** Only the end of the connection that is meant: a newer one may have come on another pipe meanwhile. */
  #hangUp(from: PeerId, connection: number, of: Lane | 'requests'): void {
    if (of === 'requests') {
      if (this.#requesters.get(from) === connection) this.#requesters.delete(from);
    } else if (this.#subscribers[of].get(from)?.connection === connection) {
      this.#subscribers[of].delete(from);
    }
  }

  #send(to: PeerId, parcel: Parcel): void {
    if (this.#id !== undefined) this.#network.carry(this.#id, to, parcel);
  }

  #refuse(peer: PeerId): void {
    this.#network.clock.after(0, () => this.#listener?.dropped('unreachable', `no connection to peer ${peer}`));
  }

  #countOut(frame: Uint8Array, body?: Uint8Array): void {
    this.traffic.framesOut++;
    this.traffic.bytesOut += frame.byteLength + (body?.byteLength ?? 0);
  }

  /** A copy for each receiver: the bytes belong to the listener, who may change them. */
  #take({ frame, body }: Partial<Carried> & Pick<Carried, 'frame'>, hand: (frame: Uint8Array, body?: Uint8Array) => void): void {
    this.traffic.framesIn++;
    this.traffic.bytesIn += frame.byteLength + (body?.byteLength ?? 0);
    hand(new Uint8Array(frame), body && new Uint8Array(body));
  }
}

/** A subscription is a prefix, as in ZeroMQ, and reaches no further than its own lane. */
function matches(prefixes: ReadonlySet<string>, key: string): boolean {
  if (prefixes.has(key)) return true;
  for (const prefix of prefixes) if (key.startsWith(prefix) && laneOf(prefix) === laneOf(key)) return true;
  return false;
}
