/**
 * Reads a socket until it is closed, and knows when it has caught up.
 *
 * A `receive()` that may wait first asks libzmq whether there is something, which costs as much as the reading. So
 * while messages come without a gap the loop reads without asking, until it is told that there is nothing (half as
 * many messages again per second). Whether there is a gap has to be asked too: only now and then, so that an answer
 * that comes alone is not made to wait for it. Every turn is limited: the rest of the process wants to run too.
 *
 * What a message set off in microtasks, an answer to it above all, is done before the next is asked for: to ask and to wait for the
 * socket takes longer than most answers do.
 */

import { systemCode } from '../../src/base/errors.js';
import { microtasksRun, turn } from '../../src/base/turn.js';

/** What the loop needs of a socket of the package. */
export interface ReadableSocket {
  readonly closed: boolean;
  /** Asking clears the signal that a waiting `receive()` depends on: only ever between two of them. */
  readonly readable: boolean;
  receiveTimeout: number;
  receive(): Promise<Buffer[]>;
}

/** After so many messages the loop looks whether the next is there already … */
const MESSAGES_PER_LOOK = 4;
/** … and after so many looks that found one it stops asking. */
const LOOKS_WITHOUT_GAP = 2;
const MESSAGES_PER_TURN_MAX = 512;
/** A frame may hold thousands of an application's messages, and whoever reads them one by one wants its turn. */
const BYTES_PER_TURN_MAX = 256 * 1024;
/** Turns without a message after which all that had arrived must have been read. */
const QUIET_TURNS = 2;
/** Turns that `caughtUp()` waits at most where others keep sending. */
const CATCH_UP_TURNS_MAX = 100;

export class ReceiveLoop {
  /** Resolves when the socket is closed. */
  readonly ended: Promise<void>;
  readonly #socket: ReadableSocket;
  readonly #received: (parts: Buffer[]) => void | Promise<void>;
  #count = 0;
  /** Since the loop of the process last had its turn from here. */
  #messages = 0;
  #bytes = 0;

  /** `received` must not throw. Where it returns a promise, nothing is read until that resolves. */
  constructor(socket: ReadableSocket, received: (parts: Buffer[]) => void | Promise<void>) {
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
      let looksWithoutGap = 0;
      while (!this.#socket.closed) {
        for (let messages = 0; messages < MESSAGES_PER_LOOK && !this.#socket.closed; messages++) {
          await (this.#took(await this.#socket.receive()) ?? microtasksRun());
        }
        looksWithoutGap = !this.#socket.closed && this.#socket.readable ? looksWithoutGap + 1 : 0;
        if (looksWithoutGap < LOOKS_WITHOUT_GAP) continue;
        looksWithoutGap = 0;
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
      while (!this.#socket.closed) {
        const pause = this.#took(await this.#socket.receive());
        if (pause !== undefined) await pause;
      }
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
      if (!this.#socket.closed) this.#socket.receiveTimeout = -1;
    }
  }

  /** What is to be waited for before the next is read: mostly nothing. */
  #took(parts: Buffer[]): Promise<void> | undefined {
    this.#count++;
    this.#messages++;
    this.#bytes += sizeOf(parts);
    const pause = this.#received(parts) ?? undefined;
    if (this.#messages < MESSAGES_PER_TURN_MAX && this.#bytes < BYTES_PER_TURN_MAX) return pause;
    this.#messages = 0;
    this.#bytes = 0;
    return pause === undefined ? turn() : pause.then(turn);
  }
}

function sizeOf(parts: readonly Buffer[]): number {
  return parts.length === 1 ? (parts[0]?.length ?? 0) : parts.reduce((sum, { length }) => sum + length, 0);
}
