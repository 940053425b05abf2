/**
 * One end of a stream: both directions as methods, as Web Streams and as an async iterator, over one channel. What is not read
 * stays with the other end beyond a window; what cannot be sent yet makes `write()` wait. When it fails, everything here fails.
 */

import type { StreamEnd } from '../../talk/channel/answering.js';
import type { Channel } from '../../talk/channel/channel.js';
import { failure } from '../../talk/channel/failure.js';
import { POSTED_VALUE_BYTES_MAX, WRITTEN_BYTES_MAX } from '../../talk/limits.js';
import { SocommError, assert } from '../base/errors.js';
import type { InstanceId } from '../base/ids.js';
import type { Codec } from './codec.js';
import { writeValue } from './read-value.js';
import { errorOf, messageOf } from './request-error.js';

/** A stream of values between two instances, both ways: ordered, complete, and no faster than the other end reads. */
export interface TalkStream<Value> extends AsyncIterable<Value> {
  readonly name: string;
  /** The other end. */
  readonly with: InstanceId;
  /** What the other end writes. Cancelling it aborts the stream; so does leaving a `for await` loop before its end. */
  readonly readable: ReadableStream<Value>;
  /** The same as `write()`, `end()` and `abort()`. */
  readonly writable: WritableStream<Value>;
  /**
   * Resolves when there is room for more. With the codec `raw` the bytes arrive in pieces of at most 256 KiB, cut anywhere, and must
   * not be changed afterwards where they are many (16 KiB); with others each value arrives as one. Errors: SOCOMM_TOO_LARGE,
   * SOCOMM_QUEUE_FULL (64 MiB written without waiting), those of `closed`; a TypeError after `end()`, or from the codec.
   */
  write(value: Value): Promise<void>;
  /** Ends our direction; the other goes on. Resolves when all that was written has been handed over. */
  end(): Promise<void>;
  /** Ends both directions at once, here and there, where it is SOCOMM_STREAM_ABORTED with the reason's message. What is unread is lost. */
  abort(reason?: unknown): void;
  /** Resolves when both directions have ended. Errors: SOCOMM_STREAM_ABORTED, SOCOMM_PEER_LOST, SOCOMM_CLOSED, SOCOMM_VALUE_INVALID. */
  readonly closed: Promise<void>;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface TalkStreamTerms<Value> {
  readonly name: string;
  readonly codec: Codec<Value>;
  /** It is there: both ends know of it. */
  readonly opened: () => void;
  /** It failed. Called before anything else hears so. */
  readonly failed: (error: Error) => void;
}

const RAW = 'raw';

export class TalkStreamEnd<Value> implements TalkStream<Value> {
  readonly name: string;
  /** What its channel tells it. */
  readonly owner: StreamEnd = {
    begin: (channel) => {
      this.#channel = channel;
      if (!channel.isOpener) this.#terms.opened();
    },
    accepted: () => this.#terms.opened(),
    readable: () => this.#arrived?.(),
    writable: () => this.#goOn(),
    ended: (why) => {
      if (why !== undefined) return this.#fail(errorOf(why));
      this.#arrived?.();
      this.#closing.resolve();
    },
  };
  readonly closed: Promise<void>;
  readonly #terms: TalkStreamTerms<Value>;
  #channel: Channel | undefined;
  #error: Error | undefined;
  #isEnding = false;
  #readable: ReadableStream<Value> | undefined;
  #reading: ReadableStreamDefaultController<Value> | undefined;
  /** Whoever reads, and waits. */
  #arrived: (() => void) | undefined;
  #writable: WritableStream<Value> | undefined;
  #writing: WritableStreamDefaultController | undefined;
  /** Whoever writes, and waits for room. */
  readonly #roomWaiters: Waiter[] = [];
  readonly #endWaiters: Waiter[] = [];
  readonly #closing: Waiter;

  constructor(terms: TalkStreamTerms<Value>) {
    this.name = terms.name;
    this.#terms = terms;
    let closing: Waiter | undefined;
    this.closed = new Promise((resolve, reject) => (closing = { resolve, reject }));
    this.#closing = closing as unknown as Waiter;
    // Whoever does not look at it hears of the failure elsewhere.
    this.closed.catch(() => undefined);
  }

  get hasFailed(): boolean {
    return this.#error !== undefined;
  }

  get with(): InstanceId {
    return this.#open.other as InstanceId;
  }

  get readable(): ReadableStream<Value> {
    this.#readable ??= new ReadableStream<Value>(
      {
        start: (controller) => {
          this.#reading = controller;
          if (this.#error !== undefined) controller.error(this.#error);
        },
        pull: (controller) => this.#pull(controller),
        cancel: (reason) => this.abort(reason),
      },
      // Nothing is taken before somebody reads: the window is buffer enough.
      { highWaterMark: 0 },
    );
    return this.#readable;
  }

