/**
 * Our DEALER to one peer's mailbox: made at the first post, kept as long as the connection to the peer. ZeroMQ does not
 * say when the last of what it was given has gone out: to give the socket back earlier could lose posts to a peer that
 * is stopped.
 *
 * ZeroMQ gets one message after the other, the next only when it has taken the one before. Where it has no room, that one
 * waits for some and all others wait behind it in the queue: nothing is dropped, and nothing overtakes. What the
 * messages of a post are: mailbox.
 *
 *   free ──▶ trying ──▶ (taken) ──▶ trying the next … ──▶ free
 *               │           └──▶ resting, once in many messages, for the rest of the process ──▶ trying
 *               └──▶ waiting for room ──▶ (taken)           ended: from any of them, and for good
 */

import { systemCode } from '../../src/base/errors.js';
import { turn } from '../../src/base/turn.js';
import { OPENING } from './mailbox.js';
import type { Dealer } from './sockets.js';

/** Messages to one peer after which a turn of the event loop must pass. */
export const POSTED_FRAMES_PER_TURN_MAX = 512;

/** Of the queue. */
const EMPTY_PLACES_MAX = 1024;

const ROOM = Promise.resolve();

export interface PosterOptions {
  readonly endpoint: string;
  /** The connection was cut, and with it goes what ZeroMQ had not sent: a later post must not arrive without it. */
  readonly lost: () => void;
}

export class Poster {
  readonly #socket: Dealer;
  readonly #options: PosterOptions;
  #state: 'free' | 'trying' | 'waiting' | 'resting' | 'ended' = 'free';
  #isClosing = false;
  #isEstablished = false;
  /** What has been taken out of it leaves its place empty: shortening it at each would cost more than sending. */
  #queue: (Uint8Array | undefined)[] = [];
  #taken = 0;
  /** What ZeroMQ is trying or waits with. */
  #current: Uint8Array | undefined;
  #outcome: Promise<void> = ROOM;
  #untilTurn = POSTED_FRAMES_PER_TURN_MAX;
  #room: Promise<void> | undefined;
  #makeRoom: (() => void) | undefined;

  constructor(socket: Dealer, options: PosterOptions) {
    this.#socket = socket;
    this.#options = options;
    // Exceptions in these would end the observer for good: they only take notes. An attempt that fails before the handshake
    // costs nothing: all waits in ZeroMQ for the next one.
    socket.events.on('handshake', () => (this.#isEstablished = true));
    socket.events.on('disconnect', () => this.#isEstablished && this.#lose());
    socket.connect(options.endpoint);
  }

  /** Resolves when the next may come; a caller who does not wait fills the queue. */
  post(frame: Uint8Array, body: Uint8Array | undefined): Promise<void> {
    if (this.#state === 'ended') return ROOM;
    if (body === undefined) {
      if (this.#state === 'free') {
        // By the time that a waiting caller goes on, ZeroMQ's answer has been heard: it was asked first.
        this.#try(frame);
        return ROOM;
      }
      this.#queue.push(frame);
    } else {
      this.#queue.push(OPENING, frame, body);
      if (this.#state === 'free') this.#next();
    }
    this.#room ??= new Promise((resolve) => (this.#makeRoom = resolve));
    return this.#room;
  }

  /** Hands over what takes no waiting, gives ZeroMQ `lingerMs` to send it, and closes. */
  async close(lingerMs: number): Promise<void> {
    this.#isClosing = true;
    if (this.#state === 'resting') this.#next();
    while (this.#state === 'trying') await this.#outcome;
    // Of what was cut off nothing may arrive any more: ZeroMQ would connect anew for the rest, without what was lost.
    this.#socket.linger = this.#state === 'ended' ? 0 : lingerMs;
    this.#end();
    this.#socket.close();
  }

  #try(message: Uint8Array): void {
    this.#state = 'trying';
    this.#send(message);
  }

  /** Without asking ZeroMQ first whether it has room, which costs more than the sending. */
  #send(message: Uint8Array): void {
    this.#current = message;
    this.#outcome = this.#socket.send(message).then(this.#onTaken, this.#onRefused);
  }

  readonly #onTaken = (): void => {
    if (this.#state === 'ended') return;
    this.#current = undefined;
    if (--this.#untilTurn > 0 || this.#isClosing) return this.#next();
    this.#state = 'resting';
    this.#untilTurn = POSTED_FRAMES_PER_TURN_MAX;
    void turn().then(() => this.#state === 'resting' && this.#next());
  };

  readonly #onRefused = (error: unknown): void => {
    if (this.#state === 'ended') return;
    // What is refused for another reason leaves a hole: no later post may be sent on this connection.
    if (this.#state !== 'trying' || this.#current === undefined || systemCode(error) !== 'EAGAIN') return this.#lose();
    this.#state = 'waiting';
    this.#socket.sendTimeout = -1;
    this.#send(this.#current);
    this.#socket.sendTimeout = 0;
  };

  #next(): void {
    const message = this.#queue[this.#taken];
    if (message !== undefined) {
      this.#queue[this.#taken++] = undefined;
      if (this.#taken === EMPTY_PLACES_MAX) {
        this.#queue = this.#queue.slice(this.#taken);
        this.#taken = 0;
      }
      return this.#try(message);
    }
    this.#state = 'free';
    this.#empty();
  }

  #lose(): void {
    if (this.#state === 'ended') return;
    this.#end();
    this.#options.lost();
  }

  #end(): void {
    this.#state = 'ended';
    this.#current = undefined;
    this.#empty();
  }

  #empty(): void {
    if (this.#queue.length > 0) this.#queue = [];
    this.#taken = 0;
    this.#makeRoom?.();
    this.#room = this.#makeRoom = undefined;
  }
}
