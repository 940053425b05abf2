/** What was stored, read into documents that nobody else sees: to look at it, and to try whether it can be read at all. */

import * as Y from 'yjs';
import type { LoadedDocument } from '../../storage/store.js';
import { digestOf } from './digest.js';
import { structsOf } from './struct-count.js';
import { WholeUpdates, footedOf } from './whole-updates.js';
import type { FootedUpdate } from './whole-updates.js';

type Stored = Pick<LoadedDocument, 'snapshot' | 'updates'>;

/** A document as a store takes it, without what waits for something that is not there. */
export interface WholeState {
  /** Encoding V2. */
  readonly state: Uint8Array;
  readonly stateVector: Uint8Array;
  readonly digest: string;
  /** How many structs Yjs makes of the state: how long it takes to read. */
  readonly structs: number;
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
  const { isIncomplete } = doc;
  doc.destroy();
  return isIncomplete;
}

/** All of what is stored, in one piece; undefined where a part of it builds on something that is missing. */
export function wholeStateOf(stored: Stored): WholeState | undefined {
  const doc = loadStoredDocument(stored);
  const whole = doc.isIncomplete
    ? undefined
    : { state: Y.encodeStateAsUpdateV2(doc), stateVector: Y.encodeStateVector(doc), digest: digestOf(doc), structs: structsOf(doc) };
  doc.destroy();
  return whole;
}

/** A document that nobody else has. It takes updates whole or not at all, as replicas do. */
export class StoredDoc extends Y.Doc {
  readonly #updates = new WholeUpdates(this, { hasFirstLoad: false });

  /** A part of it builds on something that is missing: that part does not show. */
  get isIncomplete(): boolean {
    return this.#updates.isPending;
  }

  /** A state in encoding V2, and then updates in V1. Throws what Yjs throws where the bytes are none. */
  take(stored: Stored): void {
    const apply = (update: FootedUpdate): void => this.#updates.integrate(update);
    this.transact(() => {
      for (const update of footedOf(this, stored)) apply(update);
      this.#updates.release({ mayApply: () => true, apply });
    });
  }
}

/** A document as it was stored, for looking only. */
export function loadStoredDocument(stored: Stored): StoredDoc {
  const doc = new StoredDoc();
  doc.take(stored);
  return doc;
}

function gives(stored: Stored, digest: string): boolean {
  try {
    const doc = loadStoredDocument(stored);
    const isGiven = !doc.isIncomplete && digestOf(doc) === digest;
    doc.destroy();
    return isGiven;
  } catch {
    return false; // What cannot be read back is not faithful, whatever the reason; the caller reports it.
  }
}
