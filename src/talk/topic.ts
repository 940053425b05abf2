/**
 * Topics as they are used: values of a codec, published and subscribed to. Order, losses and who gets what are talk/broadcasts.ts;
 * waiting for a reader is src/talk/subscription.ts.
 */

import type { InstanceId, PeerId } from '../base/ids.js';
import { isPeerId } from '../base/ids.js';
import type { SocommError } from '../base/errors.js';
import type { Codec } from './codec.js';
import type { ConversationHost } from './conversation-host.js';
import { writeValue } from './read-value.js';
import { TopicListener } from './topic-listener.js';
import { TopicSubscription } from './subscription.js';

export interface Message<Value> {
  readonly value: Value;
  readonly from: InstanceId;
  readonly topic: string;
  /** How many messages of this sender's peer on this topic were lost before this one: on the way, or because the buffer was full. */
  readonly missed: number;
}

export interface Missed {
  readonly from: PeerId;
  readonly topic: string;
  readonly count: number;
}

/** Why a message was not handed over: it was no value, or from another codec. */
export interface TalkFailure {
  /** `SOCOMM_VALUE_INVALID` or `SOCOMM_CODEC_MISMATCH`. */
  readonly error: SocommError;
  readonly from: InstanceId;
  readonly topic: string;
}

export interface SubscribeOptions {
  /** Ends the subscription, as `end()` does: a loop over it ends, and nothing is thrown. */
  readonly signal?: AbortSignal;
  /** Messages that wait for a slow reader. Default: 16,384. Besides, 64 MiB of them. */
  readonly bufferMax?: number;
  /** What happens beyond that: the oldest goes (default), the newest goes, or the subscription ends with SOCOMM_OVERFLOW. */
  readonly onOverflow?: 'drop-oldest' | 'drop-newest' | 'end';
  /** Also what this very instance publishes. Default: false. */
  readonly includeOwn?: boolean;
  /** Losses as they become known, also those behind which nothing came. */
  readonly onMissed?: (missed: Missed) => void;
  /** Default: a `warning` event with the code `value-unreadable`, once in a while for each sender. */
  readonly onError?: (failure: TalkFailure) => void;
}

export interface PublishOptions {
  /** Only to this peer's subscribers, or to this instance. */
  readonly to?: PeerId | InstanceId;
}

/** Messages as they come: `for await (const { value, from } of subscription)`. Breaking out of the loop ends it. */
export interface Subscription<Item> extends AsyncIterableIterator<Item> {
  /** Resolves when all who are linked have confirmed it: what they publish from then on comes, or is counted as missed. Also when it ends. */
  readonly ready: Promise<void>;
  /** All that was missed so far. */
  readonly missed: number;
  /** Idempotent. What waits is dropped, and a loop over it ends. */
  end(): void;
  /** The same, for `break` and `await using`. */
  return(): Promise<IteratorResult<Item>>;
  [Symbol.asyncDispose](): Promise<void>;
}

export class Topic<Value> {
  readonly name: string;
  readonly codec: Codec<Value>;
  readonly #host: ConversationHost;
  readonly #isPattern: boolean;

  /** Made by `instance.topic()`. */
  constructor(host: ConversationHost, name: string, codec: Codec<Value>) {
    this.#host = host;
    this.name = name;
    this.codec = codec;
    this.#isPattern = name.endsWith('/');
  }

