/**
 * The transport between processes: ZeroMQ over unix sockets of this user. A publisher for each lane (XPUB), the
 * responder and the mailbox (ROUTERs) are bound under random names in the runtime directory; the connections (a SUB for
 * each lane, a DEALER for each peer that is asked, and one for each that is posted to) lead to those of others. Here is
 * only how they are put together, opened and closed; each has a file in `zeromq/`.
 *
 * `zeromq` itself is loaded by `open()`, never at import. Limits: docs/LIMITS.md.
 */

import type { Clock } from '../src/base/clock.js';
import { assert, SocommError, systemCode } from '../src/base/errors.js';
import type { PeerId } from '../src/base/ids.js';
import type { Random } from '../src/base/random.js';
import { hasSocketFile, mailboxOf, newSocketEndpoint, removeSocketFile } from './socket-file.js';
import { laneOf, type Lane, type PeerAddress, type Traffic, type Transport, type TransportListener } from './transport.js';
import { Connections } from './zeromq/connections.js';
import { Mailbox } from './zeromq/mailbox.js';
import { Publisher } from './zeromq/publisher.js';
import type { Refused } from './zeromq/refusal.js';
import { Responder } from './zeromq/responder.js';
import { CARRIED_BYTES_MAX, loadSockets, type Router, type Sockets, type XPublisher } from './zeromq/sockets.js';

/**
 * What ZeroMQ's thread gets at the end to send what it was given. It needs far less, but where a busy machine lets it wait for its turn, or a peer does not read: then the
 * end of a process waits for it. Below 500: from there on zeromq warns on standard error meanwhile.
 */
export const LINGER_AT_CLOSE_MS = 400;
/** How long the publisher of a peer that closes may still be read after its other sockets have ended: it may linger, and the reader is as busy. */
const PUBLISHER_ENDS_WITHIN_MS = 2 * LINGER_AT_CLOSE_MS;

export interface ZeromqTransportOptions {
  /** Absolute, this user's alone (see discovery/runtime-directory). */
  readonly runtimeDirectory: string;
  readonly random: Random;
  readonly clock: Clock;
}

interface Opened {
  readonly address: PeerAddress;
  readonly publishers: Readonly<Record<Lane, Publisher>>;
  readonly responder: Responder;
  readonly mailbox: Mailbox;
  readonly connections: Connections;
}

