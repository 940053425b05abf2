/**
 * Where what lies in the memory that an instance's values are written into: words of 32 bits, in the machine's own byte order, each read
 * and written in one piece. Spec, and how a reader in C goes about it: docs/MAPPING.md. A change of anything here is a new version.
 *
 *   header │ slot 0 │ slot 1 │ …         slot:  head │ text: name, key, codec │ copy 0 │ copy 1
 *
 * The word `sequence` of a slot counts the values that lie there whole; value number n is copy n & 1. A writer fills the copy that
 * nobody is sent to, and only then counts. So a writer that is killed, stopped or preempted in the middle of it leaves the last whole value.
 */

import { MAPPED_BYTES_MAX } from '../limits.js';

/** `somm`, as a little-endian machine sees the bytes. */
export const MAGIC = 0x6d6d6f73;
export const MAPPED_VERSION = 1;

/** Words of the header. */
export const HEADER = {
  magic: 0,
  version: 1,
  state: 2,
  firstBytes: 3,
  slotBytes: 4,
  slots: 5,
  valueBytes: 6,
  textBytes: 7,
  directory: 8,
  used: 9,
  ownerBytes: 10,
  owner: 11,
} as const;

export const STATE = { made: 0, live: 1, gone: 2 } as const;

/** Words of a slot's head. Even generations are of slots that are free. */
export const SLOT = { generation: 0, sequence: 1, nameBytes: 2, keyBytes: 3, codecBytes: 4, text: 8 } as const;

/** Words of a copy. */
export const COPY = { bytes: 0, seconds: 1, nanoseconds: 2, value: 4 } as const;

export const WORD_BYTES = 4;
const HEADER_BYTES = 128;
/** Slots begin where a line of the cache does: two writers in two slots do not get into each other's way. */
const LINE_BYTES = 64;
/** Name, key and codec of most values; longer ones are not mapped. */
const TEXT_BYTES = 96;
export const OWNER_BYTES_MAX = HEADER_BYTES - HEADER.owner * WORD_BYTES;

export interface Geometry {
  readonly slots: number;
  readonly slotBytes: number;
  readonly firstBytes: number;
  readonly valueBytes: number;
  readonly textBytes: number;
}

/** Undefined where it would be larger than memory may be. */
export function geometryOf(slots: number, valueBytesMax: number): Geometry | undefined {
  const valueBytes = upTo(valueBytesMax, WORD_BYTES);
  const slotBytes = upTo(slotBytesAtLeast({ valueBytes, textBytes: TEXT_BYTES }), LINE_BYTES);
  const geometry = { slots, slotBytes, firstBytes: HEADER_BYTES, valueBytes, textBytes: TEXT_BYTES };
  return bytesOf(geometry) <= MAPPED_BYTES_MAX ? geometry : undefined;
}

export function bytesOf({ firstBytes, slots, slotBytes }: Geometry): number {
  return firstBytes + slots * slotBytes;
}

/** Of the memory as it is: what it says of itself, if all of that can be true. */
export function readGeometry(words: Int32Array): Geometry | undefined {
  if (words.length * WORD_BYTES < HEADER_BYTES) return undefined;
  if (Atomics.load(words, HEADER.magic) !== MAGIC || Atomics.load(words, HEADER.version) !== MAPPED_VERSION) return undefined;
  const [firstBytes, slotBytes, slots, valueBytes, textBytes] = [
    Atomics.load(words, HEADER.firstBytes),
    Atomics.load(words, HEADER.slotBytes),
    Atomics.load(words, HEADER.slots),
    Atomics.load(words, HEADER.valueBytes),
    Atomics.load(words, HEADER.textBytes),
  ];
  const geometry = { firstBytes, slotBytes, slots, valueBytes, textBytes };
  const isPossible =
    [firstBytes, slotBytes, valueBytes, textBytes].every((bytes) => bytes > 0 && bytes % WORD_BYTES === 0) &&
    slots > 0 &&
    firstBytes >= HEADER_BYTES &&
    slotBytes >= slotBytesAtLeast(geometry) &&
    bytesOf(geometry) <= words.length * WORD_BYTES;
  return isPossible ? geometry : undefined;
}

/** The word that a slot begins with. */
export function slotAt({ firstBytes, slotBytes }: Geometry, slot: number): number {
  return (firstBytes + slot * slotBytes) / WORD_BYTES;
}

/** The word that a value's copy begins with. */
export function copyAt({ textBytes, valueBytes }: Geometry, slotWord: number, sequence: number): number {
  return slotWord + SLOT.text + textBytes / WORD_BYTES + (sequence & 1) * (COPY.value + valueBytes / WORD_BYTES);
}

function slotBytesAtLeast({ textBytes, valueBytes }: Pick<Geometry, 'textBytes' | 'valueBytes'>): number {
  return (SLOT.text + 2 * COPY.value) * WORD_BYTES + textBytes + 2 * valueBytes;
}

function upTo(bytes: number, multiple: number): number {
  return Math.ceil(bytes / multiple) * multiple;
}
