/**
 * Whom we are connected to. A connection is the SUB's to a peer's publisher; from the first subscription to a topic on
 * a second SUB's to its messenger, so that idle meshes pay nothing for that lane; from the first request on a DEALER's
 * to its responder; and from the first post on another's to its mailbox. They end together: when one of them is cut, the
 * peer counts as disconnected, once, and all are dropped. ZeroMQ would try for ever to reach the old addresses, which
 * are never used again.
 *
 * The second SUB has no word in this: what is empty ends first, and must not cut off the last of the state. Where it
 * alone is cut, ZeroMQ makes it anew. For the same reason, where a DEALER is cut first, the end of the publisher is
 * awaited for a moment.
 *
 *   connect() ──▶ connecting ──▶ established ──▶ lost ──▶ (what arrived before is read) ──▶ disconnected told
 *                     └───────────────┴────────────┴──▶ disconnect(): silent
 */

import type { Clock } from '../../src/base/clock.js';
import type { PeerId } from '../../src/base/ids.js';
import { mailboxOf } from '../socket-file.js';
import { laneOf, type PeerAddress } from '../transport.js';
import { mailboxRoutingId } from './mailbox.js';
import { Poster } from './poster.js';
import type { Refused } from './refusal.js';
import { Requester } from './requester.js';
import type { Sockets } from './sockets.js';
import { Subscriber } from './subscriber.js';

export interface ConnectionsListener {
  readonly published: (frame: Buffer, key: string, body: Buffer | undefined) => void;
  readonly responded: (from: PeerId, frame: Buffer) => void;
  readonly disconnected: (peer: PeerId) => void;
  readonly dropped: Refused;
}

export interface ConnectionsOptions {
  readonly self: PeerId;
  readonly sockets: Sockets;
  readonly clock: Clock;
  /** What ZeroMQ gets to send the last requests and posts of a connection that is ended. */
  readonly lingerMs: number;
  /** The end of a publisher is awaited for so long where another socket of its peer was cut first. Longer than a peer lingers. */
  readonly publisherEndsWithinMs: number;
  /** Resolves when the posts that have arrived are read. */
  readonly postsRead: () => Promise<void>;
  readonly listener: ConnectionsListener;
}

interface Connection {
  readonly address: PeerAddress;
  state: 'connecting' | 'established' | 'lost';
  requester: Requester | undefined;
  poster: Poster | undefined;
  /** While that is awaited. */
  publisherEnded: (() => void) | undefined;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  /** Of state. */
  readonly #subscriber: Subscriber;
  /** Of messages, from the first subscription to one on. */
  #messages: Subscriber | undefined;
  readonly #byPeer = new Map<PeerId, Connection>();
  readonly #byEndpoint = new Map<string, Connection>();
  /** How many there have been, of all connections. */
  #posters = 0;
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
      lost: (endpoint) => {
        const connection = this.#byEndpoint.get(endpoint);
        connection?.publisherEnded?.();
        this.#lose(connection, () => Promise.resolve());
      },
    });
  }

  connect(address: PeerAddress): void {
    if (this.#byPeer.has(address.id)) return;
    const connection: Connection = { address, state: 'connecting', requester: undefined, poster: undefined, publisherEnded: undefined };
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
    this.#release(connection);
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

  /** Resolves when the next may come; undefined where there is no connection to the peer. */
  post(peer: PeerId, frame: Uint8Array, body: Uint8Array | undefined): Promise<void> | undefined {
    const connection = this.#byPeer.get(peer);
    if (connection === undefined) return undefined;
    connection.poster ??= this.#makePoster(connection);
    return connection.poster.post(frame, body);
  }

  async close(): Promise<void> {
    for (const connection of this.#byPeer.values()) this.#release(connection);
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
        lost: () => isCurrent() && this.#lose(connection, () => this.#untilPublisherEnds(connection)),
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

  #makePoster(connection: Connection): Poster {
    const { sockets, self } = this.#options;
    const poster = new Poster(sockets.poster(mailboxRoutingId(self, ++this.#posters)), {
      endpoint: mailboxOf(connection.address.messenger),
      lost: () => {
        if (connection.poster !== poster) return;
        if (connection.state === 'connecting') connection.state = 'established'; // the news of the SUB is slower
        this.#lose(connection, () => this.#untilPublisherEnds(connection));
      },
    });
    return poster;
  }

  #release(connection: Connection): void {
    connection.publisherEnded?.();
    this.#endRequester(connection);
    if (connection.poster !== undefined) this.#track(connection.poster.close(this.#options.lingerMs));
    connection.poster = undefined;
  }

  /** An event of an earlier connection to the same address comes while the new one is still `connecting`: not meant. */
  #lose(connection: Connection | undefined, publisherEnded: () => Promise<void>): void {
    if (connection?.state !== 'established') return;
    connection.state = 'lost';
    this.#track(this.#tellWhenRead(connection, publisherEnded()));
  }

  #untilPublisherEnds(connection: Connection): Promise<void> {
    return new Promise((resolve) => {
      const stopTimer = this.#options.clock.after(this.#options.publisherEndsWithinMs, resolve);
      connection.publisherEnded = () => {
        stopTimer();
        resolve();
      };
    });
  }

  /** The cut is seen on another way than the frames: to read on first is what keeps a peer's goodbye before its end. */
  async #tellWhenRead(connection: Connection, publisherEnded: Promise<void>): Promise<void> {
    const { postsRead } = this.#options;
    await publisherEnded;
    await Promise.all([this.#subscriber.caughtUp(), this.#messages?.caughtUp(), connection.requester?.caughtUp(), postsRead()]);
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
