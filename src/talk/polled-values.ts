/** What lies in mapped memory, decoded: once for each value, however often it is looked at. */

import type { MappedSlot } from '../../talk/mapped/table-reader.js';
import type { ValueEntry } from '../../talk/values.js';

interface Polled<Value> {
  readonly sequence: number;
  readonly value: Value | undefined;
}

type Read<Value> = (heard: ValueEntry & { readonly bytes: Uint8Array }) => { readonly value: Value } | undefined;

export class PolledValues<Value> {
  readonly #read: Read<Value>;
  /** A slot ends with its key, and what was decoded of it goes with it. */
  readonly #known = new WeakMap<MappedSlot, Polled<Value>>();

  /** `read` gives undefined for what it cannot read. */
  constructor(read: Read<Value>) {
    this.#read = read;
  }

  /** `otherwise`: where it is gone at this very moment, or has never been read whole. */
  value(slot: MappedSlot, otherwise: () => Value | undefined): Value | undefined {
    const known = this.#known.get(slot);
    if (known !== undefined && known.sequence === slot.sequence && slot.isCurrent) return known.value;
    const { owner: instance, key, codec } = slot;
    const found = slot.read();
    // Overwritten faster than it can be read: the last whole one stands.
    if (found === undefined) return slot.isCurrent && known !== undefined ? known.value : otherwise();
    const value = this.#read({ instance, key, codec, bytes: found.bytes })?.value;
    this.#known.set(slot, { sequence: found.sequence, value });
    return value;
  }
}