  get writable(): WritableStream<Value> {
    this.#writable ??= new WritableStream<Value>({
      start: (controller) => {
        this.#writing = controller;
        if (this.#error !== undefined) controller.error(this.#error);
      },
      write: (value) => this.#writeOrAbort(value),
      close: () => this.end(),
      abort: (reason) => this.abort(reason),
    });
    return this.#writable;
  }

  [Symbol.asyncIterator](): AsyncIterator<Value> {
    return this.readable[Symbol.asyncIterator]();
  }

  write(value: Value): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#isEnding) return Promise.reject(new TypeError(`this end of the stream '${this.name}' was ended: nothing can be written`));
    const channel = this.#open;
    try {
      this.#send(channel, value);
    } catch (error) {
      return Promise.reject(error);
    }
    return channel.isRoomy ? Promise.resolve() : this.#waitIn(this.#roomWaiters);
  }

  /** Whoever pipes cannot go on after a value that failed, and a Web Stream tells nobody else of it: the other end would wait for ever. */
  async #writeOrAbort(value: Value): Promise<void> {
    try {
      await this.write(value);
    } catch (error) {
      // The pipe itself fails with what is wrong with the value.
      this.#writing = undefined;
      if (!this.#isEnding) this.abort(error);
      throw error;
    }
  }

  end(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    this.#isEnding = true;
    const channel = this.#open;
    channel.finish();
    return channel.isAllSaid ? Promise.resolve() : this.#waitIn(this.#endWaiters);
  }

  abort(reason?: unknown): void {
    if (this.#open.isOver || this.#error !== undefined) return;
    const message = reason === undefined ? `the stream '${this.name}' was aborted` : messageOf(reason);
    this.#open.abort(failure('SOCOMM_STREAM_ABORTED', message));
    this.#fail(new SocommError('SOCOMM_STREAM_ABORTED', message, { cause: reason }));
  }

  #goOn(): void {
    for (const { resolve } of this.#roomWaiters.splice(0)) resolve();
    if (this.#open.isAllSaid) for (const { resolve } of this.#endWaiters.splice(0)) resolve();
  }

  get #open(): Channel {
    assert(this.#channel !== undefined, 'a stream is used once it is open');
    return this.#channel;
  }

  #send(channel: Channel, value: Value): void {
    const { codec } = this.#terms;
    const bytes = writeValue(codec, value);
    const isDivisible = codec.name === RAW;
    if (isDivisible && bytes.length === 0) return;
    if (!isDivisible && bytes.length > POSTED_VALUE_BYTES_MAX) {
      const message = `a value of ${bytes.length} bytes: at most ${POSTED_VALUE_BYTES_MAX} go at once; the codec raw() has no such limit`;
      throw new SocommError('SOCOMM_TOO_LARGE', message);
    }
    if (channel.unsentBytes >= WRITTEN_BYTES_MAX) {
      throw new SocommError('SOCOMM_QUEUE_FULL', `${channel.unsentBytes} bytes wait to be sent: wait for what write() returns`);
    }
    channel.send(bytes, { isDivisible });
  }

  async #pull(controller: ReadableStreamDefaultController<Value>): Promise<void> {
    for (;;) {
      const bytes = this.#open.take();
      if (bytes !== undefined) this.#give(controller, bytes);
      else if (this.#error === undefined && this.#open.isReadOut) controller.close();
      if (bytes !== undefined || this.#error !== undefined || this.#open.isReadOut) return;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
      this.#arrived = undefined;
    }
  }

  #give(controller: ReadableStreamDefaultController<Value>, bytes: Uint8Array): void {
    let value: Value;
    try {
      value = this.#terms.codec.decode(bytes);
    } catch (cause) {
      const message = `a value of the stream '${this.name}' does not decode: ${messageOf(cause)}`;
      this.#open.abort(failure('SOCOMM_VALUE_INVALID', message));
      return this.#fail(new SocommError('SOCOMM_VALUE_INVALID', message, { cause }));
    }
    controller.enqueue(value);
  }

  #waitIn(waiters: Waiter[]): Promise<void> {
    return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
  }

  #fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#terms.failed(error);
    this.#reading?.error(error);
    this.#writing?.error(error);
    this.#arrived?.();
    for (const { reject } of [...this.#roomWaiters.splice(0), ...this.#endWaiters.splice(0)]) reject(error);
    this.#closing.reject(error);
  }
}