  /**
   * Sends a value to everyone who subscribed, also in this process. It returns at once: what one tick publishes travels together. The
   * bytes of a large value (16 KiB and more, with `raw()`, `float32()` and `float64()`, which do not copy) must not be changed afterwards.
   * Errors: SOCOMM_TOO_LARGE (above 64 MiB), SOCOMM_QUEUE_FULL (more than can be sent: wait for `drained()`), SOCOMM_CLOSED; a TypeError
   * for a value that the codec does not carry, for a topic whose name ends in `/`, and for a `to` that is no id.
   */
  publish(value: Value, options?: PublishOptions): void {
    this.#host.assertOpen();
    if (this.#isPattern) throw new TypeError(`'${this.name}' stands for all topics below it: subscribe to it, publish to one of them`);
    const to = options?.to;
    if (to !== undefined) checkAddressee(to);
    const bytes = writeValue(this.codec, value);
    // Whether this very instance is told is each subscription's own wish.
    this.#host.talker.broadcasts.publish(this.#host.id, { topic: this.name, to, codec: this.codec.name, bytes, isEchoed: true });
  }

  /**
   * Messages as an async iterator, which waits for a slow reader up to `bufferMax`; or, with a listener, each as it comes, until the
   * returned function is called. Both end with the instance. Order is kept for each sender. A message whose value cannot be read goes to
   * `onError`; what a listener throws is a `warning` event with the code `listener-threw`.
   * Errors: SOCOMM_BUSY (more subscriptions than a peer can follow), SOCOMM_CLOSED; the iterator's, with `onOverflow: 'end'`: SOCOMM_OVERFLOW,
   * after what waits was read.
   */
  subscribe(options?: SubscribeOptions): Subscription<Message<Value>>;
  subscribe(listener: (message: Message<Value>) => void, options?: SubscribeOptions): () => void;
  subscribe(
    first: SubscribeOptions | ((message: Message<Value>) => void) = {},
    second: SubscribeOptions = {},
  ): Subscription<Message<Value>> | (() => void) {
    this.#host.assertOpen();
    if (typeof first !== 'function') return new TopicSubscription(this.#host, this, checkOptions(first));
    const listening = new TopicListener(this.#host, this, { ...checkOptions(second), listener: first });
    return () => listening.end();
  }

  /** Resolves when all that this process published before has been handed to the network. */
  drained(): Promise<void> {
    return this.#host.talker.broadcasts.drained();
  }

  /**
   * Resolves when everyone who is linked has had, or has counted as missed, all that this process published before the call, on whatever
   * topic; and when all that they are subscribed to has reached us. So called before the first message it proves that whoever subscribed
   * gets it, and called after the last that it has come: whoever publishes and leaves waits for both. "Had" is handed to the subscriptions,
   * where it may still wait for a slow reader. Who is lost is not waited for, nor who comes later; who is stopped is, for as long as `signal` lets it.
   * Two round trips; one to a peer that has subscribed to nothing. A peer of an older version answers at once: then only the way is proven.
   * Errors: the signal's reason; SOCOMM_CLOSED, also where this process leaves the group meanwhile.
   */
  async delivered({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#host.assertOpen();
    signal?.throwIfAborted();
    const limit = new AbortController();
    const unwatch = signal && this.#host.signals.watch(signal, () => limit.abort(signal.reason));
    await this.#host.talker.broadcasts.delivered(limit.signal).finally(unwatch);
  }
}

function checkAddressee(to: unknown): void {
  const isId = typeof to === 'string' && isPeerId(to.slice(0, 16)) && /^(?:\.\d{1,15})?$/.test(to.slice(16));
  if (!isId)
    throw new TypeError(`to is the id of a peer or an instance; got ${typeof to === 'string' ? `'${to.slice(0, 80)}'` : typeof to}`);
}

const OVERFLOWS: readonly unknown[] = ['drop-oldest', 'drop-newest', 'end', undefined];

function checkOptions(options: unknown): SubscribeOptions {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`subscribe() takes a listener, options, or both; got ${typeof options}`);
  const { bufferMax, onOverflow, onMissed, onError } = options as SubscribeOptions;
  if (bufferMax !== undefined && !(Number.isSafeInteger(bufferMax) && bufferMax >= 1))
    throw new TypeError(`bufferMax is a number of messages, at least 1; got ${String(bufferMax)}`);
  if (!OVERFLOWS.includes(onOverflow))
    throw new TypeError(`onOverflow is 'drop-oldest', 'drop-newest' or 'end'; got ${String(onOverflow)}`);
  for (const [name, each] of Object.entries({ onMissed, onError }))
    if (each !== undefined && typeof each !== 'function') throw new TypeError(`${name} is a function; got ${typeof each}`);
  return options;
}
