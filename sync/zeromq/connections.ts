/**
 * Whom we are connected to. A connection is the SUB's to a peer's publisher; from the first subscription to a topic on
 * a second SUB's to its messenger, so that idle meshes pay nothing for that lane; and from the first request on a
 * DEALER's to its responder. They end together: when the first or the last is cut, the peer counts as disconnected,
 * once, and all are dropped. ZeroMQ would try for ever to reach the old addresses, which are never used again.
 *
 * The lane of messages has no word in this: what is empty ends first, and must not cut off the last of the state. Where
 * it alone is cut, ZeroMQ makes it anew.
 *
 *   connect() ──▶ connecting ──▶ established ──▶ lost ──▶ (what arrived before is read) ──▶ disconnected told
 *                     └───────────────┴────────────┴──▶ disconnect(): silent
 */

import type { Clock } from '../../src/base/clock.js';
import type { PeerId } from '../../src/base/ids.js';
import { laneOf, type PeerAddress } from '../transport.js';
import type { Refused } from './refusal.js';
import { Requester } from './requester.js';
import type { Sockets } from './sockets.js';
import { Subscriber } from './subscriber.js';

export interface ConnectionsListener {
  readonly published: (frame: Buffer) => void;
  readonly responded: (from: PeerId, frame: Buffer) => void;
  readonly disconnected: (peer: PeerId) => void;
  readonly dropped: Refused;
}

export interface ConnectionsOptions {
  readonly self: PeerId;
  readonly sockets: Sockets;
  readonly clock: Clock;
  /** What ZeroMQ gets to send the last requests of a connection that is ended. */
  readonly lingerMs: number;
  readonly listener: ConnectionsListener;
}

interface Connection {
  readonly address: PeerAddress;
  state: 'connecting' | 'established' | 'lost';
  requester: Requester | undefined;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  /** Of state. */
  readonly #subscriber: Subscriber;
  /** Of messages, from the first subscription to one on. */
  #messages: Subscriber | undefined;
  readonly #byPeer = new Map<PeerId, Connection>();
  readonly #byEndpoint = new Map<string, Connection>();
  /** What is being ended; `close()` waits for it. */
  readonly #endings = new Set<Promise<void>>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    const { published, dropped } = options.listener;
    this.#subscriber = new Subscriber(options.sockets.subscriber('state'), {
      published,
      dropped,
      connected: (endpoint) => {
        const connection = this.#byEndpoint.get(endpoint);
        if (connection?.state === 'connecting') connection.state = 'established';
      },
      lost: (endpoint) => this.#lose(this.#byEndpoint.get(endpoint)),
    });
  }

  connect(address: PeerAddress): void {
    if (this.#byPeer.has(address.id)) return;
    const connection: Connection = { address, state: 'connecting', requester: undefined };
    this.#byPeer.set(address.id, connection);
    this.#byEndpoint.set(address.publisher, connection);
    this.#subscriber.connect(address.publisher);
    this.#messages?.connect(address.messenger);
  }

  disconnect(peer: PeerId): void {
    const connection = this.#byPeer.get(peer);
    if (connection === undefined) return;
    this.#byPeer.delete(peer);
    this.#byEndpoint.delete(connection.address.publisher);
    this.#subscriber.disconnect(connection.address.publisher);
    this.#messages?.disconnect(connection.address.messenger);
    this.#endRequester(connection);
  }

  subscribe(key: string): void {
    if (laneOf(key) === 'state') return this.#subscriber.subscribe(key);
    if (this.#messages === undefined) {
      const { published, dropped } = this.#options.listener;
      this.#messages = new Subscriber(this.#options.sockets.subscriber('messages'), { published, dropped });
      for (const { address } of this.#byPeer.values()) this.#messages.connect(address.messenger);
    }
    this.#messages.subscribe(key);
  }

  unsubscribe(key: string): void {
    if (laneOf(key) === 'state') this.#subscriber.unsubscribe(key);
    else this.#messages?.unsubscribe(key);
  }

  /** False where there is no connection to the peer. */
  request(peer: PeerId, frame: Uint8Array): boolean {
    const connection = this.#byPeer.get(peer);
    if (connection === undefined) return false;
    connection.requester ??= this.#makeRequester(connection);
    connection.requester.request(frame);
    return true;
  }

  async close(): Promise<void> {
    for (const connection of this.#byPeer.values()) this.#endRequester(connection);
    this.#byPeer.clear();
    this.#byEndpoint.clear();
    await Promise.all([this.#subscriber.close(), this.#messages?.close(), ...this.#endings]);
  }

  #makeRequester(connection: Connection): Requester {
    const { sockets, clock, self, listener } = this.#options;
    const isCurrent = (): boolean => connection.requester === requester;
    const requester: Requester = new Requester(sockets.requester(self), {
      peer: connection.address.id,
      endpoint: connection.address.responder,
      clock,
      listener: {
        responded: listener.responded,
        dropped: listener.dropped,
        idle: () => isCurrent() && this.#endRequester(connection),
        lost: () => isCurrent() && this.#lose(connection),
      },
    });
    return requester;
  }

  #endRequester(connection: Connection): void {
    const requester = connection.requester;
    if (requester === undefined) return;
    connection.requester = undefined;
    this.#track(requester.close(this.#options.lingerMs));
  }

  /** An event of an earlier connection to the same address comes while the new one is still `connecting`: not meant. */
  #lose(connection: Connection | undefined): void {
    if (connection?.state !== 'established') return;
    connection.state = 'lost';
    this.#track(this.#tellWhenRead(connection));
  }

  /** The cut is seen on another way than the frames: to read on first is what keeps a peer's goodbye before its end. */
  async #tellWhenRead(connection: Connection): Promise<void> {
    await Promise.all([this.#subscriber.caughtUp(), this.#messages?.caughtUp(), connection.requester?.caughtUp()]);
    const peer = connection.address.id;
    if (this.#byPeer.get(peer) !== connection) return; // ended meanwhile, by us
    this.disconnect(peer);
    this.#options.listener.disconnected(peer);
  }

  #track(ending: Promise<void>): void {
    const tracked = ending.finally(() => this.#endings.delete(tracked));
    this.#endings.add(tracked);
  }
}
