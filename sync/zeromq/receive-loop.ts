/**
 * Reads a socket until it is closed, and knows when it has caught up.
 *
 * A `receive()` that may wait first asks libzmq whether there is something, which costs as much as the reading. So
 * after a few messages without a gap the loop reads without asking, until it is told that there is nothing (half as
 * many messages again per second). Every turn is limited: the rest of the process wants to run too.
 */

import { systemCode } from '../../src/base/errors.js';
import { turn } from '../../src/base/turn.js';

/** What the loop needs of a socket of the package. */
export interface ReadableSocket {
  readonly closed: boolean;
  /** Asking clears the signal that a waiting `receive()` depends on: only ever between two of them. */
  readonly readable: boolean;
  receiveTimeout: number;
  receive(): Promise<Buffer[]>;
}

/** Messages without a gap after which the loop stops asking. */
const GAPLESS_MESSAGES = 8;
const MESSAGES_PER_TURN_MAX = 512;
/** Turns without a message after which all that had arrived must have been read. */
const QUIET_TURNS = 2;
/** Turns that `caughtUp()` waits at most where others keep sending. */
const CATCH_UP_TURNS_MAX = 100;

export class ReceiveLoop {
  /** Resolves when the socket is closed. */
  readonly ended: Promise<void>;
  readonly #socket: ReadableSocket;
  readonly #received: (parts: Buffer[]) => void;
  #count = 0;

  /** `received` must not throw. */
  constructor(socket: ReadableSocket, received: (parts: Buffer[]) => void) {
    this.#socket = socket;
    this.#received = received;
    this.ended = this.#run();
  }

  /** Resolves when what arrived before the call has been read: turns of the event loop have passed without a message. */
  async caughtUp(): Promise<void> {
    let quietTurns = 0;
    for (let turns = 0; turns < CATCH_UP_TURNS_MAX && quietTurns < QUIET_TURNS; turns++) {
      const before = this.#count;
      await turn();
      quietTurns = this.#count === before ? quietTurns + 1 : 0;
    }
  }

  async #run(): Promise<void> {
    try {
      let gapless = 0;
      while (!this.#socket.closed) {
        this.#take(await this.#socket.receive());
        gapless = !this.#socket.closed && this.#socket.readable ? gapless + 1 : 0;
        if (gapless < GAPLESS_MESSAGES) continue;
        gapless = 0;
        await this.#readUntilEmpty();
      }
    } catch (error) {
      // Closing ends a waiting `receive()` with EAGAIN.
      if (!this.#socket.closed || systemCode(error) !== 'EAGAIN') throw error;
    }
  }

  async #readUntilEmpty(): Promise<void> {
    this.#socket.receiveTimeout = 0;
    try {
      for (let messages = 1; !this.#socket.closed; messages++) {
        this.#take(await this.#socket.receive());
        if (messages % MESSAGES_PER_TURN_MAX === 0) await turn();
      }
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
      if (!this.#socket.closed) this.#socket.receiveTimeout = -1;
    }
  }

  #take(parts: Buffer[]): void {
    this.#count++;
    this.#received(parts);
  }
}
