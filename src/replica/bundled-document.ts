/** Documents out of bundles, read into replicas that nobody else sees. What lies in a bundle has passed its checksum. */

import * as Y from 'yjs';
import type { BundledDocument } from '../../storage/bundle.js';
import { digestOf } from './digest.js';
import { StoredDoc } from './stored-document.js';
import type { WholeState } from './stored-document.js';
import { structsOf } from './struct-count.js';
import { withoutPending } from './whole-updates.js';

/**
 * A state, or a difference: what that builds on is elsewhere, and Yjs keeps it apart for whoever hands it on. Throws what Yjs throws
 * where the bytes are none of a document.
 */
export function openBundled({ encoding, bytes }: Pick<BundledDocument, 'encoding' | 'bytes'>): Y.Doc {
  const doc = new Y.Doc();
  if (encoding === 'state') Y.applyUpdateV2(doc, bytes);
  else Y.applyUpdate(doc, bytes);
  return doc;
}

/** What builds on something that is not there waits, and shows when another one brings that. */
export function addBundled(doc: StoredDoc, { encoding, bytes }: Pick<BundledDocument, 'encoding' | 'bytes'>): void {
  doc.take(encoding === 'state' ? { snapshot: bytes, updates: [] } : { snapshot: undefined, updates: [bytes] });
}

/** Nothing in it waits for something that is not there. */
export function isWhole(doc: Y.Doc): boolean {
  if (doc instanceof StoredDoc) return !doc.isIncomplete;
  return doc.store.pendingStructs === null && doc.store.pendingDs === null;
}

/** Leaves out what is pending: a snapshot never holds such. */
export function storableStateOf(doc: Y.Doc): WholeState {
  const state = withoutPending(doc, () => Y.encodeStateAsUpdateV2(doc));
  return { state, stateVector: Y.encodeStateVector(doc), digest: digestOf(doc), structs: structsOf(doc) };
}
