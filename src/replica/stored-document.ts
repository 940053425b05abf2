/** What was stored, read into documents that nobody else sees: to look at it, and to try whether it can be read at all. */

import * as Y from 'yjs';
import type { LoadedDocument } from '../../storage/store.js';
import { digestOf } from './digest.js';

type Stored = Pick<LoadedDocument, 'snapshot' | 'updates'>;

/** A whole document as it can be stored. */
export interface WholeState {
  /** Encoding V2. */
  readonly state: Uint8Array;
  readonly stateVector: Uint8Array;
  readonly digest: string;
}

/** Whether a snapshot gives back what it was taken of: a trial load into a replica that is thrown away. */
export function isFaithful(snapshot: Uint8Array, digest: string): boolean {
  return gives({ snapshot, updates: [] }, digest);
}

/** Whether a snapshot of a live replica holds all that the store has: the log adds nothing, and leaves nothing pending. */
export function includesLog(snapshot: Uint8Array, stored: Stored, digest: string): boolean {
  return gives({ snapshot, updates: stored.updates }, digest);
}

/** Whether something is missing that a part of it builds on. */
export function hasGaps(stored: Stored): boolean {
  const doc = loadStoredDocument(stored);
  const isIncomplete = isPending(doc);
  doc.destroy();
  return isIncomplete;
}

/** All of what is stored, in one piece; undefined where a part of it builds on something that is missing. */
export function wholeStateOf(stored: Stored): WholeState | undefined {
  const doc = loadStoredDocument(stored);
  const whole = isPending(doc)
    ? undefined
    : { state: Y.encodeStateAsUpdateV2(doc), stateVector: Y.encodeStateVector(doc), digest: digestOf(doc) };
  doc.destroy();
  return whole;
}

/** A document as it was stored, for looking only. */
export function loadStoredDocument({ snapshot, updates }: Stored): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    if (snapshot !== undefined) Y.applyUpdateV2(doc, snapshot);
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  return doc;
}

function gives(stored: Stored, digest: string): boolean {
  try {
    const doc = loadStoredDocument(stored);
    const isGiven = !isPending(doc) && digestOf(doc) === digest;
    doc.destroy();
    return isGiven;
  } catch {
    return false; // What cannot be read back is not faithful, whatever the reason; the caller reports it.
  }
}

function isPending({ store }: Y.Doc): boolean {
  return store.pendingStructs !== null || store.pendingDs !== null;
}
