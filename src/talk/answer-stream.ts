/** The answers of one request, one by one as they are asked for. Nothing is asked before the first `next()`. */

import type { Exchange } from '../../talk/channel/asking.js';
import type { ChannelOwner } from '../../talk/channel/channel.js';
import { failure } from '../../talk/channel/failure.js';
import type { Failure } from '../../talk/channel/failure.js';
import type { Clock } from '../base/clock.js';
import { SocommError } from '../base/errors.js';
import type { Codec } from './codec.js';
import { cancelled, watchPatience } from './giving-up.js';
import type { Patience } from './giving-up.js';
import { errorOf, messageOf } from './request-error.js';

export interface AnswerStreamTerms extends Patience {
  readonly clock: Clock;
  readonly codec: Codec<unknown>;
  /** May throw, and may end it at once. */
  readonly ask: (owner: ChannelOwner) => Exchange;
}

type Result<Value> = IteratorResult<Value, undefined>;
type Waiter<Value> = { readonly resolve: (result: Result<Value>) => void; readonly reject: (error: unknown) => void };

export class AnswerStream<Value> implements AsyncIterableIterator<Value, undefined>, ChannelOwner {
  readonly #terms: AnswerStreamTerms;
  /** Calls of `next()` that wait, in order. */
  readonly #waiting: Waiter<Value>[] = [];
  #exchange: Exchange | undefined;
  #endWatch: (() => void) | undefined;
  #state: 'new' | 'asked' | 'failed' | 'done' = 'new';
  #error: unknown;

  constructor(terms: AnswerStreamTerms) {
    this.#terms = terms;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<Value>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#state === 'new') this.#ask();
      this.#serve();
    });
  }

  /** Cancels the handler. */
  return(): Promise<Result<Value>> {
    this.#end(cancelled(undefined));
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<Result<Value>> {
    this.#end(cancelled(error));
    return Promise.reject(error);
  }

  accepted(): void {
    // Of streams only.
  }

  writable(): void {
    // The input is all that we say.
  }

  readable(): void {
    this.#serve();
  }

  ended(why: Failure | undefined): void {
    this.#endWatch?.();
    if (why !== undefined) this.#fail(errorOf(why));
    else this.#serve();
  }

  #ask(): void {
    const { clock, signal, ask } = this.#terms;
    this.#state = 'asked';
    try {
      signal?.throwIfAborted();
      this.#exchange = ask(this);
    } catch (error) {
      return this.#fail(error);
    }
    if (this.#isOver) return;
    this.#endWatch = watchPatience(clock, this.#terms, (reason, told) => {
      this.#exchange?.abort(told);
      this.#fail(reason);
    });
  }

  get #isOver(): boolean {
    return this.#state === 'failed' || this.#state === 'done';
  }

  /** One function decides what each who waits gets. */
  #serve(): void {
    for (let waiter = this.#waiting[0]; waiter !== undefined; waiter = this.#waiting[0]) {
      if (this.#state === 'failed') {
        // Told once; whoever goes on asking hears that it is over.
        this.#state = 'done';
        waiter.reject(this.#error);
      } else if (this.#state === 'done') waiter.resolve({ done: true, value: undefined });
      else if (!this.#hand(waiter)) return;
      this.#waiting.shift();
    }
  }

  /** False: it has to wait. */
  #hand(waiter: Waiter<Value>): boolean {
    const bytes = this.#exchange?.take();
    if (bytes === undefined) {
      if (this.#exchange?.isReadOut !== true) return false;
      this.#state = 'done';
      waiter.resolve({ done: true, value: undefined });
      return true;
    }
    try {
      waiter.resolve({ done: false, value: this.#terms.codec.decode(bytes) as Value });
    } catch (cause) {
      const message = `an answer does not decode: ${messageOf(cause)}`;
      this.#end(failure('SOCOMM_VALUE_INVALID', message));
      waiter.reject(new SocommError('SOCOMM_VALUE_INVALID', message, { cause }));
    }
    return true;
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#state = 'failed';
    this.#error = error;
    this.#serve();
  }

  #end(told: Failure): void {
    this.#endWatch?.();
    this.#exchange?.abort(told);
    this.#state = 'done';
    queueMicrotask(() => this.#serve());
  }
}
