/**
 * The transport of a peer in a worker thread: its sockets are in the main thread, and what they do is said and heard over a line.
 * It means the same as the ZeroMQ transport. It copies what it is given, and never hands memory over: see wire.ts.
 */

import { assert, SocommError } from '../../src/base/errors.js';
import type { PeerId } from '../../src/base/ids.js';
import { hasSocketFile } from '../../sync/socket-file.js';
import { laneOf } from '../../sync/transport.js';
import type { PeerAddress, TransportDropReason, Traffic, Transport, TransportListener } from '../../sync/transport.js';
import { CARRIED_BYTES_MAX } from '../../sync/zeromq/sockets.js';
import { Account } from './account.js';
import type { Line } from './line.js';
import type { HeardWord } from './words.js';

/** Of each lane, what was published and the main thread has not taken; only who does not wait for `publish` comes so far. */
export const UNTAKEN_PUBLISHED_FRAMES_MAX = 16_384;
export const UNTAKEN_PUBLISHED_BYTES_MAX = 64 * 1024 * 1024;
/** Requests and answers to requests. */
export const UNTAKEN_REQUESTS_MAX = 4096;
export const UNTAKEN_REQUESTS_BYTES_MAX = 64 * 1024 * 1024;

const PUBLISHED = { framesMax: UNTAKEN_PUBLISHED_FRAMES_MAX, bytesMax: UNTAKEN_PUBLISHED_BYTES_MAX };

export class CarriedTransport implements Transport {
  readonly traffic = { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 } satisfies Traffic;
  readonly line: Line;
  readonly #published = { state: new Account(PUBLISHED), messages: new Account(PUBLISHED) };
  readonly #requests = new Account({ framesMax: UNTAKEN_REQUESTS_MAX, bytesMax: UNTAKEN_REQUESTS_BYTES_MAX });
  /** Peers that we connected to, and the number of that connection: of an earlier one to the same peer nothing is reported. */
  readonly #connections = new Map<PeerId, number>();
  #connectionCount = 0;
  #state: 'new' | 'open' | 'closed' = 'new';
  #listener: TransportListener | undefined;
  #closing: Promise<void> | undefined;

  constructor(line: Line) {
    this.line = line;
  }

  /** Errors: those of the transport in the main thread; SOCOMM_CLOSED where that hosts no longer. */
  async open(id: PeerId, listener: TransportListener): Promise<PeerAddress> {
    assert(this.#state === 'new', 'a transport is opened once');
    this.#state = 'open';
    const address = await this.line.ask<PeerAddress>({ kind: 'open', id });
    // Closed meanwhile: the main thread was told, behind this.
    if (this.#closing !== undefined) throw new SocommError('SOCOMM_CLOSED', 'The transport was closed while it was being opened.');
    this.#listener = listener;
    this.line.onHeard = (word) => this.#hear(word);
    return address;
  }

  connect(peer: PeerAddress): void {
    if (this.#listener === undefined || this.#connections.has(peer.id)) return;
    const connection = ++this.#connectionCount;
    this.#connections.set(peer.id, connection);
    this.line.say({ kind: 'connect', connection, address: peer });
  }

  /** Sockets are files, and a worker sees the same ones. */
  canReach(peer: Pick<PeerAddress, 'publisher' | 'responder'>): boolean {
    return hasSocketFile(peer.publisher) && hasSocketFile(peer.responder);
  }

  disconnect(peer: PeerId): void {
    if (this.#connections.delete(peer)) this.line.say({ kind: 'disconnect', peer });
  }

  subscribe(key: string): void {
    this.line.say({ kind: 'subscribe', key });
  }

  unsubscribe(key: string): void {
    this.line.say({ kind: 'unsubscribe', key });
  }

  publish(key: string, frame: Uint8Array, body?: Uint8Array): Promise<void> {
    if (this.#listener === undefined) return DONE;
    this.#countOut(frame, body);
    const account = this.#published[laneOf(key)];
    if (!account.isFull) return this.line.askToEnd({ kind: 'publish', key, frame, body }, account);
    this.#drop('queue-full', 'frames are published faster than the main thread takes them');
    return account.untilRoom();
  }

  post(peer: PeerId, frame: Uint8Array, body?: Uint8Array): Promise<void> {
    if (frame.byteLength === 0) throw new TypeError('a post without a frame');
    if (this.#listener === undefined) return DONE;
    this.#countOut(frame, body);
    return this.line.askToEnd({ kind: 'post', peer, frame, body });
  }

  request(peer: PeerId, frame: Uint8Array): void {
    this.#ask({ kind: 'request', peer, frame });
  }

  respond(peer: PeerId, frame: Uint8Array): void {
    this.#ask({ kind: 'respond', peer, frame });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** A peer is known to be dead, by another way than its connection. */
  lose(peer: PeerId): void {
    this.#listener?.disconnected(peer);
  }

  async #close(): Promise<void> {
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.#listener = undefined;
    this.#connections.clear();
    if (wasOpen) await this.line.askToEnd({ kind: 'close' });
  }

  #ask(word: { readonly kind: 'request' | 'respond'; readonly peer: PeerId; readonly frame: Uint8Array }): void {
    if (this.#listener === undefined) return;
    this.#countOut(word.frame);
    if (this.#requests.isFull)
      this.#drop('queue-full', `the main thread does not take what is asked of, or answered to, peer ${word.peer}`);
    else this.line.say(word, this.#requests);
  }

  #hear(word: HeardWord): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    switch (word.kind) {
      case 'published':
        this.#countIn(word.frame, word.body);
        return listener.published(word.frame, word.key, word.body);
      case 'posted':
        this.#countIn(word.frame, word.body);
        return void listener.posted(word.from, word.frame, word.body);
      case 'requested':
        this.#countIn(word.frame);
        return listener.requested(word.from, word.frame);
      case 'responded':
        this.#countIn(word.frame);
        return listener.responded(word.from, word.frame);
      case 'subscribed':
        return listener.subscribed(word.key);
      case 'disconnected':
        if (this.#connections.get(word.peer) !== word.connection) return;
        this.#connections.delete(word.peer);
        return listener.disconnected(word.peer);
      case 'dropped':
        return listener.dropped(word.reason, word.detail);
    }
  }

  #drop(reason: TransportDropReason, detail: string): void {
    queueMicrotask(() => this.#listener?.dropped(reason, detail));
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

const DONE = Promise.resolve();
