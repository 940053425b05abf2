/** Choices from one seed, for the fuzzer: quick, and the same for the same seed. */

import { seededRandom } from '../../src/base/random.js';
import type { Random } from '../../src/base/random.js';

export class Chance {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  fraction(): number {
    return this.#random.fraction();
  }

  /** 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.#random.fraction() * below);
  }

  isIn(share: number): boolean {
    return this.#random.fraction() < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** By weight. */
  draw<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names = Object.keys(weights) as Name[];
    let rest = this.#random.fraction() * names.reduce((sum, name) => sum + weights[name], 0);
    return names.find((name) => (rest -= weights[name]) < 0) ?? (names[0] as Name);
  }

  /** Up to so many of something; mostly few. */
  list<Item>(max: number, make: () => Item): Item[] {
    return Array.from({ length: this.isIn(0.1) ? this.below(max + 1) : this.below(Math.min(4, max + 1)) }, make);
  }

  bytes(count: number): Uint8Array {
    return this.#random.bytes(count);
  }

  /** Small, at an edge, or any. */
  number(): number {
    const lot = this.#random.fraction();
    if (lot < 0.5) return this.below(12);
    if (lot < 0.75) return this.pick(EDGES);
    return Math.floor(this.#random.fraction() * Number.MAX_SAFE_INTEGER);
  }
}

const EDGES = [0, 1, 127, 128, 255, 256, 4096, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 2, 2 ** 53 - 1];
