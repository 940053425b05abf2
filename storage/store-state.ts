/** What an open store knows without reading it again: enough to number, chain and size the next batch. Pure data. */

import type { MetaEntry, SnapshotEntry } from './entries.js';
import type { StoredDocument } from './store.js';

export interface StoreState {
  readonly meta: MetaEntry;
  readonly documents: ReadonlyMap<string, DocumentState>;
  /** Documents whose entries are to be written again with the next batch. */
  readonly lostEntries: readonly string[];
  /** Keys that belong to nothing and are kept in quarantine: deleted with the next batch. */
  readonly strays: readonly string[];
}

/** What a batch changes of it: as much as the batch touches, however many documents there are. */
export interface StateChange {
  readonly meta: MetaEntry;
  /** `undefined` for a document that is gone. */
  readonly documents: ReadonlyMap<string, DocumentState | undefined>;
}

/** The state once the batch is on disk. The one before is used up: its documents are taken over and changed. */
export function afterBatch(state: StoreState, { meta, documents: changed }: StateChange): StoreState {
  const documents = state.documents as Map<string, DocumentState>;
  for (const [name, document] of changed) {
    if (document === undefined) documents.delete(name);
    else documents.set(name, document);
  }
  return { meta, documents, lostEntries: [], strays: [] };
}

export interface DocumentState {
  readonly name: string;
  readonly snapshot: SnapshotEntry | undefined;
  /** The generation before; the log above it is still there. */
  readonly older: SnapshotEntry | undefined;
  /** The document's entry is to be written again with the next batch. */
  readonly isEntryLost: boolean;
  /** Number of the last record ever appended. */
  readonly last: number;
  /** Its checksum; undefined where the next record has to begin a chain. */
  readonly previous: number | undefined;
  /** Bytes of all records through the last one. */
  readonly offset: number;
}

export function emptyDocument(name: string): DocumentState {
  return { name, snapshot: undefined, older: undefined, isEntryLost: false, last: 0, previous: undefined, offset: 0 };
}

export function describeDocument({ name, snapshot, older, last, offset }: DocumentState): StoredDocument {
  return {
    name,
    snapshotVector: snapshot?.stateVector,
    snapshotBytes: snapshot?.bytes ?? 0,
    logRecords: last - (snapshot?.through ?? 0),
    logBytes: offset - (snapshot?.offset ?? 0),
    olderBytes: older === undefined ? 0 : older.bytes + (snapshot?.offset ?? 0) - older.offset,
  };
}

/** The sum that `meta` carries. */
export function countRecords(documents: ReadonlyMap<string, DocumentState>): number {
  let sum = 0;
  for (const { last } of documents.values()) sum += last;
  return sum;
}
