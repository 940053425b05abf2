/**
 * A document's entry, read and believed only if it verifies. One block of LevelDB may hold the entries of all documents,
 * so each snapshot carries a copy of the entry that its batch wrote: the newest that verifies stands in for one that is gone.
 * An older copy is as good: the log above the snapshot that it describes is kept.
 */

import { decodeDocument } from './entries.js';
import type { DocumentEntry } from './entries.js';
import { chunkRange, documentKey, isEntryCopyKey } from './keys.js';
import type { Database, ReadOptions } from './level-open.js';
import { getTolerantly, lost, readTolerantly } from './level-read.js';
import type { Quarantine } from './quarantine.js';
import type { Damage } from './store.js';

export interface FoundEntry {
  readonly entry: DocumentEntry;
  readonly damage: readonly Damage[];
}

/** A document without any entry is no damage: it may be one that nobody wrote yet. */
export async function readEntry(database: Database, document: string, quarantine: Quarantine, options: ReadOptions): Promise<FoundEntry> {
  const bytes = await getTolerantly(database, documentKey(document), options);
  const decoded = bytes === undefined ? undefined : decodeDocument(document, bytes);
  if (decoded?.ok === true) return { entry: decoded.value, damage: [] };
  const copy = await readEntryCopy(database, document, options);
  if (bytes === undefined || decoded === undefined)
    return { entry: copy ?? NO_ENTRY, damage: copy === undefined ? [] : [standIn(document)] };
  const damage = await quarantine.keep(document, `the entry of the document does not verify (${decoded.reason})`, 'entry', bytes);
  return { entry: copy ?? NO_ENTRY, damage: [damage] };
}

/** What the newest snapshot that can say so says of itself. */
export async function readEntryCopy(database: Database, document: string, options: ReadOptions = {}): Promise<DocumentEntry | undefined> {
  const range = { ...chunkRange(document), ...options, reverse: true };
  for await (const key of readTolerantly(database.keys(range), () => undefined)) {
    if (!isEntryCopyKey(key)) continue;
    const bytes = await getTolerantly(database, key, options);
    const decoded = bytes === undefined ? undefined : decodeDocument(document, bytes);
    if (decoded?.ok === true) return decoded.value;
  }
  return undefined;
}

export function standIn(document: string): Damage {
  return lost(document, 'the entry of the document is missing: the copy beside its snapshot stands in');
}

export const NO_ENTRY: DocumentEntry = { snapshot: undefined, older: undefined };
