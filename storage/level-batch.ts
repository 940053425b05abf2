/**
 * What one atomic batch writes, and what it changes of the state. Pure: the store performs a plan and takes over its change
 * only when LevelDB has synced it, so that a batch which failed leaves no trace in memory. A plan costs what it touches:
 * there may be ten thousand documents beside.
 */

import { crc32 } from 'node:zlib';

import { assert } from '../src/base/errors.js';
import { NO_ENTRY } from './document-entry.js';
import type { SnapshotEntry } from './entries.js';
import { encodeChunk, encodeDocument, encodeMeta } from './entries.js';
import { META_KEY, chunkKey, documentKey, entryCopyKey, logKey } from './keys.js';
import type { Operation } from './level-open.js';
import type { Packed } from './packed.js';
import { encodeRecord } from './records.js';
import type { DocumentState, StateChange, StoreState } from './store-state.js';
import { emptyDocument } from './store-state.js';
import type { Snapshot, StoreRecord } from './store.js';

/** A snapshot is stored in pieces of at most this size, after it was deflated. */
export const SNAPSHOT_CHUNK_BYTES = 1024 * 1024;

export interface BatchPlan {
  readonly operations: readonly Operation[];
  readonly change: StateChange;
}

/** The log through a number, as far as the next record and the sizes depend on it. */
export interface LogBase {
  readonly offset: number;
  readonly previous: number | undefined;
}

export function planAppend(state: StoreState, term: number, records: readonly StoreRecord[]): BatchPlan {
  const changed = new Map<string, DocumentState>();
  const operations: Operation[] = [];
  const batch = state.meta.batch + 1;
  for (const { document, update, origins, isTakeover } of records) {
    const known = changed.get(document) ?? state.documents.get(document);
    const before = known ?? emptyDocument(document);
    // The entry is what makes a document known at the next open.
    if (known === undefined) operations.push(put(documentKey(document), encodeDocument(document, NO_ENTRY)));
    const number = before.last + 1;
    const previous = isTakeover ? undefined : before.previous;
    const { bytes, crc } = encodeRecord(document, { number, term, batch, offset: before.offset, previous, isTakeover, origins, update });
    operations.push(put(logKey(document, number), bytes));
    changed.set(document, { ...before, last: number, previous: crc, offset: before.offset + bytes.length });
  }
  return finish(state, term, changed, operations);
}

/** What a snapshot finds in its place. */
export interface Replaced {
  /** Keys of chunks and records that nothing needs any more. */
  readonly obsolete: readonly string[];
  /** The generation that stays as the older one, with the log above it. */
  readonly kept: SnapshotEntry;
  /** The log through the snapshot. */
  readonly base: LogBase;
}

/** `packed` is the snapshot's state at rest. */
export function planReplace(state: StoreState, term: number, snapshot: Snapshot, packed: Packed, replaced: Replaced): BatchPlan {
  const { document, stateVector, through } = snapshot;
  const before = state.documents.get(document) ?? emptyDocument(document);
  assert(through <= before.last, `a snapshot of ${document} ends with record ${before.last} at the latest, not with ${through}`);
  assert(through >= (before.snapshot?.through ?? 0), `a snapshot of ${document} does not go behind the one before`);
  const operations: Operation[] = replaced.obsolete.map((key) => ({ type: 'del', key }));
  const generation = state.meta.batch + 1;
  const chunks = Math.ceil(packed.bytes.length / SNAPSHOT_CHUNK_BYTES);
  for (let index = 0; index < chunks; index++) {
    const chunk = packed.bytes.subarray(index * SNAPSHOT_CHUNK_BYTES, (index + 1) * SNAPSHOT_CHUNK_BYTES);
    operations.push(put(chunkKey(document, generation, index), encodeChunk(document, { generation, index, bytes: chunk })));
  }
  const entry: SnapshotEntry = {
    ...{ generation, through, offset: replaced.base.offset, previous: replaced.base.previous },
    ...{ chunks, bytes: snapshot.state.length, crc: crc32(snapshot.state), isDeflated: packed.isDeflated },
    stateVector: stateVector.slice(),
  };
  const entryBytes = encodeDocument(document, { snapshot: entry, older: replaced.kept });
  operations.push(put(entryCopyKey(document, generation), entryBytes), put(documentKey(document), entryBytes));
  const after: DocumentState = { ...before, snapshot: entry, older: replaced.kept, isEntryLost: false };
  return finish(state, term, new Map([[document, after]]), operations);
}

/** `keys`: everything that there is of the document. Its number of records goes out of the sum, so that nothing counts as lost. */
export function planRemove(state: StoreState, term: number, document: string, keys: readonly string[]): BatchPlan {
  const deletions = [documentKey(document), ...keys].map((key): Operation => ({ type: 'del', key }));
  return finish(state, term, new Map([[document, undefined]]), deletions);
}

/** What a format that knew no copies of entries lacks; `meta` carries the new format. */
export function planMigration(state: StoreState): BatchPlan {
  const operations: Operation[] = [];
  for (const { name, snapshot, older } of state.documents.values()) {
    if (snapshot === undefined) continue;
    operations.push(put(entryCopyKey(name, snapshot.generation), encodeDocument(name, { snapshot, older })));
  }
  return finish(state, state.meta.term, new Map(), operations);
}

function finish(
  state: StoreState,
  term: number,
  changed: Map<string, DocumentState | undefined>,
  operations: readonly Operation[],
): BatchPlan {
  assert(term >= state.meta.term, `terms only grow: ${term} after ${state.meta.term}`);
  let { records } = state.meta;
  for (const [name, after] of changed) records += (after?.last ?? 0) - (state.documents.get(name)?.last ?? 0);
  const meta = { ...state.meta, term, batch: state.meta.batch + 1, records };
  // First the deletions of strays: a number among them may be written again in this very batch.
  const deletions = state.strays.map((key): Operation => ({ type: 'del', key }));
  const restored: Operation[] = [];
  for (const name of state.lostEntries) {
    const found = changed.has(name) ? changed.get(name) : state.documents.get(name);
    if (found?.isEntryLost !== true) continue;
    restored.push(put(documentKey(name), encodeDocument(name, found)));
    changed.set(name, { ...found, isEntryLost: false });
  }
  return {
    operations: [...deletions, ...restored, ...operations, put(META_KEY, encodeMeta(meta))],
    change: { meta, documents: changed },
  };
}

function put(key: string, value: Uint8Array): Operation {
  return { type: 'put', key, value };
}
