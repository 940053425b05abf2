/**
 * Which bytes may be recorded for what comes of applying them, as they came: those of one update, by itself. Whoever asks has to see that
 * nothing waited before, and that it was taken in to its end.
 */

import type * as Y from 'yjs';
import type { UpdateSource } from './update-check.js';

/** Undefined where they may not. A frame is copied out of the memory that it came in, when it is asked for. */
export function arrivalOf(doc: Y.Doc, updates: readonly Uint8Array[], source: UpdateSource): (() => Uint8Array) | undefined {
  const [update] = updates;
  if (update === undefined || updates.length > 1 || !beginsUnheard(doc)) return undefined;
  if (source === 'frame') return () => update.slice();
  // An answer to who has something brings all deletions there are: what was new is less.
  return doc.store.clients.size === 0 ? () => update : undefined;
}

/** Whether a transaction that begins now will hold what is done in it, and nothing else: who listens to its beginning may write into it. */
function beginsUnheard({ _observers }: Y.Doc): boolean {
  const observers = _observers as Map<string, Set<unknown>>;
  return observers.get('beforeTransaction')?.size === 1 && observers.get('beforeAllTransactions')?.size === 1;
}
