/**
 * A subscription to a topic as an async iterator: messages wait as bytes until they are read, within limits, and a reader that
 * waits gets the next one at once. What is dropped is counted with the messages that were lost.
 */

import type { Origin } from '../../talk/broadcasts.js';
import { SocommError, unreachable } from '../base/errors.js';
import { peerOf } from '../base/ids.js';
import type { ConversationHost } from './conversation-host.js';
import { Queue } from './queue.js';
import { Reception } from './reception.js';
import type { Subject } from './reception.js';
import type { Message, Missed, SubscribeOptions, Subscription } from './topic.js';

/** Where nothing else is said: many, for one frame brings thousands of small messages before any reader has its turn. */
const BUFFERED_MESSAGES_DEFAULT = 16_384;
/** What waits in one subscription, in bytes. A single message is always taken. */
export const BUFFERED_BYTES_MAX = 64 * 1024 * 1024;

interface Waiting {
  readonly origin: Origin;
  readonly bytes: Uint8Array;
  /** Of its sender's losses, as it came. */
  readonly ahead: number;
}

interface Reader<Item> {
  readonly resolve: (result: IteratorResult<Item>) => void;
}

export class TopicSubscription<Value> implements Subscription<Message<Value>> {
  readonly #reception: Reception<Value>;
  readonly #name: string;
  readonly #bufferMax: number;
  readonly #onOverflow: NonNullable<SubscribeOptions['onOverflow']>;
  readonly #waiting = new Queue<Waiting>();
  readonly #readers = new Queue<Reader<Message<Value>>>();
  #bytes = 0;
  /** To be told when all that waits has been read. */
  #overflow: SocommError | undefined;

  constructor(host: ConversationHost, subject: Subject<Value>, options: SubscribeOptions) {
    this.#name = subject.name;
    this.#bufferMax = options.bufferMax ?? BUFFERED_MESSAGES_DEFAULT;
    this.#onOverflow = options.onOverflow ?? 'drop-oldest';
    this.#reception = new Reception(host, subject, { options, onEnd: () => this.#finish() });
    this.#reception.begin({ message: (origin, bytes) => this.#arrived(origin, bytes), missed: (loss) => this.#lost(loss) });
  }

  get ready(): Promise<void> {
    return this.#reception.ready;
  }

  get missed(): number {
    return this.#reception.losses.total;
  }

  next(): Promise<IteratorResult<Message<Value>>> {
    for (let waiting = this.#take(); waiting !== undefined; waiting = this.#take()) {
      const value = this.#reception.open(waiting.origin, waiting.bytes, waiting.ahead);
      if (value !== undefined) return Promise.resolve({ done: false, value });
    }
    const overflow = this.#overflow;
    this.#overflow = undefined;
    if (overflow !== undefined) return Promise.reject(overflow);
    if (!this.#reception.isOpen) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push({ resolve }));
  }

  end(): void {
    this.#reception.end();
    this.#clear();
  }

  return(): Promise<IteratorResult<Message<Value>>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  #arrived(origin: Origin, bytes: Uint8Array): void {
    if (!this.#reception.isWanted(origin)) return;
    const ahead = this.#reception.ahead(origin);
    // Who waits has read all that came before.
    if (this.#readers.length > 0) return this.#hand({ origin, bytes, ahead });
    if (!this.#isRoomFor(bytes) && !this.#makeRoom(origin, bytes)) return;
    this.#waiting.push({ origin, bytes, ahead });
    this.#bytes += bytes.length;
  }

  #lost(loss: Missed): void {
    if (!this.#reception.isOpen) return;
    this.#reception.losses.add(loss.from, loss.topic, loss.count);
    this.#reception.tellMissed(loss);
  }

  #hand({ origin, bytes, ahead }: Waiting): void {
    const value = this.#reception.open(origin, bytes, ahead);
    if (value !== undefined) this.#readers.shift()?.resolve({ done: false, value });
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) this.#bytes -= waiting.bytes.length;
    return waiting;
  }

  #isRoomFor(bytes: Uint8Array): boolean {
    const { length } = this.#waiting;
    return length === 0 || (length < this.#bufferMax && this.#bytes + bytes.length <= BUFFERED_BYTES_MAX);
  }

  /** Whether the message may come in now. */
  #makeRoom({ from, topic }: Origin, bytes: Uint8Array): boolean {
    switch (this.#onOverflow) {
      case 'drop-oldest':
        while (!this.#isRoomFor(bytes)) this.#dropOldest();
        // Who was told of it may have ended us.
        return this.#reception.isOpen;
      case 'drop-newest':
        this.#lost({ from: peerOf(from), topic, count: 1 });
        return false;
      case 'end':
        this.#overflow = new SocommError(
          'SOCOMM_OVERFLOW',
          `more than ${this.#bufferMax} messages or ${BUFFERED_BYTES_MAX} bytes of topic '${this.#name}' waited to be read: the subscription ended`,
        );
        this.#reception.end();
        return false;
      default:
        return unreachable(this.#onOverflow);
    }
  }

  #dropOldest(): void {
    const dropped = this.#take();
    if (dropped === undefined) return;
    const { from, topic } = dropped.origin;
    this.#reception.losses.addOldest(peerOf(from), topic);
    this.#reception.tellMissed({ from: peerOf(from), topic, count: 1 });
  }

  /** Nothing comes any more. What waits is still read where the subscription ended because there was too much of it. */
  #finish(): void {
    if (this.#overflow === undefined) this.#clear();
    for (let reader = this.#readers.shift(); reader !== undefined; reader = this.#readers.shift()) {
      reader.resolve({ done: true, value: undefined });
    }
  }

  #clear(): void {
    this.#waiting.clear();
    this.#bytes = 0;
    this.#overflow = undefined;
  }
}
