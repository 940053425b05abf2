/**
 * Of a database that was mended: the entry that a document is to have. A table that is lost may have held the last entry, and then
 * an earlier one comes to light that names what was deleted since. So all that are there are looked at, with the copies beside
 * the snapshots, from the youngest generation back, and the first counts whose snapshot is whole.
 */

import { NO_ENTRY } from './document-entry.js';
import { ORIGIN, decodeDocument } from './entries.js';
import type { DocumentEntry, SnapshotEntry } from './entries.js';
import { chunkRange, documentKey, isEntryCopyKey } from './keys.js';
import { isSnapshotSound } from './level-load.js';
import type { Database } from './level-open.js';
import { lost } from './level-read.js';
import type { Damage } from './store.js';

export interface ChosenEntry {
  readonly entry: DocumentEntry;
  readonly damage: readonly Damage[];
}

export async function chooseEntry(database: Database, document: string): Promise<ChosenEntry> {
  const damage: Damage[] = [];
  const found = await findEntries(database, document);
  const isSound = (snapshot: SnapshotEntry | undefined): Promise<boolean> | boolean =>
    snapshot === undefined || snapshot.generation === ORIGIN.generation || isSnapshotSound(database, document, snapshot);
  for (const { snapshot, older } of found) {
    const isOlderSound = older !== undefined && (await isSound(older));
    if (await isSound(snapshot)) {
      if (older !== undefined && !isOlderSound) damage.push(lost(document, 'of its two snapshots, the older one is not whole'));
      return { entry: { snapshot, older: isOlderSound ? older : undefined }, damage };
    }
    damage.push(lost(document, `the snapshot through record ${snapshot?.through ?? 0} is not whole`));
    if (isOlderSound) return { entry: { snapshot: older.generation === ORIGIN.generation ? undefined : older, older: undefined }, damage };
  }
  if (found.length === 0) damage.push(lost(document, 'no entry of it verifies'));
  return { entry: NO_ENTRY, damage };
}

/** The youngest first. */
async function findEntries(database: Database, document: string): Promise<readonly DocumentEntry[]> {
  const values: Uint8Array[] = [];
  const own = await database.get(documentKey(document));
  if (own !== undefined) values.push(own);
  for await (const [key, value] of database.iterator(chunkRange(document))) if (isEntryCopyKey(key)) values.push(value);
  const entries: DocumentEntry[] = [];
  for (const value of values) {
    const decoded = decodeDocument(document, value);
    if (decoded.ok) entries.push(decoded.value);
  }
  return entries.sort((left, right) => (right.snapshot?.generation ?? 0) - (left.snapshot?.generation ?? 0));
}
