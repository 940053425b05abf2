/** A DEALER to one peer: made at the first request, closed by its owner when it has been idle for long. */

import type { Clock } from '../../src/base/clock.js';
import type { PeerId } from '../../src/base/ids.js';
import { ReceiveLoop } from './receive-loop.js';
import { refusalOf, type Refused } from './refusal.js';
import type { Dealer } from './sockets.js';

/** Without a request or a response for so long, the socket is given back. */
export const REQUESTER_IDLE_MS = 30_000;

export interface RequesterListener {
  responded(from: PeerId, frame: Buffer): void;
  lost(peer: PeerId): void;
  idle(peer: PeerId): void;
  readonly dropped: Refused;
}

export interface RequesterOptions {
  readonly peer: PeerId;
  readonly endpoint: string;
  readonly clock: Clock;
  readonly listener: RequesterListener;
}

export class Requester {
  readonly #socket: Dealer;
  readonly #options: RequesterOptions;
  readonly #loop: ReceiveLoop;
  #usedAtMs: number;
  #stopTimer: () => void;

  constructor(socket: Dealer, options: RequesterOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#usedAtMs = options.clock.now();
    try {
      // An exception in here would end the observer for good: it only takes a note.
      socket.events.on('disconnect', () => options.listener.lost(options.peer));
      socket.connect(options.endpoint);
    } catch (error) {
      // Nobody has this requester to close it, and its owner makes another at the next request.
      socket.close();
      throw error;
    }
    this.#loop = new ReceiveLoop(socket, (parts) => this.#received(parts));
    // Last: a timer of a requester that does not come about would call its owner about nothing.
    this.#stopTimer = this.#checkAfter(REQUESTER_IDLE_MS);
  }

  request(frame: Uint8Array): void {
    this.#usedAtMs = this.#options.clock.now();
    this.#socket.send(frame).catch((error: unknown) => {
      this.#options.listener.dropped(refusalOf(error), `a request to peer ${this.#options.peer} was refused`);
    });
  }

  caughtUp(): Promise<void> {
    return this.#loop.caughtUp();
  }

  async close(lingerMs: number): Promise<void> {
    this.#stopTimer();
    this.#socket.linger = lingerMs;
    this.#socket.close();
    await this.#loop.ended;
  }

  #received(parts: readonly Buffer[]): void {
    const [frame] = parts;
    this.#usedAtMs = this.#options.clock.now();
    if (parts.length === 1 && frame !== undefined) this.#options.listener.responded(this.#options.peer, frame);
    else this.#options.listener.dropped('foreign', `a response of ${parts.length} parts`);
  }

  /** One timer that looks again, instead of one that is set anew by each frame. */
  #checkAfter(delayMs: number): () => void {
    const { clock, listener, peer } = this.#options;
    return clock.after(delayMs, () => {
      const restMs = this.#usedAtMs + REQUESTER_IDLE_MS - clock.now();
      if (restMs <= 0) listener.idle(peer);
      else this.#stopTimer = this.#checkAfter(restMs);
    });
  }
}
