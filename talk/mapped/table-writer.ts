/**
 * The one writer of an instance's mapped values: it decides which slot a key has. It never reads the memory, in which others might
 * have written.
 *
 * Every store is atomic and so keeps its place among the others. The order is all that readers have:
 *   a value     the copy that is not shown, then `sequence`
 *   a new key   text, first value, then `generation` (odd), then `directory`
 *   a key gone  `generation` (even), then `directory`
 */

import { COPY, HEADER, MAGIC, MAPPED_VERSION, OWNER_BYTES_MAX, SLOT, STATE, copyAt, slotAt } from './layout.js';
import type { Geometry } from './layout.js';
import { Scratch } from './scratch.js';

/** When a value was set, by a clock that all processes of the machine share. */
export type Stamp = readonly [seconds: number, nanoseconds: number];

export interface Written {
  readonly name: string;
  readonly key: string;
  readonly codec: string;
  readonly bytes: Uint8Array;
}

/** Its counters are stored modulo 2^32. */
interface Slot {
  readonly word: number;
  sequence: number;
  generation: number;
}

interface Held {
  readonly slot: Slot;
  readonly codec: string;
}

export class TableWriter {
  readonly #words: Int32Array;
  readonly #geometry: Geometry;
  readonly #scratch: Scratch;
  readonly #held = new Map<string, Map<string, Held>>();
  /** Slots that had a key once. */
  readonly #free: Slot[] = [];
  /** Values that are not in the table: too long, or no room. */
  readonly #leftOut = new Set<string>();
  #used = 0;
  #count = 0;
  #directory = 0;

  /** `words` are zero, and nobody else's. */
  constructor(words: Int32Array, geometry: Geometry, owner: string) {
    this.#words = words;
    this.#geometry = geometry;
    this.#scratch = new Scratch(Math.max(geometry.valueBytes, geometry.textBytes, OWNER_BYTES_MAX));
    const ownerBytes = Buffer.from(owner);
    Atomics.store(words, HEADER.version, MAPPED_VERSION);
    for (const field of ['firstBytes', 'slotBytes', 'slots', 'valueBytes', 'textBytes'] as const)
      Atomics.store(words, HEADER[field], geometry[field]);
    Atomics.store(words, HEADER.ownerBytes, ownerBytes.length);
    this.#scratch.store(words, HEADER.owner, ownerBytes);
    Atomics.store(words, HEADER.magic, MAGIC);
    Atomics.store(words, HEADER.state, STATE.live);
  }

  /** Values in the table. */
  get count(): number {
    return this.#count;
  }

  get leftOut(): number {
    return this.#leftOut.size;
  }

  /** False where it is left out: then it is not there, not even an older value. */
  set(written: Written, stamp: Stamp): boolean {
    const { name, key, codec, bytes } = written;
    const held = this.#held.get(name)?.get(key);
    if (held?.codec === codec && bytes.length <= this.#geometry.valueBytes) {
      this.#write(held.slot, bytes, stamp);
      return true;
    }
    if (held !== undefined) this.delete(name, key);
    return this.#begin(written, stamp);
  }

  delete(name: string, key: string): void {
    this.#leftOut.delete(`${name}|${key}`);
    const keys = this.#held.get(name);
    const held = keys?.get(key);
    if (keys === undefined || held === undefined) return;
    keys.delete(key);
    if (keys.size === 0) this.#held.delete(name);
    this.#count--;
    this.#free.push(held.slot);
    this.#turn(held.slot);
  }

  /** No value is there any more, for good. */
  end(): void {
    Atomics.store(this.#words, HEADER.state, STATE.gone);
  }

  #begin({ name, key, codec, bytes }: Written, stamp: Stamp): boolean {
    const texts = [name, key, codec].map((text) => Buffer.from(text));
    const text = Buffer.concat(texts);
    const { slots, textBytes, valueBytes } = this.#geometry;
    const isRoom = this.#free.length > 0 || this.#used < slots;
    if (text.length > textBytes || bytes.length > valueBytes || !isRoom) {
      this.#leftOut.add(`${name}|${key}`);
      return false;
    }
    this.#leftOut.delete(`${name}|${key}`);
    const slot = this.#free.pop() ?? { word: slotAt(this.#geometry, this.#used++), sequence: 0, generation: 0 };
    const { word } = slot;
    this.#scratch.store(this.#words, word + SLOT.text, text);
    for (const [each, part] of texts.entries()) Atomics.store(this.#words, word + SLOT.nameBytes + each, part.length);
    this.#write(slot, bytes, stamp);
    Atomics.store(this.#words, HEADER.used, this.#used);
    const keys = this.#held.get(name) ?? new Map<string, Held>();
    this.#held.set(name, keys.set(key, { slot, codec }));
    this.#count++;
    this.#turn(slot);
    return true;
  }

  /** The sequence goes on counting when a slot gets another key: none is ever met twice. */
  #write(slot: Slot, bytes: Uint8Array, [seconds, nanoseconds]: Stamp): void {
    const words = this.#words;
    slot.sequence++;
    const copy = copyAt(this.#geometry, slot.word, slot.sequence);
    Atomics.store(words, copy + COPY.bytes, bytes.length);
    Atomics.store(words, copy + COPY.seconds, seconds);
    Atomics.store(words, copy + COPY.nanoseconds, nanoseconds);
    this.#scratch.store(words, copy + COPY.value, bytes);
    Atomics.store(words, slot.word + SLOT.sequence, slot.sequence);
  }

  /** From free to in use, or back. */
  #turn(slot: Slot): void {
    slot.generation++;
    Atomics.store(this.#words, slot.word + SLOT.generation, slot.generation);
    this.#directory++;
    Atomics.store(this.#words, HEADER.directory, this.#directory);
  }
}
