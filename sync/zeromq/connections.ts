/**
 * Whom we are connected to. A connection is the SUB's to a peer's publisher, and from the first request on a DEALER
 * to its responder. Both go together: when either is cut, the peer counts as disconnected, once, and both are dropped.
 * ZeroMQ would try for ever to reach the old addresses, which are never used again.
 *
 *   connect() ──▶ connecting ──▶ established ──▶ lost ──▶ (what arrived before is read) ──▶ disconnected told
 *                     └───────────────┴────────────┴──▶ disconnect(): silent
 */

import type { Clock } from '../../src/base/clock.js';
import type { PeerId } from '../../src/base/ids.js';
import type { PeerAddress } from '../transport.js';
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
  readonly #subscriber: Subscriber;
  readonly #byPeer = new Map<PeerId, Connection>();
  readonly #byEndpoint = new Map<string, Connection>();
  /** What is being ended; `close()` waits for it. */
  readonly #endings = new Set<Promise<void>>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    const { published, dropped } = options.listener;
    this.#subscriber = new Subscriber(options.sockets.subscriber(), {
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
  }

  disconnect(peer: PeerId): void {
    const connection = this.#byPeer.get(peer);
    if (connection === undefined) return;
    this.#byPeer.delete(peer);
    this.#byEndpoint.delete(connection.address.publisher);
    this.#subscriber.disconnect(connection.address.publisher);
    this.#endRequester(connection);
  }

  subscribe(key: string): void {
    this.#subscriber.subscribe(key);
  }

  unsubscribe(key: string): void {
    this.#subscriber.unsubscribe(key);
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
    await Promise.all([this.#subscriber.close(), ...this.#endings]);
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
    await Promise.all([this.#subscriber.caughtUp(), connection.requester?.caughtUp()]);
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
