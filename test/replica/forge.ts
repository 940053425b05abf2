/** Updates as no Yjs would write them: each part is given, and nothing is checked. The layout is that of encoding V1. */

import * as encoding from 'lib0/encoding';

export type Write = (to: encoding.Encoder) => void;
export type Id = readonly [client: number, clock: number];

export const numbers =
  (...values: readonly number[]): Write =>
  (to) => {
    for (const value of values) encoding.writeVarUint(to, value);
  };
export const raw =
  (...bytes: readonly number[]): Write =>
  (to) =>
    encoding.writeUint8Array(to, Uint8Array.from(bytes));
export const text =
  (value: string): Write =>
  (to) =>
    encoding.writeVarString(to, value);
export const all =
  (...writes: readonly Write[]): Write =>
  (to) => {
    for (const write of writes) write(to);
  };
export const times = (count: number, write: (index: number) => Write): Write =>
  all(...Array.from({ length: count }, (_, index) => write(index)));

export interface Section {
  readonly client: number;
  readonly clock?: number;
  readonly structs: readonly Write[];
  /** Where it lies. */
  readonly count?: number;
}

export interface Range {
  readonly client: number;
  readonly ranges: readonly (readonly [clock: number, length: number])[];
}

export function update(sections: readonly Section[], deletions: readonly Range[] = []): Uint8Array {
  const to = encoding.createEncoder();
  encoding.writeVarUint(to, sections.length);
  for (const { client, clock = 0, structs, count = structs.length } of sections) {
    numbers(count, client, clock)(to);
    for (const write of structs) write(to);
  }
  encoding.writeVarUint(to, deletions.length);
  for (const { client, ranges } of deletions) {
    numbers(client, ranges.length)(to);
    for (const [clock, length] of ranges) numbers(clock, length)(to);
  }
  return encoding.toUint8Array(to);
}

export interface Place {
  readonly left?: Id;
  readonly right?: Id;
  /** Below this root, or this item. Default: the root `r`. */
  readonly parent?: string | Id;
  readonly key?: string;
}

export function item(kind: number, content: Write, { left, right, parent = 'r', key }: Place = {}): Write {
  const flags = (left === undefined ? 0 : 0x80) | (right === undefined ? 0 : 0x40) | (key === undefined ? 0 : 0x20);
  return (to) => {
    encoding.writeUint8(to, kind | flags);
    if (left !== undefined) numbers(...left)(to);
    if (right !== undefined) numbers(...right)(to);
    if (left === undefined && right === undefined) {
      if (typeof parent === 'string') all(numbers(1), text(parent))(to);
      else numbers(0, ...parent)(to);
      if (key !== undefined) text(key)(to);
    }
    content(to);
  };
}

export const gap = (length: number): Write => all(raw(0), numbers(length));
export const skip = (length: number): Write => all(raw(10), numbers(length));
export const deleted = (length: number, place?: Place): Write => item(1, numbers(length), place);
export const string = (value: string, place?: Place): Write => item(4, text(value), place);
export const map = (place?: Place): Write => item(7, numbers(1), place);
/** Values in lib0's encoding. */
export const values = (count: number, value: Write, place?: Place): Write =>
  item(
    8,
    all(
      numbers(count),
      times(count, () => value),
    ),
    place,
  );
export const NULL = raw(126);
/** A list in a list in a list … */
export const nested = (depth: number): Write =>
  all(
    times(depth, () => raw(117, 1)),
    NULL,
  );