export class ZeromqTransport implements Transport {
  readonly traffic = { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 } satisfies Traffic;
  readonly #options: ZeromqTransportOptions;
  #state: 'new' | 'open' | 'closed' = 'new';
  /** Undefined again from the first moment of `close()`. */
  #listener: TransportListener | undefined;
  #opened: Opened | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ZeromqTransportOptions) {
    this.#options = options;
  }

  /** Errors: SOCOMM_NATIVE_MISSING, SOCOMM_NO_IPC, SOCOMM_DIRECTORY_INVALID, SOCOMM_IO; SOCOMM_CLOSED if it is closed meanwhile. */
  async open(id: PeerId, listener: TransportListener): Promise<PeerAddress> {
    assert(this.#state === 'new', 'a transport is opened once');
    this.#state = 'open';
    const { runtimeDirectory, random } = this.#options;
    const address = {
      id,
      publisher: newSocketEndpoint(runtimeDirectory, 'p', random),
      messenger: newSocketEndpoint(runtimeDirectory, 't', random),
      responder: newSocketEndpoint(runtimeDirectory, 'r', random),
    };
    const sockets = await loadSockets();
    const bound = await bind(sockets, address);
    if (this.#closing !== undefined) {
      release(bound);
      throw new SocommError('SOCOMM_CLOSED', 'The transport was closed while it was being opened.');
    }
    this.#listener = listener;
    this.#opened = this.#assemble(sockets, bound);
    return address;
  }

  connect(peer: PeerAddress): void {
    this.#opened?.connections.connect(peer);
  }

  /** Whether the sockets' files are to be seen: not so where the peer has another file system, as in another sandbox. */
  canReach(peer: Pick<PeerAddress, 'publisher' | 'responder'>): boolean {
    return hasSocketFile(peer.publisher) && hasSocketFile(peer.responder);
  }

  disconnect(peer: PeerId): void {
    this.#opened?.connections.disconnect(peer);
  }

  subscribe(key: string): void {
    this.#opened?.connections.subscribe(key);
  }

  unsubscribe(key: string): void {
    this.#opened?.connections.unsubscribe(key);
  }

  publish(key: string, frame: Uint8Array, body?: Uint8Array): Promise<void> {
    if (this.#opened === undefined) return Promise.resolve();
    this.#countOut(frame, body);
    return this.#opened.publishers[laneOf(key)].publish(key, frame, body);
  }

  post(peer: PeerId, frame: Uint8Array, body?: Uint8Array): Promise<void> {
    if (frame.byteLength === 0) throw new TypeError('a post without a frame');
    if (this.#opened === undefined) return Promise.resolve();
    this.#countOut(frame, body);
    return this.#opened.connections.post(peer, frame, body) ?? this.#unreachable(peer);
  }

  request(peer: PeerId, frame: Uint8Array): void {
    if (this.#opened === undefined) return;
    this.#countOut(frame);
    if (!this.#opened.connections.request(peer, frame)) void this.#unreachable(peer);
  }

  respond(peer: PeerId, frame: Uint8Array): void {
    if (this.#opened === undefined) return;
    this.#countOut(frame);
    this.#opened.responder.respond(peer, frame);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #assemble(sockets: Sockets, bound: Bound): Opened {
    const { address, publisher, messenger, responder } = bound;
    const dropped = this.#dropped;
    const subscribed = (key: string): void => this.#listener?.subscribed(key);
    const mailbox = new Mailbox(bound.mailbox, {
      dropped,
      posted: (from, frame, body) => {
        this.#countIn(frame, body);
        return this.#listener?.posted(from, frame, body);
      },
    });
    return {
      address,
      mailbox,
      publishers: {
        state: new Publisher(publisher, { dropped, subscribed }),
        messages: new Publisher(messenger, { dropped, subscribed }),
      },
      responder: new Responder(responder, {
        dropped,
        requested: (from, frame) => {
          this.#countIn(frame);
          this.#listener?.requested(from, frame);
        },
      }),
      connections: new Connections({
        self: address.id,
        sockets,
        clock: this.#options.clock,
        lingerMs: LINGER_AT_CLOSE_MS,
        publisherEndsWithinMs: PUBLISHER_ENDS_WITHIN_MS,
        postsRead: () => mailbox.caughtUp(),
        listener: {
          dropped,
          published: (frame, key, body) => {
            this.#countIn(frame, body);
            this.#listener?.published(frame, key, body);
          },
          responded: (from, frame) => {
            this.#countIn(frame);
            this.#listener?.responded(from, frame);
          },
          disconnected: (peer) => this.#listener?.disconnected(peer),
        },
      }),
    };
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    this.#state = 'closed';
    this.#listener = undefined;
    this.#opened = undefined;
    if (opened === undefined) return;
    const { publishers, responder, mailbox, connections, address } = opened;
    // All at once: what was handed to ZeroMQ before goes out ahead of the ends of the connections.
    await Promise.all([
      publishers.state.close(LINGER_AT_CLOSE_MS),
      publishers.messages.close(LINGER_AT_CLOSE_MS),
      responder.close(LINGER_AT_CLOSE_MS),
      mailbox.close(),
      connections.close(),
    ]);
    removeSocketFiles(address);
  }

  readonly #dropped: Refused = (reason, detail) => this.#listener?.dropped(reason, detail);

  #unreachable(peer: PeerId): Promise<void> {
    queueMicrotask(() => this.#dropped('unreachable', `no connection to peer ${peer}`));
    return Promise.resolve();
  }

  #countOut(frame: Uint8Array, body?: Uint8Array): void {
    const bytes = frame.byteLength + (body?.byteLength ?? 0);
    if (bytes > CARRIED_BYTES_MAX) throw new TypeError(`a frame of ${bytes} bytes: at most ${CARRIED_BYTES_MAX} can be sent`);
    this.traffic.framesOut++;
    this.traffic.bytesOut += bytes;
  }

  #countIn(frame: Uint8Array, body?: Uint8Array): void {
    this.traffic.framesIn++;
    this.traffic.bytesIn += frame.byteLength + (body?.byteLength ?? 0);
  }
}

interface Bound {
  readonly address: PeerAddress;
  readonly publisher: XPublisher;
  readonly messenger: XPublisher;
  readonly responder: Router;
  readonly mailbox: Router;
}

async function bind(sockets: Sockets, address: PeerAddress): Promise<Bound> {
  const bound = {
    address,
    publisher: sockets.publisher('state'),
    messenger: sockets.publisher('messages'),
    responder: sockets.responder(),
    mailbox: sockets.mailbox(),
  };
  // Side by side: each is a way to another thread and back. None may be closed before all are done.
  const outcomes = await Promise.allSettled([
    bound.publisher.bind(address.publisher),
    bound.messenger.bind(address.messenger),
    bound.responder.bind(address.responder),
    bound.mailbox.bind(mailboxOf(address.messenger)),
  ]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    const cause: unknown = failed.reason;
    release(bound);
    const code = systemCode(cause) ?? 'unknown cause';
    throw new SocommError(
      'SOCOMM_IO',
      `No socket can be made at ${address.publisher} (${code}). Make sure that the directory exists and that this user may write` +
        ' to it, or choose another with the option `runtimeDirectory`.',
      { cause },
    );
  }
  return bound;
}

function release({ address, publisher, messenger, responder, mailbox }: Bound): void {
  for (const socket of [publisher, messenger, responder, mailbox]) socket.close();
  removeSocketFiles(address);
}

function removeSocketFiles({ publisher, messenger, responder }: PeerAddress): void {
  for (const endpoint of [publisher, messenger, mailboxOf(messenger), responder]) removeSocketFile(endpoint);
}
