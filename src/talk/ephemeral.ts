/**
 * Ephemeral values as they are used: the latest of each key and instance, of a codec. How they travel is talk/values.ts. Who only
 * sends receives nothing: listening begins with the first look. Nothing of it is stored.
 */

import { VALUES_PER_SECOND_MAX } from '../../talk/limits.js';
import type { ValueEntry, ValuesSubscription } from '../../talk/values.js';
import { describe } from '../base/errors.js';
import { peerOf } from '../base/ids.js';
import type { InstanceId } from '../base/ids.js';
import { callListener } from '../base/listener.js';
import { checkSignal, named } from './arguments.js';
import type { Codec } from './codec.js';
import type { ConversationHost } from './conversation-host.js';
import { EphemeralChanges } from './ephemeral-changes.js';
import { EphemeralEntries } from './ephemeral-entries.js';
import { PolledValues } from './polled-values.js';
import { readValue, writeValue } from './read-value.js';
import { SparseWarnings } from './sparse-warnings.js';

export interface EphemeralEntry<Value> {
  readonly key: string;
  readonly from: InstanceId;
  readonly value: Value;
}

/** `value` undefined: gone. */
export interface EphemeralChange<Value> {
  readonly key: string;
  readonly from: InstanceId;
  readonly value: Value | undefined;
}

export interface EphemeralOptions {
  /** Frames per second that a change of values causes at most; the latest always arrives. Default: 60. At most 1,000. */
  readonly perSecondMax?: number;
}

export interface EphemeralSubscribeOptions {
  /** Only values of this instance. */
  readonly from?: InstanceId;
  /** Only these keys. */
  readonly keys?: readonly string[];
  /** Ends the subscription: a loop over it ends, and nothing is thrown. */
  readonly signal?: AbortSignal;
}

/** Needs no `this`, so that it can be handed on: `useSyncExternalStore(knobs.subscribe, () => knobs.snapshot)`. */
export interface EphemeralSubscribe<Value> {
  (options?: EphemeralSubscribeOptions): AsyncIterableIterator<EphemeralChange<Value>>;
  (listener: (changes: readonly EphemeralChange<Value>[]) => void, options?: EphemeralSubscribeOptions): () => void;
}

type Tell<Value> = (changes: readonly EphemeralChange<Value>[]) => void;

const PER_SECOND_DEFAULT = 60;

export class Ephemeral<Value> {
  readonly name: string;
  readonly #host: ConversationHost;
  readonly #codec: Codec<Value>;
  readonly #perSecondMax: number;
  readonly #heard: EphemeralEntries<Value>;
  readonly #subscribers = new Set<Tell<Value>>();
  readonly #ends = new Set<() => void>();
  readonly #warnings: SparseWarnings;
  /** What subscribers have not been told yet; the latest of each. */
  readonly #news = new Map<string, EphemeralChange<Value>>();
  readonly #polled: PolledValues<Value>;
  #below: ValuesSubscription | undefined;
  #isClosed = false;

