/** Documents out of bundles, read into replicas that nobody else sees. What lies in a bundle has passed its checksum. */

import * as Y from 'yjs';
import type { BundledDocument } from '../../storage/bundle.js';
import { digestOf } from './digest.js';

/** Throws what Yjs throws where the bytes are none of a document. */
export function openBundled({ encoding, bytes }: Pick<BundledDocument, 'encoding' | 'bytes'>): Y.Doc {
  const doc = new Y.Doc();
  if (encoding === 'state') Y.applyUpdateV2(doc, bytes);
  else Y.applyUpdate(doc, bytes);
  return doc;
}

/** Nothing in it waits for something that is not there. */
export function isWhole({ store }: Y.Doc): boolean {
  return store.pendingStructs === null && store.pendingDs === null;
}

/** A state as a store takes it, without what waits for something that is not there. */
export interface StorableState {
  /** Encoding V2. */
  readonly state: Uint8Array;
  readonly stateVector: Uint8Array;
  readonly digest: string;
}

/** Leaves out what is pending: a snapshot never holds such. */
export function storableStateOf(doc: Y.Doc): StorableState {
  const { store } = doc;
  const { pendingStructs, pendingDs } = store;
  store.pendingStructs = null;
  store.pendingDs = null;
  const state = Y.encodeStateAsUpdateV2(doc);
  store.pendingStructs = pendingStructs;
  store.pendingDs = pendingDs;
  return { state, stateVector: Y.encodeStateVector(doc), digest: digestOf(doc) };
}
