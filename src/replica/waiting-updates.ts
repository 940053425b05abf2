/**
 * Updates that build on what has not come. Yjs keeps them apart, and merges and tries them again at each update that it is given:
 * a list of a thousand of which the first must wait would cost the square. Here a whole list is applied first, what had to wait
 * is merged once, and tried again once, by the same rule.
 */

import * as Y from 'yjs';
import { assert } from '../base/errors.js';

type Store = Y.Doc['store'];
type Waiting = NonNullable<Store['pendingStructs']>;

/** Calls `applyOne` for each part, within a transaction of the caller. `mayApply` is asked about what waited and need not any more. */
export function applyList<Part>(
  doc: Y.Doc,
  parts: readonly Part[],
  { applyOne, mayApply, origin }: { applyOne: (part: Part) => void; mayApply: (update: Uint8Array) => boolean; origin: symbol },
): void {
  const { store } = doc;
  const waiting: Waiting[] = [];
  const deletions: Uint8Array[] = [];
  const setApart = (): void => {
    if (store.pendingStructs !== null) waiting.push(store.pendingStructs);
    if (store.pendingDs !== null) deletions.push(store.pendingDs);
    store.pendingStructs = null;
    store.pendingDs = null;
  };
  setApart();
  for (const part of parts) {
    applyOne(part);
    setApart();
  }
  if (waiting.length > 0) {
    const merged = mergeWaiting(waiting);
    if (!isServed(store, merged)) store.pendingStructs = merged;
    // What may not be applied is dropped: then this replica lacks it, which its state vector says.
    else if (mayApply(merged.update)) Y.applyUpdateV2(doc, merged.update, origin);
  }
  if (deletions.length === 0) return;
  if (store.pendingDs !== null) deletions.push(store.pendingDs);
  store.pendingDs = null;
  const structs = store.pendingStructs;
  store.pendingStructs = null;
  Y.applyUpdateV2(doc, mergeAll(deletions), origin);
  store.pendingStructs = structs;
}

/** Yjs encodes what it could not place along with the rest; that is neither stored nor spread. */
export function withoutPending<Result>({ store }: Y.Doc, encode: () => Result): Result {
  const { pendingStructs, pendingDs } = store;
  store.pendingStructs = null;
  store.pendingDs = null;
  try {
    return encode();
  } finally {
    store.pendingStructs = pendingStructs;
    store.pendingDs = pendingDs;
  }
}

/** Something came that was missing: Yjs's own rule for when a try is worth it. */
function isServed(store: Store, { missing }: Waiting): boolean {
  for (const [client, clock] of missing) if (clock < Y.getState(store, client)) return true;
  return false;
}

function mergeWaiting(waiting: readonly Waiting[]): Waiting {
  const missing = new Map<number, number>();
  for (const each of waiting) {
    for (const [client, clock] of each.missing) missing.set(client, Math.min(clock, missing.get(client) ?? Infinity));
  }
  return { missing, update: mergeAll(waiting.map(({ update }) => update)) };
}

/** A few at a time: the cost of one merge grows with the square of the number of its parts. */
function mergeAll(updates: readonly Uint8Array[]): Uint8Array {
  let level = updates;
  while (level.length > 1) {
    const merged: Uint8Array[] = [];
    for (let start = 0; start < level.length; start += MERGED_AT_ONCE)
      merged.push(Y.mergeUpdatesV2(level.slice(start, start + MERGED_AT_ONCE)));
    level = merged;
  }
  const [whole] = level;
  assert(whole !== undefined, 'there is something to merge');
  return whole;
}

const MERGED_AT_ONCE = 8;