  /** Made by `instance.ephemeral()`. */
  constructor(host: ConversationHost, name: string, codec: Codec<Value>, { perSecondMax = PER_SECOND_DEFAULT }: EphemeralOptions = {}) {
    if (!(perSecondMax > 0 && perSecondMax <= VALUES_PER_SECOND_MAX))
      throw new TypeError(`perSecondMax is above 0 and at most ${VALUES_PER_SECOND_MAX}; got ${String(perSecondMax)}`);
    this.#host = host;
    this.name = name;
    this.#codec = codec;
    this.#perSecondMax = perSecondMax;
    this.#warnings = new SparseWarnings(host);
    this.#heard = new EphemeralEntries((heard) => this.#read(heard));
    this.#polled = new PolledValues((heard) => this.#read(heard));
    host.onClose(() => this.#close());
  }

  /**
   * Sets this instance's value of that key. Others see it at once; after that at most `perSecondMax` times a second, each time the latest.
   * Errors: SOCOMM_TOO_LARGE, SOCOMM_CLOSED; a TypeError for a value that the codec does not carry, and for undefined: see `delete()`.
   */
  set(key: string, value: Value): void {
    this.#host.assertOpen();
    checkKey(key);
    if (value === undefined) throw new TypeError('an ephemeral value is not undefined, which stands for one that is gone: use delete()');
    const bytes = writeValue(this.#codec, value);
    // Memory first: who looks there does not wait for what travelling takes.
    this.#host.mapped?.set({ name: this.name, key, codec: this.#codec.name, bytes });
    this.#send(key, bytes);
    // A copy: the codec may have given a view of what the caller goes on changing.
    if (this.#below !== undefined) this.#said({ instance: this.#host.id, key, codec: this.#codec.name, bytes: bytes.slice() });
  }

  /** Takes this instance's value of that key away. */
  delete(key: string): void {
    this.#host.assertOpen();
    checkKey(key);
    this.#host.talker.values.delete(this.#host.id, this.name, key);
    this.#host.mapped?.delete(this.name, key);
    this.#said({ instance: this.#host.id, key, codec: this.#codec.name, bytes: undefined });
  }

  /** The value of that key of an instance; without `from`, the one that was heard last of any. */
  get(key: string, from?: InstanceId): Value | undefined {
    this.#begin();
    return this.#heard.get(key, from);
  }

  /**
   * The value as it lies in mapped memory at this very moment, where its instance and this one were joined with `mapped`: nothing has to
   * arrive, so it also changes within one turn of the loop. Without `from`, the one that was set last. Else, and where it is not
   * mapped (too long, too many), what `get()` says.
   */
  poll(key: string, from?: InstanceId): Value | undefined {
    const slot = this.#host.mapped?.look(this.name, key, from);
    return slot === undefined ? this.get(key, from) : this.#polled.value(slot, () => this.get(key, from));
  }

  /** All values of all instances, this one included. */
  entries(): readonly EphemeralEntry<Value>[] {
    return this.snapshot;
  }

  /** The same list, frozen and the very same until something changes. */
  get snapshot(): readonly EphemeralEntry<Value>[] {
    this.#begin();
    return this.#heard.list;
  }

  /** Resolves when all who are linked have told their current values. */
  get ready(): Promise<void> {
    this.#begin();
    return this.#below?.ready ?? Promise.resolve();
  }

  /**
   * Changes, the current values first: as an async iterator, which gives the latest of each instance and key when its reader is ready for
   * it; or to a listener, gathered per turn, until the returned function is called. Both end with the instance. A value that cannot be
   * read counts as gone, and is told by a `warning` event with the code `value-unreadable`; what a listener throws by `listener-threw`.
   */
  readonly subscribe = ((
    first: EphemeralSubscribeOptions | Tell<Value> = {},
    second: EphemeralSubscribeOptions = {},
  ): AsyncIterableIterator<EphemeralChange<Value>> | (() => void) => {
    this.#host.assertOpen();
    const isListener = typeof first === 'function';
    const options = isListener ? second : first;
    checkOptions(options);
    const filter = filterOf(options);
    this.#begin();
    if (isListener) return this.#listen(first, filter, options.signal);
    // A signal that is aborted already ends it before there is anything to detach.
    const attached: { end?: () => void } = {};
    const changes = new EphemeralChanges<Value>(() => attached.end?.());
    attached.end = this.#attach((news) => changes.tell(news.filter(filter)), { end: () => changes.end(), signal: options.signal });
    changes.tell(this.#heard.list.filter(filter));
    return changes;
  }) as EphemeralSubscribe<Value>;

  #listen(listener: Tell<Value>, filter: (change: EphemeralChange<Value>) => boolean, signal: AbortSignal | undefined): () => void {
    let isFirst = true;
    const tell = (news: readonly EphemeralChange<Value>[]): void => {
      const changes = news.filter(filter);
      if (!isFirst && changes.length > 0) this.#call(listener, changes);
    };
    const end = this.#attach(tell, { end: () => undefined, signal });
    // Not within the caller's call. What changes until then is among them, and not told again.
    queueMicrotask(() => {
      this.#tell();
      isFirst = false;
      if (this.#subscribers.has(tell)) tell(this.#heard.list);
    });
    return end;
  }

  /** Returns what ends it: as the signal does, and the end of the instance. */
  #attach(tell: Tell<Value>, { end: ended, signal }: { readonly end: () => void; readonly signal: AbortSignal | undefined }): () => void {
    const end = (): void => {
      if (!this.#subscribers.delete(tell)) return;
      this.#ends.delete(end);
      unwatch?.();
      ended();
    };
    this.#subscribers.add(tell);
    this.#ends.add(end);
    const unwatch = signal && this.#host.signals.watch(signal, end);
    if (signal?.aborted === true) end();
    return end;
  }

  #begin(): void {
    if (this.#below !== undefined || this.#isClosed) return;
    const { values } = this.#host.talker;
    this.#below = values.subscribe(this.name, (changes) => {
      for (const change of changes) this.#take(change, change.instance === this.#host.id);
      this.#tell();
    });
    for (const entry of values.entries(this.name)) this.#heard.hear(entry);
  }

  /** By ourselves: it is so at once, and told a moment later, with what else this turn says. */
  #said(entry: ValueEntry): void {
    if (this.#below === undefined) return;
    const isScheduled = this.#news.size > 0;
    this.#take(entry, false);
    if (!isScheduled && this.#news.size > 0) queueMicrotask(() => this.#tell());
  }

  #take(entry: ValueEntry, isEcho: boolean): void {
    const change = this.#heard.hear(entry, isEcho);
    if (change !== undefined) this.#news.set(`${change.from}/${change.key}`, change);
  }

  #tell(): void {
    if (this.#news.size === 0) return;
    const changes = Object.freeze([...this.#news.values()]);
    this.#news.clear();
    for (const tell of [...this.#subscribers]) if (this.#subscribers.has(tell)) tell(changes);
  }

  #read({ instance: from, codec, bytes }: ValueEntry & { readonly bytes: Uint8Array }): { readonly value: Value } | undefined {
    try {
      return { value: readValue(this.#codec, { from, codec, bytes }, `ephemeral values '${this.name}'`) };
    } catch (error) {
      this.#warnings.warn('value-unreadable', peerOf(from), describe(error));
      return undefined;
    }
  }

  #send(key: string, bytes: Uint8Array): void {
    try {
      this.#host.talker.values.set(this.#host.id, this.name, { key, codec: this.#codec.name, bytes, perSecondMax: this.#perSecondMax });
    } catch (error) {
      // What is refused is nowhere.
      this.#host.mapped?.delete(this.name, key);
      throw error;
    }
  }

  #call(listener: Tell<Value>, changes: readonly EphemeralChange<Value>[]): void {
    callListener(listener, [changes], (error) =>
      this.#warnings.warn('listener-threw', '', `a listener of the ephemeral values '${this.name}' threw: ${describe(error)}`),
    );
  }

  #close(): void {
    this.#isClosed = true;
    for (const end of [...this.#ends]) end();
    this.#below?.end();
    this.#below = undefined;
    this.#news.clear();
    this.#heard.clear();
  }
}

function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`subscribe() takes a listener, options, or both; got ${named(options)}`);
  const { from, keys, signal } = options as EphemeralSubscribeOptions;
  if (from !== undefined && typeof from !== 'string') throw new TypeError(`from is the id of an instance; got ${named(from)}`);
  if (keys !== undefined && !Array.isArray(keys)) throw new TypeError(`keys is a list of keys; got ${named(keys)}`);
  checkSignal(signal);
}

function filterOf<Value>({ from, keys }: EphemeralSubscribeOptions): (change: EphemeralChange<Value>) => boolean {
  const wanted = keys === undefined ? undefined : new Set(keys);
  return (change) => (from === undefined || change.from === from) && (wanted === undefined || wanted.has(change.key));
}

function checkKey(key: unknown): void {
  if (typeof key !== 'string') throw new TypeError(`the key of an ephemeral value is a string; got ${typeof key}`);
}
