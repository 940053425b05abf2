/** A request that waits for its one answer: settles exactly once, and leaves no timer or listener behind. */

import type { Exchange } from '../../talk/channel/asking.js';
import type { ChannelOwner } from '../../talk/channel/channel.js';
import { failure } from '../../talk/channel/failure.js';
import type { Failure } from '../../talk/channel/failure.js';
import type { Clock } from '../base/clock.js';
import { SocommError } from '../base/errors.js';
import type { Codec } from './codec.js';
import { watchPatience } from './giving-up.js';
import type { Patience } from './giving-up.js';
import { errorOf, messageOf } from './request-error.js';

export interface AnswerTerms extends Patience {
  readonly clock: Clock;
  readonly codec: Codec<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class OneAnswer implements ChannelOwner {
  readonly #terms: AnswerTerms;
  #exchange: Exchange | undefined;
  #endWatch: (() => void) | undefined;
  #isSettled = false;

  constructor(terms: AnswerTerms) {
    this.#terms = terms;
  }

  /** `ask` may throw, and may end it at once. */
  begin(ask: (owner: ChannelOwner) => Exchange): void {
    const { clock, signal, reject } = this.#terms;
    if (signal?.aborted === true) return reject(signal.reason);
    this.#exchange = ask(this);
    if (this.#isSettled) return;
    this.#endWatch = watchPatience(clock, this.#terms, (reason, told) => {
      this.#exchange?.abort(told);
      this.#settle();
      reject(reason);
    });
  }

  accepted(): void {
    // Of streams only.
  }

  writable(): void {
    // The input is all that we say.
  }

  readable(): void {
    const bytes = this.#exchange?.take();
    if (bytes === undefined || this.#isSettled) return;
    const { codec, resolve, reject } = this.#terms;
    if (this.#exchange?.isReadOut === false) this.#exchange.abort(failure('SOCOMM_ANSWER_STREAMED', 'one answer was asked for'));
    this.#settle();
    try {
      resolve(codec.decode(bytes));
    } catch (cause) {
      reject(new SocommError('SOCOMM_VALUE_INVALID', `the answer does not decode: ${messageOf(cause)}`, { cause }));
    }
  }

  ended(why: Failure | undefined): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#terms.reject(errorOf(why ?? failure('SOCOMM_VALUE_INVALID', 'the request ended without an answer')));
  }

  #settle(): void {
    this.#isSettled = true;
    this.#endWatch?.();
  }
}
