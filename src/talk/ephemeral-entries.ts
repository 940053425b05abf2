/** Ephemeral values as one instance has heard them, its own among them: decoded once, and as a list that stays the same until one changes. */

import type { ValueEntry } from '../../talk/values.js';
import type { InstanceId } from '../base/ids.js';
import type { EphemeralChange, EphemeralEntry } from './ephemeral.js';

interface Held<Value> {
  readonly entry: EphemeralEntry<Value>;
  readonly bytes: Uint8Array;
  /** Grows with each value that is heard. */
  readonly order: number;
}

export class EphemeralEntries<Value> {
  readonly #byKey = new Map<string, Map<InstanceId, Held<Value>>>();
  readonly #read: (heard: ValueEntry & { readonly bytes: Uint8Array }) => { readonly value: Value } | undefined;
  #heard = 0;
  #list: readonly EphemeralEntry<Value>[] | undefined;

  /** `read` gives undefined for what it cannot read; then the value counts as gone. */
  constructor(read: (heard: ValueEntry & { readonly bytes: Uint8Array }) => { readonly value: Value } | undefined) {
    this.#read = read;
  }

  /** In the order in which keys, and instances within them, were first heard. */
  get list(): readonly EphemeralEntry<Value>[] {
    this.#list ??= Object.freeze([...this.#byKey.values()].flatMap((held) => [...held.values()].map(({ entry }) => entry)));
    return this.#list;
  }

  /** Without `from`: what was heard last, of any instance. */
  get(key: string, from?: InstanceId): Value | undefined {
    const held = this.#byKey.get(key);
    if (held === undefined) return undefined;
    return (from === undefined ? latestOf(held) : held.get(from))?.entry.value;
  }

  /** What changed by it. `isEcho`: it was here already when it was said, and tells nothing of what was heard last. */
  hear(heard: ValueEntry, isEcho = false): EphemeralChange<Value> | undefined {
    const { instance: from, key, bytes } = heard;
    const held = this.#byKey.get(key);
    const known = held?.get(from);
    if (bytes === undefined) return known && this.#drop(from, key);
    if (known !== undefined && isSame(known.bytes, bytes) && (isEcho || latestOf(held) === known)) return undefined;
    const read = this.#read({ ...heard, bytes });
    if (read === undefined) return known && this.#drop(from, key);
    const entry = Object.freeze({ key, from, value: read.value });
    const kept = { entry, bytes, order: ++this.#heard };
    if (held === undefined) this.#byKey.set(key, new Map([[from, kept]]));
    else held.set(from, kept);
    this.#list = undefined;
    return entry;
  }

  clear(): void {
    this.#byKey.clear();
    this.#list = undefined;
  }

  #drop(from: InstanceId, key: string): EphemeralChange<Value> {
    const held = this.#byKey.get(key);
    held?.delete(from);
    if (held?.size === 0) this.#byKey.delete(key);
    this.#list = undefined;
    return { key, from, value: undefined };
  }
}

function latestOf<Value>(held: ReadonlyMap<InstanceId, Held<Value>> = new Map()): Held<Value> | undefined {
  let latest: Held<Value> | undefined;
  for (const each of held.values()) if (latest === undefined || each.order > latest.order) latest = each;
  return latest;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || Buffer.compare(a, b) === 0;
}
