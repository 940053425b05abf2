/**
 * Reads the mapped values of one instance, without a call and without ever waiting for their writer. Total: whatever lies in the
 * memory, nothing is read outside of it and nothing is thrown. What is being overwritten while it is read is read again, and
 * given up after a few times; it is never returned.
 */

import type { InstanceId } from '../../src/base/ids.js';
import { MAPPED_READS_MAX } from '../limits.js';
import { COPY, HEADER, OWNER_BYTES_MAX, SLOT, STATE, copyAt, readGeometry, slotAt } from './layout.js';
import type { Geometry } from './layout.js';
import { Scratch } from './scratch.js';
import type { Stamp } from './table-writer.js';

export interface MappedValue {
  readonly sequence: number;
  readonly stamp: Stamp;
  /** A copy. */
  readonly bytes: Uint8Array;
}

export class TableReader {
  readonly owner: InstanceId;
  readonly #words: Int32Array;
  readonly #geometry: Geometry;
  readonly #scratch: Scratch;
  readonly #slots = new Map<number, MappedSlot>();
  readonly #byName = new Map<string, Map<string, MappedSlot>>();
  #directory = 0;
  #isOpen = true;

  /** Undefined where that is no memory of this version, or another instance's. */
  static open(words: Int32Array, owner: InstanceId): TableReader | undefined {
    const geometry = readGeometry(words);
    if (geometry === undefined) return undefined;
    const reader = new TableReader(words, geometry, owner);
    return reader.#ownerText() === owner ? reader : undefined;
  }

  private constructor(words: Int32Array, geometry: Geometry, owner: InstanceId) {
    this.owner = owner;
    this.#words = words;
    this.#geometry = geometry;
    this.#scratch = new Scratch(Math.max(geometry.valueBytes, geometry.textBytes, OWNER_BYTES_MAX));
  }

  get isLive(): boolean {
    return this.#isOpen && Atomics.load(this.#words, HEADER.state) === STATE.live;
  }

  /** The same object for as long as that key has that slot. */
  slot(name: string, key: string): MappedSlot | undefined {
    if (!this.isLive) return undefined;
    this.#refresh();
    const slot = this.#byName.get(name)?.get(key);
    return slot?.isCurrent === true ? slot : undefined;
  }

  /** Nothing is read any more: then the memory may go. */
  close(): void {
    this.#isOpen = false;
    this.#slots.clear();
    this.#byName.clear();
  }

