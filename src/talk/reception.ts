/**
 * What both ways to subscribe to a topic have in common: the subscription below them, values made of bytes, losses and failures
 * told. Whatever the application's functions throw ends here, as a warning, and never in the loop that called.
 */

import { types } from 'node:util';
import type { BroadcastListener, BroadcastSubscription, Origin } from '../../talk/broadcasts.js';
import { describe } from '../base/errors.js';
import type { SocommError } from '../base/errors.js';
import { peerOf } from '../base/ids.js';
import { callListener } from '../base/listener.js';
import { checkSignal } from './arguments.js';
import type { Codec } from './codec.js';
import type { ConversationHost } from './conversation-host.js';
import { Losses } from './losses.js';
import { invalid, mismatch } from './read-value.js';
import { SparseWarnings } from './sparse-warnings.js';
import type { Message, Missed, SubscribeOptions } from './topic.js';

export interface Subject<Value> {
  readonly name: string;
  readonly codec: Codec<Value>;
}

export class Reception<Value> {
  readonly losses = new Losses();
  readonly #host: ConversationHost;
  readonly #subject: Subject<Value>;
  readonly #options: SubscribeOptions;
  readonly #warnings: SparseWarnings;
  readonly #onEnd: () => void;
  #below: BroadcastSubscription | undefined;
  #forgetHost: (() => void) | undefined;
  #unwatchSignal: (() => void) | undefined;
  #isOpen = false;
  /** The last that was judged, and how. */
  #origin: Origin | undefined;
  #isOriginWanted = false;

  /** `onEnd` is called once: by `end()`, the signal, or the end of the instance. */
  constructor(
    host: ConversationHost,
    subject: Subject<Value>,
    { options, onEnd }: { readonly options: SubscribeOptions; readonly onEnd: () => void },
  ) {
    this.#host = host;
    this.#subject = subject;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#warnings = new SparseWarnings(host);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get ready(): Promise<void> {
    return this.#below?.ready ?? Promise.resolve();
  }

  begin(listener: BroadcastListener): void {
    checkSignal(this.#options.signal);
    if (this.#options.signal?.aborted === true) return this.#onEnd();
    this.#below = this.#host.talker.broadcasts.subscribe(this.#host.id, this.#subject.name, listener);
    this.#isOpen = true;
    this.#forgetHost = this.#host.onClose(this.end);
    const { signal } = this.#options;
    this.#unwatchSignal = signal && this.#host.signals.watch(signal, this.end);
  }

  readonly end = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#unwatchSignal?.();
    this.#forgetHost?.();
    this.#below?.end();
    this.#onEnd();
  };

  isWanted(origin: Origin): boolean {
    if (origin !== this.#origin) {
      this.#origin = origin;
      this.#isOriginWanted = origin.from !== this.#host.id || this.#options.includeOwn === true;
    }
    return this.#isOpen && this.#isOriginWanted;
  }

  /** Of the losses, as a message comes: to be given to `open`. */
  ahead({ from, topic }: Origin): number {
    return this.losses.total === 0 ? 0 : this.losses.ahead(peerOf(from), topic);
  }

  /** Undefined where it could not be read, which has been told. */
  open(origin: Origin, bytes: Uint8Array, ahead: number): Message<Value> | undefined {
    const { from, topic } = origin;
    const { codec } = this.#subject;
    if (origin.codec !== codec.name) {
      this.#fail(mismatch(codec, origin, `topic '${topic}'`), origin);
      return undefined;
    }
    let value: Value;
    try {
      value = codec.decode(bytes);
    } catch (cause) {
      this.#fail(invalid(codec, { from, bytes, where: `topic '${topic}'` }, cause), origin);
      return undefined;
    }
    return { value, from, topic, missed: this.losses.total === 0 ? 0 : this.losses.tell(peerOf(from), topic, ahead) };
  }

  /** To be called after the loss was counted. */
  tellMissed(missed: Missed): void {
    this.#call('onMissed', this.#options.onMissed, missed);
  }

  /** What a function of the application gave back: an async one may fail later. */
  returned(name: string, result: unknown): void {
    if (types.isPromise(result)) result.then(undefined, (error: unknown) => this.threw(name, error));
  }

  threw(name: string, error: unknown): void {
    this.#warnings.warn('listener-threw', name, `${name} of a subscription to topic '${this.#subject.name}' threw: ${describe(error)}`);
  }

  #fail(error: SocommError, { from, topic }: Origin): void {
    const { onError } = this.#options;
    if (onError === undefined) this.#warnings.warn('value-unreadable', peerOf(from), `${error.code}: ${error.message}`);
    else this.#call('onError', onError, { error, from, topic });
  }

  #call<Told>(name: string, listener: ((told: Told) => unknown) | undefined, told: Told): void {
    if (listener !== undefined) callListener(listener, [told], (error) => this.threw(name, error));
  }
}
