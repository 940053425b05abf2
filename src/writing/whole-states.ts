/** All documents of a store, each whole, as they are in one moment: for backups and checkpoints. Nothing is written for it, and no batch waits. */

import type { BundledDocument } from '../../storage/bundle.js';
import type { Store } from '../../storage/store.js';
import { storableStateOf } from '../replica/bundled-document.js';
import { loadStoredDocument } from '../replica/stored-document.js';
import type { WholeState } from '../replica/stored-document.js';
import { structsOf } from '../replica/struct-count.js';
import type { Trial } from '../replica/trial.js';
import type { WrittenDocument } from '../writer-host.js';

/** With what a trial wants to know. */
export type WholeDocument = BundledDocument & Omit<Trial, 'state'>;

interface Closed {
  /** The store's last record of it when it was read. */
  readonly last: number;
  readonly whole: WholeState;
}

/**
 * Documents that are open here are taken from their replicas, in one tick: so they hold whatever was acknowledged by then. What a
 * replica has not integrated was never acknowledged, and is left out. The others are read from the store first. `check` throws where the office has ended.
 */
export async function wholeStates(
  store: Store,
  open: () => readonly WrittenDocument[],
  check: () => void,
): Promise<readonly WholeDocument[]> {
  const closed = new Map<string, Closed>();
  for (;;) {
    check();
    const names = new Set(open().map(({ name }) => name));
    const stale = store.documents().filter(({ name }) => !names.has(name) && closed.get(name)?.last !== store.lastRecord(name));
    if (stale.length === 0) break;
    for (const { name } of stale) {
      check();
      const last = store.lastRecord(name);
      const doc = loadStoredDocument(await store.load(name));
      closed.set(name, { last, whole: storableStateOf(doc) });
      doc.destroy();
    }
  }
  const documents = open();
  for (const { name } of documents) closed.delete(name);
  // What was removed meanwhile is not to come back with what is made of this.
  for (const name of closed.keys()) if (store.document(name) === undefined) closed.delete(name);
  return [
    ...documents.map(({ name, replica }) => {
      const bytes = replica.snapshot();
      return { name, encoding: 'state' as const, bytes, digest: replica.digest(), structs: structsOf(replica.doc) };
    }),
    ...[...closed].map(([name, { whole }]) => {
      const { state: bytes, digest, structs } = whole;
      return { name, encoding: 'state' as const, bytes, digest, structs };
    }),
  ];
}