  /** Whether the slot still has the key that it had in that generation. */
  has(slot: MappedSlot): boolean {
    return this.isLive && Atomics.load(this.#words, slot.word + SLOT.generation) === slot.generation;
  }

  sequence(slot: MappedSlot): number {
    return this.#isOpen ? Atomics.load(this.#words, slot.word + SLOT.sequence) : 0;
  }

  stamp(slot: MappedSlot): Stamp | undefined {
    for (let attempt = 0; attempt < MAPPED_READS_MAX && this.has(slot); attempt++) {
      const sequence = Atomics.load(this.#words, slot.word + SLOT.sequence);
      const copy = copyAt(this.#geometry, slot.word, sequence);
      const stamp: Stamp = [Atomics.load(this.#words, copy + COPY.seconds), Atomics.load(this.#words, copy + COPY.nanoseconds)];
      if (this.sequence(slot) === sequence && this.has(slot)) return stamp;
    }
    return undefined;
  }

  read(slot: MappedSlot): MappedValue | undefined {
    for (let attempt = 0; attempt < MAPPED_READS_MAX && this.has(slot); attempt++) {
      const words = this.#words;
      const sequence = Atomics.load(words, slot.word + SLOT.sequence);
      const copy = copyAt(this.#geometry, slot.word, sequence);
      const length = Atomics.load(words, copy + COPY.bytes);
      if (length < 0 || length > this.#geometry.valueBytes) continue;
      const stamp: Stamp = [Atomics.load(words, copy + COPY.seconds), Atomics.load(words, copy + COPY.nanoseconds)];
      const bytes = this.#scratch.load(words, copy + COPY.value, length);
      // The writer fills this copy again only after it has counted once: then it is seen here.
      if (this.sequence(slot) === sequence && this.has(slot)) return { sequence, stamp, bytes: bytes.slice() };
    }
    return undefined;
  }

  /** Which key has which slot; looked at only when that has changed. */
  #refresh(): void {
    const directory = Atomics.load(this.#words, HEADER.directory);
    if (directory === this.#directory) return;
    // Noted before it is looked at: what changes meanwhile is looked at next time.
    this.#directory = directory;
    const used = Math.min(Atomics.load(this.#words, HEADER.used), this.#geometry.slots);
    for (let each = 0; each < used; each++) this.#look(each);
  }

  #look(each: number): void {
    const word = slotAt(this.#geometry, each);
    const generation = Atomics.load(this.#words, word + SLOT.generation);
    const known = this.#slots.get(each);
    if (known?.generation === generation) return;
    if (known !== undefined) this.#forget(each, known);
    if ((generation & 1) === 0) return;
    const lengths = [SLOT.nameBytes, SLOT.keyBytes, SLOT.codecBytes].map((field) => Atomics.load(this.#words, word + field));
    const [nameBytes = 0, keyBytes = 0, codecBytes = 0] = lengths;
    const textBytes = nameBytes + keyBytes + codecBytes;
    if (lengths.some((length) => length < 0) || textBytes > this.#geometry.textBytes) return;
    const text = Buffer.from(this.#scratch.load(this.#words, word + SLOT.text, textBytes));
    if (Atomics.load(this.#words, word + SLOT.generation) !== generation) return;
    const name = text.toString('utf8', 0, nameBytes);
    const key = text.toString('utf8', nameBytes, nameBytes + keyBytes);
    const codec = text.toString('utf8', nameBytes + keyBytes);
    const slot = new MappedSlot(this, { word, generation, name, key, codec });
    this.#slots.set(each, slot);
    const keys = this.#byName.get(name) ?? new Map<string, MappedSlot>();
    this.#byName.set(name, keys.set(key, slot));
  }

  #forget(each: number, slot: MappedSlot): void {
    this.#slots.delete(each);
    const keys = this.#byName.get(slot.name);
    if (keys?.get(slot.key) !== slot) return;
    keys.delete(slot.key);
    if (keys.size === 0) this.#byName.delete(slot.name);
  }

  #ownerText(): string {
    const length = Atomics.load(this.#words, HEADER.ownerBytes);
    return length < 0 || length > OWNER_BYTES_MAX ? '' : Buffer.from(this.#scratch.load(this.#words, HEADER.owner, length)).toString();
  }
}

interface Place {
  readonly word: number;
  readonly generation: number;
  readonly name: string;
  readonly key: string;
  readonly codec: string;
}

/** One key's place, for as long as it has it. */
export class MappedSlot {
  readonly word: number;
  readonly generation: number;
  readonly name: string;
  readonly key: string;
  readonly codec: string;
  readonly #table: TableReader;

  constructor(table: TableReader, { word, generation, name, key, codec }: Place) {
    this.#table = table;
    this.word = word;
    this.generation = generation;
    this.name = name;
    this.key = key;
    this.codec = codec;
  }

  get owner(): InstanceId {
    return this.#table.owner;
  }

  get isCurrent(): boolean {
    return this.#table.has(this);
  }

  /** Another one with each value. */
  get sequence(): number {
    return this.#table.sequence(this);
  }

  /** When its value was set. */
  get stamp(): Stamp | undefined {
    return this.#table.stamp(this);
  }

  /** Undefined where the key has lost the slot, or where it changes faster than it can be read. */
  read(): MappedValue | undefined {
    return this.#table.read(this);
  }
}
