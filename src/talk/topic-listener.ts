/** A subscription to a topic as a function that is called with each message. Nothing waits here. */

import type { BroadcastListener, Origin } from '../../talk/broadcasts.js';
import type { ConversationHost } from './conversation-host.js';
import { Reception } from './reception.js';
import type { Subject } from './reception.js';
import type { Message, Missed, SubscribeOptions } from './topic.js';

interface Options<Value> extends SubscribeOptions {
  readonly listener: (message: Message<Value>) => unknown;
}

export class TopicListener<Value> implements BroadcastListener {
  readonly #reception: Reception<Value>;
  readonly #listener: (message: Message<Value>) => unknown;

  constructor(host: ConversationHost, subject: Subject<Value>, options: Options<Value>) {
    this.#listener = options.listener;
    this.#reception = new Reception(host, subject, { options, onEnd: () => undefined });
    this.#reception.begin(this);
  }

  message(origin: Origin, bytes: Uint8Array): void {
    const reception = this.#reception;
    if (!reception.isWanted(origin)) return;
    const message = reception.open(origin, bytes, reception.ahead(origin));
    if (message === undefined) return;
    try {
      const result = this.#listener(message);
      if (result !== undefined) reception.returned('the listener', result);
    } catch (error) {
      reception.threw('the listener', error);
    }
  }

  missed(loss: Missed): void {
    if (!this.#reception.isOpen) return;
    this.#reception.losses.add(loss.from, loss.topic, loss.count);
    this.#reception.tellMissed(loss);
  }

  end(): void {
    this.#reception.end();
  }
}
