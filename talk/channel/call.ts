/**
 * A request at the end that answers: it gathers its input, waits for its handler, is worked at, and is over. Whatever ends the
 * channel meanwhile (who asked gave up, or is gone) is told to whoever works at it; the handler's place is free when he is done.
 */

import type { InstanceId } from '../../src/base/ids.js';
import type { Channel, ChannelOwner } from './channel.js';
import { failure } from './failure.js';
import type { Failure } from './failure.js';
import type { SendOptions } from './outgoing.js';

/** Where the call waits and works. */
export interface CallHost {
  /** Its input is whole. */
  ready(call: Call): void;
  /** It no longer waits. */
  withdrawn(call: Call): void;
  /** Nobody works at it any more. */
  done(call: Call): void;
}

/** Whoever works at it hears these. Neither may throw. */
export interface CallWorker {
  /** The answers are no longer wanted. */
  cancelled(failure: Failure): void;
  /** There is room for a further answer, after there was none. */
  writable(): void;
}

export class Call implements ChannelOwner {
  readonly from: InstanceId;
  /** Who asked takes any number of answers. */
  readonly isStreamWanted: boolean;
  input: Uint8Array = new Uint8Array(0);
  readonly #host: CallHost;
  #channel: Channel | undefined;
  #worker: CallWorker | undefined;
  #state: 'gathering' | 'waiting' | 'working' | 'done' = 'gathering';

  constructor(host: CallHost, from: InstanceId, isStreamWanted: boolean) {
    this.#host = host;
    this.from = from;
    this.isStreamWanted = isStreamWanted;
  }

  begin(channel: Channel): void {
    this.#channel = channel;
  }

  /** From now on the worker hears what happens, and calls `done()` in the end. */
  work(worker: CallWorker): void {
    this.#worker = worker;
    this.#state = 'working';
  }

  get isOver(): boolean {
    return this.#channel?.isOver !== false;
  }

  get isRoomy(): boolean {
    return this.#channel?.isRoomy !== false;
  }

  answer(bytes: Uint8Array, options?: SendOptions): void {
    this.#channel?.send(bytes, options);
  }

  finish(): void {
    this.#channel?.finish();
  }

  fail(why: Failure): void {
    this.#channel?.abort(why);
  }

  /** Idempotent. */
  done(): void {
    if (this.#state === 'done') return;
    this.#state = 'done';
    this.#host.done(this);
  }

  accepted(): void {
    // The opener hears this; we are the other end.
  }

  readable(): void {
    const input = this.#channel?.take();
    if (input === undefined) return;
    if (this.#state !== 'gathering') return this.fail(failure('SOCOMM_VALUE_INVALID', 'a request has one input'));
    this.input = input;
    this.#state = 'waiting';
    this.#host.ready(this);
  }

  writable(): void {
    this.#worker?.writable();
  }

  ended(why: Failure | undefined): void {
    if (why === undefined || this.#state === 'done') return;
    if (this.#state === 'working') return this.#worker?.cancelled(why);
    if (this.#state === 'waiting') this.#host.withdrawn(this);
  }
}
