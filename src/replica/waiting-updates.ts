/**
 * Updates that wait for what they build on, by what each of them misses first: so what comes wakes those that it serves, and a
 * thousand that wait for each other cost a thousand steps, not the square. It only keeps them; whole-updates.ts applies them.
 */

import type { Footing } from './footing.js';

export interface Waiting {
  readonly update: Uint8Array;
  readonly footing: Footing;
}

/** `at`: the place of the first of its needs that is not known to be met. */
interface Waiter extends Waiting {
  at: number;
}

export class WaitingUpdates {
  readonly #clockOf: (client: number) => number;
  /** By the client that is missed, the one that misses least of it first. */
  readonly #queues = new Map<number, Queue>();
  #count = 0;
  #bytes = 0;

  constructor(clockOf: (client: number) => number) {
    this.#clockOf = clockOf;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Clients that something is missed of. */
  get clients(): Iterable<number> {
    return this.#queues.keys();
  }

  /** False where it misses nothing (any more). */
  add({ update, footing }: Waiting): boolean {
    if (!this.#enqueue({ update, footing, at: 0 })) return false;
    this.#count++;
    this.#bytes += update.length;
    return true;
  }

  /** Takes out, now that more of a client is there, those that miss nothing any more; the others wait for their next need. */
  takeServed(client: number): Waiting[] {
    const queue = this.#queues.get(client);
    if (queue === undefined) return [];
    const clock = this.#clockOf(client);
    const served: Waiting[] = [];
    for (let waiter = queue.takeUpTo(clock); waiter !== undefined; waiter = queue.takeUpTo(clock)) {
      if (this.#enqueue(waiter)) continue;
      served.push(waiter);
      this.#count--;
      this.#bytes -= waiter.update.length;
    }
    if (queue.isEmpty) this.#queues.delete(client);
    return served;
  }

  clear(): void {
    this.#queues.clear();
    this.#count = 0;
    this.#bytes = 0;
  }

  /** What was met once stays met, so each need is looked at once. */
  #enqueue(waiter: Waiter): boolean {
    const { needs = [] } = waiter.footing;
    for (; waiter.at < needs.length; waiter.at += 2) {
      const client = needs[waiter.at] ?? 0;
      const clocks = needs[waiter.at + 1] ?? 0;
      if (clocks <= this.#clockOf(client)) continue;
      let queue = this.#queues.get(client);
      if (queue === undefined) this.#queues.set(client, (queue = new Queue()));
      queue.add(clocks, waiter);
      return true;
    }
    return false;
  }
}

interface Entry {
  readonly clocks: number;
  readonly order: number;
  readonly waiter: Waiter;
}

/** A binary heap; of the same number of clocks, the one that came first is first. */
class Queue {
  readonly #entries: Entry[] = [];
  #order = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  add(clocks: number, waiter: Waiter): void {
    const entries = this.#entries;
    const entry = { clocks, waiter, order: this.#order++ };
    let at = entries.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = entries[above] as Entry;
      if (!isBefore(entry, parent)) break;
      entries[at] = parent;
      at = above;
    }
    entries[at] = entry;
  }

  takeUpTo(clocks: number): Waiter | undefined {
    const [first] = this.#entries;
    if (first === undefined || first.clocks > clocks) return undefined;
    const last = this.#entries.pop() as Entry;
    if (last !== first) this.#sink(last);
    return first.waiter;
  }

  #sink(entry: Entry): void {
    const entries = this.#entries;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [entries[below], entries[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) below++;
      const child = entries[below] as Entry;
      if (!isBefore(child, entry)) break;
      entries[at] = child;
      at = below;
    }
    entries[at] = entry;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.clocks < b.clocks || (a.clocks === b.clocks && a.order < b.order);
}
