/**
 * How one list becomes another with the fewest changes. What both have of the same origin stays: replicas never change the
 * order of what they share, so those are in the same order here and there. Between them what reads the same stays, from both
 * ends; then types of one kind are turned into each other where there are as many on both sides; the rest is exchanged. Pure.
 */

import { areSameKind, equalContent } from './shared-types.js';
import type { Unit } from './shared-types.js';

export type AlignStep =
  | { readonly kind: 'keep'; readonly live: Unit; readonly past: Unit }
  | { readonly kind: 'remove'; readonly live: Unit }
  | { readonly kind: 'insert'; readonly past: Unit };

export function align(live: readonly Unit[], past: readonly Unit[]): readonly AlignStep[] {
  const steps: AlignStep[] = [];
  const places = new Map(past.map(({ id }, index) => [id, index]));
  let liveStart = 0;
  let pastStart = 0;
  live.forEach((unit, index) => {
    const place = places.get(unit.id);
    const found = place === undefined || place < pastStart ? undefined : past[place];
    if (place === undefined || found === undefined || !canKeep(unit, found)) return;
    fillGap(steps, live.slice(liveStart, index), past.slice(pastStart, place));
    steps.push({ kind: 'keep', live: unit, past: found });
    liveStart = index + 1;
    pastStart = place + 1;
  });
  fillGap(steps, live.slice(liveStart), past.slice(pastStart));
  return steps;
}

function fillGap(steps: AlignStep[], live: readonly Unit[], past: readonly Unit[]): void {
  if (live.length === 0 && past.length === 0) return;
  const most = Math.min(live.length, past.length);
  let start = 0;
  while (start < most && readsSame(live[start], past[start])) start++;
  let end = 0;
  while (end < most - start && readsSame(live.at(-1 - end), past.at(-1 - end))) end++;
  keepAll(steps, live.slice(0, start), past.slice(0, start));
  exchange(steps, live.slice(start, live.length - end), past.slice(start, past.length - end));
  keepAll(steps, live.slice(live.length - end), past.slice(past.length - end));
}

function exchange(steps: AlignStep[], live: readonly Unit[], past: readonly Unit[]): void {
  if (live.length === past.length && live.every((unit, index) => areSameKind(unit.value, past[index]?.value))) {
    keepAll(steps, live, past);
    return;
  }
  for (const unit of live) steps.push({ kind: 'remove', live: unit });
  for (const unit of past) steps.push({ kind: 'insert', past: unit });
}

function keepAll(steps: AlignStep[], live: readonly Unit[], past: readonly Unit[]): void {
  live.forEach((unit, index) => {
    const other = past[index];
    if (other !== undefined) steps.push({ kind: 'keep', live: unit, past: other });
  });
}

function canKeep(live: Unit, past: Unit): boolean {
  return areSameKind(live.value, past.value) || readsSame(live, past);
}

/** Whatever the formatting: that is changed in place. */
function readsSame(a: Unit | undefined, b: Unit | undefined): boolean {
  return a !== undefined && b !== undefined && a.isCharacter === b.isCharacter && equalContent(a.value, b.value);
}
