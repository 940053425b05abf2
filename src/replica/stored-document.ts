/** What was stored, read into documents that nobody else sees: to look at it, and to try whether it can be read at all. */

import * as Y from 'yjs';
import type { LoadedDocument } from '../../storage/store.js';
import { digestOf } from './digest.js';

/** Whether a snapshot gives back what it was taken of: a trial load into a replica that is thrown away. */
export function isFaithful(snapshot: Uint8Array, digest: string): boolean {
  const trial = new Y.Doc();
  try {
    Y.applyUpdateV2(trial, snapshot);
    return trial.store.pendingStructs === null && trial.store.pendingDs === null && digestOf(trial) === digest;
  } catch {
    return false; // What cannot be read back is not faithful, whatever the reason; the caller reports it.
  } finally {
    trial.destroy();
  }
}

/** A document as it was stored, for looking only. */
export function loadStoredDocument({ snapshot, updates }: Pick<LoadedDocument, 'snapshot' | 'updates'>): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    if (snapshot !== undefined) Y.applyUpdateV2(doc, snapshot);
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  return doc;
}
