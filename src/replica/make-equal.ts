/**
 * Turns a live document's content back into that of an older state, as an ordinary change: what is the same stays, nested
 * types are changed in place where they are of one kind, so that what others edit meanwhile merges, and that it can be undone.
 * The methods of Yjs's types are called on whatever lies there: a root that nobody has asked for has no kind, and is given
 * none, for an application that asks for another later would be refused.
 */

import * as Y from 'yjs';

import { align } from './align.js';
import type { AlignStep } from './align.js';
import { equalValues } from './equal-values.js';
import { areSameKind, emptyLike, entriesOf, equalContent, isSharedType, isTextual, unitsOf } from './shared-types.js';
import type { Attributes, SharedType, Unit } from './shared-types.js';

/** In one transaction with this origin. Root types that `past` has not are emptied. */
export function makeEqual(live: Y.Doc, past: Y.Doc, origin: unknown): void {
  live.transact(() => {
    for (const name of new Set([...live.share.keys(), ...past.share.keys()])) {
      makeTypeEqual(live.get(name) as SharedType, past.share.get(name) as SharedType | undefined);
    }
  }, origin);
}

function makeTypeEqual(live: SharedType, past: SharedType | undefined): void {
  makeEntriesEqual(live, past);
  const steps = align(unitsOf(live), unitsOf(past));
  const filled = isTextual(live) || isTextual(past) ? changeText(live, steps) : changeList(live, steps);
  // Only now: places are counted above.
  for (const [inLive, inPast] of filled) makeTypeEqual(inLive, inPast);
}

function makeEntriesEqual(live: SharedType, past: SharedType | undefined): void {
  const [liveEntries, pastEntries] = [entriesOf(live), entriesOf(past)];
  for (const key of liveEntries.keys()) if (!pastEntries.has(key)) Y.Map.prototype.delete.call(live, key);
  for (const [key, value] of pastEntries) {
    const current = liveEntries.get(key);
    if (areSameKind(current, value)) {
      makeTypeEqual(current as SharedType, value as SharedType);
    } else if (!liveEntries.has(key) || !equalContent(current, value)) {
      const copy = copyOf(value);
      Y.Map.prototype.set.call(live, key, copy);
      if (isSharedType(copy)) makeTypeEqual(copy, value as SharedType);
    }
  }
}

/** Types that are to be made equal, and to what: those that stayed, and the new ones, which are still empty. */
type Pairs = readonly (readonly [live: SharedType, past: SharedType])[];

function changeList(live: SharedType, steps: readonly AlignStep[]): Pairs {
  const pairs: [SharedType, SharedType][] = [];
  let index = 0;
  for (const run of runsOf(steps)) {
    const [first] = run;
    if (first?.kind === 'remove') Y.Array.prototype.delete.call(live, index, run.length);
    if (first?.kind === 'insert')
      Y.Array.prototype.insert.call(
        live,
        index,
        run.map((step) => placed(step, pairs)),
      );
    if (first?.kind === 'keep') for (const step of run) placed(step, pairs);
    if (first?.kind !== 'remove') index += run.length;
  }
  return pairs;
}

function changeText(live: SharedType, steps: readonly AlignStep[]): Pairs {
  const pairs: [SharedType, SharedType][] = [];
  const delta = steps.map((step) => operationOf(step, pairs)).reduce(joinOperations, []);
  while (delta.length > 0 && isIdle(delta.at(-1))) delta.pop();
  if (delta.length > 0) Y.Text.prototype.applyDelta.call(live, delta);
  return pairs;
}

interface Operation {
  retain?: number;
  delete?: number;
  insert?: unknown;
  attributes?: Record<string, unknown>;
}

function operationOf(step: AlignStep, pairs: [SharedType, SharedType][]): Operation {
  const value = placed(step, pairs);
  switch (step.kind) {
    case 'keep':
      return { retain: step.live.length, attributes: changedAttributes(step.live, step.past) };
    case 'remove':
      return { delete: step.live.length };
    case 'insert':
      return { insert: value, attributes: { ...step.past.attributes } };
  }
}

function joinOperations(delta: Operation[], next: Operation): Operation[] {
  const last = delta.at(-1);
  if (last === undefined || !equalValues(last.attributes, next.attributes)) delta.push(next);
  else if (last.retain !== undefined && next.retain !== undefined) last.retain += next.retain;
  else if (last.delete !== undefined && next.delete !== undefined) last.delete += next.delete;
  else if (typeof last.insert === 'string' && typeof next.insert === 'string') last.insert += next.insert;
  else delta.push(next);
  return delta;
}

function isIdle(operation: Operation | undefined): boolean {
  return operation?.retain !== undefined && Object.keys(operation.attributes ?? {}).length === 0;
}

function changedAttributes({ attributes: live }: Unit, { attributes: past }: Unit): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const key of Object.keys({ ...live, ...past })) {
    if (!equalValues(valueOf(live, key), valueOf(past, key))) changed[key] = valueOf(past, key);
  }
  return changed;
}

/** In a delta, null takes a format away. */
function valueOf(attributes: Attributes, key: string): unknown {
  return Object.hasOwn(attributes, key) ? attributes[key] : null;
}

/** What a step puts into the list; a type is noted, to be made equal when it has its place. */
function placed(step: AlignStep, pairs: [SharedType, SharedType][]): unknown {
  if (step.kind === 'remove') return undefined;
  const { value } = step.past;
  const copy = step.kind === 'keep' ? step.live.value : copyOf(value);
  if (isSharedType(copy) && isSharedType(value)) pairs.push([copy, value]);
  return copy;
}

function copyOf(value: unknown): unknown {
  if (isSharedType(value)) return emptyLike(value);
  // A document has one place only; another of the same id stands for the same.
  return value instanceof Y.Doc ? new Y.Doc({ guid: value.guid, meta: value.meta as unknown, autoLoad: value.autoLoad }) : value;
}

/** Neighbours of one kind together: one operation each. */
function runsOf(steps: readonly AlignStep[]): readonly (readonly AlignStep[])[] {
  const runs: AlignStep[][] = [];
  for (const step of steps) {
    const last = runs.at(-1);
    if (last?.[0]?.kind === step.kind) last.push(step);
    else runs.push([step]);
  }
  return runs;
}
