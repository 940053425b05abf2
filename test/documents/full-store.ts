/** A store that holds many documents already, as if they had been made one by one: written straight into it, which is quicker. */

import * as Y from 'yjs';

import { shelfOf } from '../../src/documents/document-name.js';
import type { PeerId } from '../../src/base/ids.js';
import type { Store, StoreRecord } from '../../storage/store.js';

const WRITER = '0123456789abcdef' as PeerId;
const RECORDS_IN_BATCH = 1000;

export const manyNames = (count: number): string[] => Array.from({ length: count }, (_, index) => `bank/${index}`);

/** Each with a map of one key, and all of them in the catalogue. Leaves the store closed in order, and its lock free. */
export async function fillStore(store: Store, names: readonly string[]): Promise<void> {
  store.lock.tryAcquire();
  await store.open();
  const shelves = new Map<string, Y.Doc>();
  const records: StoreRecord[] = names.map((name) => {
    const doc = new Y.Doc();
    doc.getMap('map').set('name', name);
    const shelf = shelves.get(shelfOf(name)) ?? new Y.Doc();
    shelves.set(shelfOf(name), shelf);
    shelf.getMap('documents').set(name, {});
    return recordOf(name, doc);
  });
  for (const [id, doc] of shelves) records.push(recordOf(id, doc));
  for (let at = 0; at < records.length; at += RECORDS_IN_BATCH) await store.append(1, records.slice(at, at + RECORDS_IN_BATCH));
  await store.close({ clean: true });
  store.lock.release();
}

function recordOf(document: string, doc: Y.Doc): StoreRecord {
  return { document, update: Y.encodeStateAsUpdate(doc), origins: new Map([[WRITER, 1]]), isTakeover: false };
}
