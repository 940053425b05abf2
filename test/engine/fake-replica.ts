/**
 * A replica small enough to be seen through: what an author writes are items 1, 2, 3 …, and each builds on the one before and on one
 * of another author. An item without what it builds on is pending, as in Yjs. Updates and state vectors are JSON, so anything else
 * cannot be read.
 */

import type { ReplicaView } from '../../sync/replica-view.js';

type Item = readonly [author: string, number: number, needs?: readonly [author: string, number: number]];

export class FakeReplica implements ReplicaView {
  readonly author: string;
  readonly #integrated = new Map<string, Item[]>();
  #pending: Item[] = [];

  constructor(author: string) {
    this.author = author;
  }

  /** The next item of its own. */
  write(): Uint8Array {
    const number = this.last(this.author) + 1;
    const others = [...this.#integrated.keys()].filter((author) => author !== this.author);
    const other = others[number % Math.max(1, others.length)];
    const item: Item = other === undefined ? [this.author, number] : [this.author, number, [other, this.last(other)]];
    this.#integrate(item);
    return encode([item]);
  }

  /** The last item of an author that is part of it. */
  last(author: string): number {
    return this.#integrated.get(author)?.length ?? 0;
  }

  /** Whether it was given all items of an author up to this one, be they pending. */
  wasGiven(author: string, number: number): boolean {
    const pending = new Set(this.#pending.filter((item) => item[0] === author).map((item) => item[1]));
    for (let each = this.last(author) + 1; each <= number; each++) if (!pending.has(each)) return false;
    return true;
  }

  /** All of it, or where any of it cannot be read nothing. */
  apply(updates: readonly Uint8Array[]): boolean {
    const items = updates.map((update) => decode(update, isItems));
    if (items.includes(undefined)) return false;
    this.#pending.push(...items.flatMap((list) => list ?? []));
    for (let count = -1; count !== this.#pending.length;) {
      count = this.#pending.length;
      this.#pending = this.#pending.filter((item) => !this.#integrate(item));
    }
    return true;
  }

  setAside(): void {
    this.#pending = [];
  }

  stateVector(): Uint8Array {
    return encode([...this.#integrated.keys()].map((author) => [author, this.last(author)]));
  }

  clientId(): number {
    return Number.parseInt(this.author.slice(0, 8), 16);
  }

  canRead(stateVector: Uint8Array): boolean {
    return decode(stateVector, isItems) !== undefined;
  }

  difference(stateVector: Uint8Array): Uint8Array {
    const theirs = read(stateVector);
    return encode([...this.#integrated].flatMap(([author, items]) => items.slice(theirs.get(author) ?? 0)));
  }

  digest(): string {
    return JSON.stringify([...this.#integrated.keys()].sort((a, b) => (a < b ? -1 : 1)).map((author) => [author, this.last(author)]));
  }

  hasPending(): boolean {
    return this.#pending.length > 0;
  }

  isBehind(stateVector: Uint8Array): boolean {
    return [...read(stateVector)].some(([author, last]) => last > this.last(author));
  }

  isAhead(stateVector: Uint8Array): boolean {
    const theirs = read(stateVector);
    return [...this.#integrated.keys()].some((author) => this.last(author) > (theirs.get(author) ?? 0));
  }

  /** Whether it need not be kept: it is part of the replica now, or was already. */
  #integrate(item: Item): boolean {
    const [author, number, needs] = item;
    const items = this.#integrated.get(author) ?? [];
    if (number <= items.length) return true;
    if (number > items.length + 1 || (needs !== undefined && needs[1] > this.last(needs[0]))) return false;
    this.#integrated.set(author, [...items, item]);
    return true;
  }
}

/** An update of items of one author. */
export function itemsOf(author: string, ...numbers: number[]): Uint8Array {
  return encode(numbers.map((number): Item => [author, number]));
}

/** The state vector of a replica that has so many items of one author. */
export function vectorWith(author: string, last: number): Uint8Array {
  return encode([[author, last]]);
}

export const NOTHING = encode([]);

function read(stateVector: Uint8Array): Map<string, number> {
  const entries = decode(stateVector, isItems);
  if (entries === undefined) throw new Error('the engine asked about a state vector that cannot be read');
  return new Map(entries.map(([author, last]) => [author, Math.max(0, last)]));
}

function encode(items: readonly Item[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(items));
}

function decode<Value>(bytes: Uint8Array, isValue: (value: unknown) => value is Value): Value | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isValue(value) ? value : undefined;
  } catch {
    return undefined; // that it cannot be read is the answer
  }
}

function isItems(value: unknown): value is readonly Item[] {
  return Array.isArray(value) && value.every((item) => Array.isArray(item) && isPlace(item) && (item[2] === undefined || isPlace(item[2])));
}

function isPlace(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === 'string' && Number.isSafeInteger(value[1]);
}
