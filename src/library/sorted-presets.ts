/**
 * Presets in one order, kept up to date without sorting them all again: what changed is noted, and put back into its place when the
 * list is asked for next. That costs one pass, however much changed.
 */

import type { PresetSort } from './preset.js';
import type { Shown } from './shown.js';

type Compare = (a: Shown, b: Shown) => number;

export class SortedPresets {
  readonly #compare: Compare;
  #list: Shown[];
  readonly #dirty = new Set<Shown>();

  constructor(all: Iterable<Shown>, sort: PresetSort) {
    this.#compare = COMPARE[sort];
    this.#list = [...all].filter(isListed).sort(this.#compare);
  }

  /** It has changed, come or gone. */
  note(shown: Shown): void {
    this.#dirty.add(shown);
  }

  get list(): readonly Shown[] {
    if (this.#dirty.size > 0) {
      const rest = this.#list.filter((shown) => !this.#dirty.has(shown));
      this.#list = merge(rest, [...this.#dirty].filter(isListed).sort(this.#compare), this.#compare);
      this.#dirty.clear();
    }
    return this.#list;
  }
}

/** Few into many: each looks for its place, and what lies in between is only copied. */
function merge(a: readonly Shown[], b: readonly Shown[], compare: Compare): Shown[] {
  const merged: Shown[] = [];
  let at = 0;
  for (const next of b) {
    for (const end = placeIn(a, next, { from: at, compare }); at < end; at++) merged.push(a[at] as Shown);
    merged.push(next);
  }
  for (; at < a.length; at++) merged.push(a[at] as Shown);
  return merged;
}

function placeIn(list: readonly Shown[], next: Shown, { from, compare }: { readonly from: number; readonly compare: Compare }): number {
  let [low, high] = [from, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(list[middle] as Shown, next) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isListed(shown: Shown): boolean {
  return !shown.isGone && !shown.preset.isRemoved;
}

/** Equal places are told apart by id, which no two presets share. */
export function byOrder(a: Shown, b: Shown): number {
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return a.preset.id < b.preset.id ? -1 : a.preset.id === b.preset.id ? 0 : 1;
}

function byText(field: 'name' | 'category' | 'author'): Compare {
  return (a, b) => {
    const [left, right] = [a.folded(field), b.folded(field)];
    return left === right ? byOrder(a, b) : left < right ? -1 : 1;
  };
}

const COMPARE: Readonly<Record<PresetSort, Compare>> = {
  order: byOrder,
  name: byText('name'),
  category: byText('category'),
  author: byText('author'),
  rating: (a, b) => b.preset.rating - a.preset.rating || byOrder(a, b),
};
