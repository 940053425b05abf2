/**
 * A map for values that are overwritten often: of what was there before, next to nothing stays. One instance's view of it;
 * what is in it is the index's business, which instances that share a document share.
 */

import type { Y } from '../replica/replica.js';
import { checkListener, named } from '../talk/arguments.js';
import { lib0 } from '../talk/codecs/lib0.js';
import { deepFrozen } from '../talk/frozen.js';
import { SettingsIndex } from './settings-index.js';
import type { SettingsEvent } from './settings-index.js';

/** Longest name of a settings map, in UTF-16 units. */
export const SETTINGS_NAME_LENGTH_MAX = 128;

/** The settings maps of one document that were asked for. Whoever holds the replica holds it, so that its instances share an index. */
export class SettingsIndexes {
  readonly #doc: Y.Doc;
  readonly #indexes = new Map<string, SettingsIndex>();

  constructor(doc: Y.Doc) {
    this.#doc = doc;
  }

  of(name: string): SettingsIndex {
    checkName(name);
    const index = this.#indexes.get(name) ?? new SettingsIndex(this.#doc, `settings:${name}`);
    this.#indexes.set(name, index);
    return index;
  }
}

export interface SettingsMapOptions {
  readonly doc: Y.Doc;
  readonly name: string;
  /** Runs a change as a transaction of the instance: its origin is what undo goes by. Throws where the instance is closed. */
  readonly transact: <Result>(change: () => Result) => Result;
  /** Of the same document, shared by its instances. Default: an index of its own, which costs memory and is otherwise the same. */
  readonly indexes?: SettingsIndexes;
}

export class SettingsMap<Value = unknown> {
  readonly name: string;
  readonly #index: SettingsIndex;
  readonly #transact: SettingsMapOptions['transact'];
  readonly #ends = new Set<() => void>();

  /** Made by `document.settings()`. */
  constructor({ doc, name, transact, indexes = new SettingsIndexes(doc) }: SettingsMapOptions) {
    this.name = name;
    this.#index = indexes.of(name);
    this.#transact = transact;
  }

  /** For `undo()`, and for that only: what is written into it past this map is no setting. */
  get type(): Y.Array<unknown> {
    return this.#index.type;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#index.entries.size;
  }

  /** Frozen through and through. */
  get(key: string): Value | undefined {
    return this.#index.entries.get(key)?.value as Value | undefined;
  }

  has(key: string): boolean {
    return this.#index.entries.has(key);
  }

  /**
   * A copy of `value` is the value of that key from now on. What others set at the same time counts, or this does: the same everywhere.
   * Errors: SOCOMM_CLOSED; a TypeError that says where, on what would not come back as it went: see `lib0()`.
   */
  set(key: string, value: Value): void {
    if (typeof key !== 'string') throw new TypeError(`the key of a setting is a string; got ${named(key)}`);
    const [ownKey, ownValue] = copyOf(key, value);
    this.#transact(() => this.#index.set(ownKey, ownValue));
  }

  /** Returns whether it was there. Errors: SOCOMM_CLOSED. */
  delete(key: string): boolean {
    // Also where there is nothing to delete: a closed instance says so.
    return this.#transact(() => this.has(key) && this.#index.delete(key));
  }

  /** In no order that means anything; so `entries()`. */
  keys(): IterableIterator<string> {
    return this.#index.entries.keys();
  }

  *entries(): IterableIterator<[key: string, value: Value]> {
    for (const [key, { value }] of this.#index.entries) yield [key, value as Value];
  }

  [Symbol.iterator](): IterableIterator<[key: string, value: Value]> {
    return this.entries();
  }

  /** A plain object, with an own property for each key. */
  toJSON(): Record<string, Value> {
    return Object.fromEntries(this.entries());
  }

  /** All of it, frozen, and the very same until something changes. */
  get snapshot(): ReadonlyMap<string, Value> {
    return this.#index.snapshot as ReadonlyMap<string, Value>;
  }

  /** Calls `listener` whenever `snapshot` has become another one. Returns what ends that. Works unbound. */
  readonly subscribe = (listener: () => void): (() => void) => {
    checkListener(listener);
    return this.#own(this.#index.observe(() => listener()));
  };

  /** Calls `listener` after each transaction that has changed something here, whoever made it. Returns what ends that. */
  observe(listener: (event: SettingsEvent<Value>) => void): () => void {
    checkListener(listener);
    return this.#own(this.#index.observe((event) => listener(event as SettingsEvent<Value>)));
  }

  /** Ends what observes by way of this map. For who made it, when the instance or its document ends. */
  end(): void {
    for (const end of [...this.#ends]) end();
  }

  #own(end: () => void): () => void {
    const own = (): void => {
      this.#ends.delete(own);
      end();
    };
    this.#ends.add(own);
    return own;
  }
}

const CODEC = lib0<readonly unknown[]>();

/** As it will be with the others, and as nobody can change it any more. */
function copyOf(key: string, value: unknown): readonly [key: string, value: unknown] {
  // Looked at by itself, so that a refusal says where in the value.
  CODEC.encode(value as readonly unknown[]);
  const [ownKey, ownValue] = CODEC.decode(CODEC.encode([key, value]));
  return [ownKey as string, deepFrozen(ownValue)];
}

function checkName(name: unknown): void {
  if (typeof name !== 'string' || name.length === 0 || name.length > SETTINGS_NAME_LENGTH_MAX)
    throw new TypeError(`the name of a settings map has 1 to ${SETTINGS_NAME_LENGTH_MAX} characters; got ${named(name)}`);
}
