/**
 * A handler at work on one call: the input is decoded, the handler runs, and what it returns goes out as one answer or, where it
 * is an async iterable, as a stream of them, no faster than they are taken. Whatever it throws ends with the call.
 */

import type { Call, CallWorker } from '../../talk/channel/call.js';
import { failure } from '../../talk/channel/failure.js';
import type { Failure } from '../../talk/channel/failure.js';
import { POSTED_VALUE_BYTES_MAX } from '../../talk/limits.js';
import { SocommError } from '../base/errors.js';
import type { InstanceId } from '../base/ids.js';
import type { Codec } from './codec.js';
import { writeValue } from './read-value.js';
import { errorOf, failureOf, messageOf } from './request-error.js';

export interface RequestContext {
  readonly from: InstanceId;
  /** Aborted when who asked does not want an answer any more, or is gone. */
  readonly signal: AbortSignal;
}

export type RequestHandler<Input, Output> = (input: Input, context: RequestContext) => Output | Promise<Output> | AsyncIterable<Output>;

export interface Craft {
  readonly input: Codec<unknown>;
  readonly output: Codec<unknown>;
  readonly handler: RequestHandler<unknown, unknown>;
}

export class CallWork implements CallWorker, RequestContext {
  readonly from: InstanceId;
  readonly #call: Call;
  readonly #craft: Craft;
  #controller: AbortController | undefined;
  #cancelledBy: Failure | undefined;
  #iterator: AsyncIterator<unknown> | undefined;
  #roomMade: (() => void) | undefined;

  constructor(call: Call, craft: Craft) {
    this.from = call.from;
    this.#call = call;
    this.#craft = craft;
  }

  /** Made when it is asked for: most handlers never look at it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancelledBy !== undefined) this.#controller.abort(errorOf(this.#cancelledBy));
    }
    return this.#controller.signal;
  }

  begin(): void {
    this.#call.work(this);
    let input: unknown;
    try {
      input = this.#craft.input.decode(this.#call.input);
    } catch (error) {
      return this.#end(failure('SOCOMM_VALUE_INVALID', `the input does not decode: ${messageOf(error)}`));
    }
    try {
      const result = this.#craft.handler(input, this);
      if (isThenable(result)) void result.then(this.#answer, this.#fail);
      else this.#answer(result);
    } catch (error) {
      this.#fail(error);
    }
  }

  cancelled(why: Failure): void {
    this.#cancelledBy = why;
    this.#controller?.abort(errorOf(why));
    this.#roomMade?.();
    if (this.#iterator !== undefined) void this.#leave(this.#iterator);
  }

  writable(): void {
    this.#roomMade?.();
  }

  readonly #answer = (result: unknown): void => {
    try {
      if (isAsyncIterable(result)) return void this.#answerMany(result);
      this.#call.answer(this.#encode(result), { isLast: true });
      this.#call.done();
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #fail = (error: unknown): void => this.#end(isOurs(error) ? failure(error.code, error.message) : failureOf(error));

  #end(why: Failure): void {
    this.#call.fail(why);
    this.#call.done();
  }

  async #answerMany(iterable: AsyncIterable<unknown>): Promise<void> {
    try {
      const iterator = (this.#iterator = iterable[Symbol.asyncIterator]());
      if (!this.#call.isStreamWanted) {
        this.#call.fail(failure('SOCOMM_ANSWER_STREAMED', 'the handler answers with a stream: take it with requestStream()'));
        await this.#leave(iterator);
      } else if (this.#cancelledBy === undefined) await this.#pass(iterator);
    } catch (error) {
      this.#call.fail(isOurs(error) ? failure(error.code, error.message) : failureOf(error));
    }
    this.#call.done();
  }

  async #pass(iterator: AsyncIterator<unknown>): Promise<void> {
    for (;;) {
      const next: IteratorResult<unknown> = await iterator.next();
      if (this.#cancelledBy !== undefined) return;
      if (next.done === true) {
        this.#call.finish();
        return;
      }
      await this.#say(next.value, iterator);
    }
  }

  async #say(value: unknown, iterator: AsyncIterator<unknown>): Promise<void> {
    let bytes: Uint8Array;
    try {
      bytes = this.#encode(value);
    } catch (error) {
      await this.#leave(iterator);
      throw error;
    }
    this.#call.answer(bytes);
    if (!this.#call.isRoomy && this.#cancelledBy === undefined) {
      await new Promise<void>((resolve) => (this.#roomMade = resolve));
      this.#roomMade = undefined;
    }
  }

  /** Its `finally` runs; a generator that is still at work gets there when it is done with that. */
  async #leave(iterator: AsyncIterator<unknown>): Promise<void> {
    try {
      await iterator.return?.();
    } catch (error) {
      this.#cancelledBy ??= failureOf(error); // nobody is left to hear what it throws at its end
    }
  }

  #encode(value: unknown): Uint8Array {
    const bytes = writeValue(this.#craft.output, value);
    if (bytes.length <= POSTED_VALUE_BYTES_MAX) return bytes;
    throw new OurFailure(
      'SOCOMM_TOO_LARGE',
      `an answer of ${bytes.length} bytes: at most ${POSTED_VALUE_BYTES_MAX} go in one; use a stream`,
    );
  }
}

/** Said by us on behalf of the handler, and no error of its own. */
class OurFailure extends SocommError {}

function isOurs(error: unknown): error is OurFailure {
  return error instanceof OurFailure;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator] === 'function'
  );
}
