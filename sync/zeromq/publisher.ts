/**
 * Our XPUB of a lane: published frames go out, subscriptions come in. It must be read in a loop, or subscriptions are never
 * processed.
 *
 * ZeroMQ takes every frame at once and drops at its mark, in silence. So frames are handed over at a measured pace, so
 * many per turn, for its thread to keep up; what comes on top waits here, in order, within a limit. The usual frame
 * finds an empty queue and goes straight through, without a promise of ours.
 */

import { turn } from '../../src/base/turn.js';
import { KEY_BYTES_MAX, sealed } from './envelope.js';
import { ReceiveLoop } from './receive-loop.js';
import { refusalOf, tellForeigners, type Refused } from './refusal.js';
import type { XPublisher } from './sockets.js';

/** What is handed to ZeroMQ in one turn of the event loop. */
export const PUBLISHED_FRAMES_PER_TURN_MAX = 512;
export const PUBLISHED_BYTES_PER_TURN_MAX = 8 * 1024 * 1024;
/** Before so much was handed over nobody looks for the end of the turn, which costs the loop a round: what counts as one turn's may come from a few. */
export const PUBLISHED_FRAMES_BEFORE_TURN = 16;
export const PUBLISHED_BYTES_BEFORE_TURN = 64 * 1024;
/** What waits for the next turns. A single frame is always taken, whatever its size. */
export const PUBLISHED_QUEUE_FRAMES_MAX = 16_384;
export const PUBLISHED_QUEUE_BYTES_MAX = 64 * 1024 * 1024;

const HANDED_OVER = Promise.resolve();
const SUBSCRIBE = 1;
const UNSUBSCRIBE = 0;

export interface PublisherListener {
  subscribed(key: string): void;
  readonly dropped: Refused;
}

export class Publisher {
  readonly #socket: XPublisher;
  readonly #listener: PublisherListener;
  readonly #loop: ReceiveLoop;
  readonly #onRefusal = (error: unknown): void => this.#listener.dropped(refusalOf(error), 'a published frame was refused');
  readonly #onFull = (): void => this.#listener.dropped('queue-full', 'frames are published faster than they can be sent');
  readonly #onTurn = (): void => this.#nextTurn();
  #framesThisTurn = 0;
  #bytesThisTurn = 0;
  #isTurnAwaited = false;
  #queue: Uint8Array[] = [];
  #queueBytes = 0;
  #room: Promise<void> | undefined;
  #makeRoom: (() => void) | undefined;

  constructor(socket: XPublisher, listener: PublisherListener) {
    this.#socket = socket;
    this.#listener = listener;
    tellForeigners(socket, listener.dropped);
    this.#loop = new ReceiveLoop(socket, (parts) => this.#received(parts));
  }

  /** Resolves when the next frame may come; a caller who does not wait fills the queue. */
  publish(key: string, frame: Uint8Array, body: Uint8Array | undefined): Promise<void> {
    const message = sealed(key, frame, body);
    // Whatever waits has used up the pace of this turn: nothing overtakes it.
    if (this.#hasPace()) {
      this.#send(message);
      return this.#hasPace() ? HANDED_OVER : this.#untilRoom();
    }
    const isFull = this.#queue.length >= PUBLISHED_QUEUE_FRAMES_MAX || this.#queueBytes + message.byteLength > PUBLISHED_QUEUE_BYTES_MAX;
    if (isFull && this.#queue.length > 0) {
      queueMicrotask(this.#onFull);
    } else {
      this.#queue.push(message);
      this.#queueBytes += message.byteLength;
    }
    return this.#untilRoom();
  }

  /** Hands over what waits, gives ZeroMQ `lingerMs` to send it, and closes. */
  async close(lingerMs: number): Promise<void> {
    for (const message of this.#queue.splice(0)) this.#send(message);
    this.#makeRoom?.();
    this.#socket.linger = lingerMs;
    this.#socket.close();
    await this.#loop.ended;
  }

  #send(message: Uint8Array): void {
    this.#framesThisTurn++;
    this.#bytesThisTurn += message.byteLength;
    if (this.#framesThisTurn >= PUBLISHED_FRAMES_BEFORE_TURN || this.#bytesThisTurn >= PUBLISHED_BYTES_BEFORE_TURN) this.#awaitTurn();
    this.#socket.send(message).catch(this.#onRefusal);
  }

  #hasPace(): boolean {
    return this.#framesThisTurn < PUBLISHED_FRAMES_PER_TURN_MAX && this.#bytesThisTurn < PUBLISHED_BYTES_PER_TURN_MAX;
  }

  #untilRoom(): Promise<void> {
    this.#room ??= new Promise((resolve) => (this.#makeRoom = resolve));
    return this.#room;
  }

  #awaitTurn(): void {
    if (this.#isTurnAwaited) return;
    this.#isTurnAwaited = true;
    void turn().then(this.#onTurn);
  }

  #nextTurn(): void {
    this.#isTurnAwaited = false;
    this.#framesThisTurn = 0;
    this.#bytesThisTurn = 0;
    if (this.#socket.closed) return;
    let taken = 0;
    for (; taken < this.#queue.length && this.#hasPace(); taken++) {
      const message = this.#queue[taken] as Uint8Array;
      this.#queueBytes -= message.byteLength;
      this.#send(message);
    }
    this.#queue = taken < this.#queue.length ? this.#queue.slice(taken) : [];
    if (this.#queue.length > 0) return;
    this.#makeRoom?.();
    this.#room = this.#makeRoom = undefined;
  }

  /** A subscription is one part: 1 or 0, then the key. Anything else is none of ours. */
  #received(parts: readonly Buffer[]): void {
    const [message] = parts;
    const verb = message?.[0];
    if (message === undefined || parts.length !== 1 || message.length > KEY_BYTES_MAX + 1) return this.#foreign();
    if (verb === UNSUBSCRIBE) return;
    const key = message.toString('latin1', 1);
    if (verb !== SUBSCRIBE || !/^[\x21-\x7e]+$/.test(key)) return this.#foreign();
    this.#listener.subscribed(key);
  }

  #foreign(): void {
    this.#listener.dropped('foreign', 'the publisher received what is no subscription');
  }
}
