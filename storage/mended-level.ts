/**
 * Makes a new LevelDB of all that verifies in a damaged one: every value of it passes its own checksum and lies under its own
 * key, each document's entry names a snapshot that is whole, and numbers go on where none was given before. The values are taken
 * over as they are; what they mean is others' business. The damaged one is only read. Spec: docs/STORAGE.md, "Mending".
 *
 *   level/ ──sound files──→ copy/ ──repair()──→ copy/ ──sound values, in order──→ level/ (new) ──entries, numbers──→ read back
 */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import { SocommError } from '../src/base/errors.js';
import { syncDirectory } from './atomic-file.js';
import { chooseEntry } from './chosen-entry.js';
import { encodeDocument, encodeMeta } from './entries.js';
import { META_KEY, chunkRange, documentKey, generationIn, logRange } from './keys.js';
import { LAYOUT } from './layout.js';
import { loadDocument } from './level-load.js';
import { openDatabase } from './level-open.js';
import type { Database, Operation } from './level-open.js';
import { lost } from './level-read.js';
import { surveyDatabase } from './level-survey.js';
import type { StoredOwnerNote } from './owner-note.js';
import { noQuarantine } from './quarantine.js';
import { makeSoundCopy } from './sound-copy.js';
import { isSoundValue } from './sound-value.js';
import type { StoreNote } from './store-note.js';
import { describeDocument } from './store-state.js';
import { summarize } from './store-summary.js';
import type { Damage } from './store.js';

export interface MendedLevel {
  /** What was found, what was lost of each document and what was used of it. */
  readonly damage: readonly Damage[];
  /** False where no document has anything left, though it may have had. */
  readonly holdsAnything: boolean;
}

export interface MendingSource {
  /** Holds `level/`. */
  readonly directory: string;
  readonly note: StoreNote;
  /** Of this very store. */
  readonly owner: StoredOwnerNote | undefined;
}

/** What is written at once, about. */
export const MENDED_BATCH_BYTES = 4 * 1024 * 1024;

/** The highest term may have been in what is lost. */
export const MENDED_TERM_MARGIN = 16;

/**
 * Makes `level/` in the folder `workspace`, which must not be there. Errors: SOCOMM_STORE_NEWER, SOCOMM_STORE_MISMATCH; those of
 * the disk and of LevelDB.
 */
export async function mendLevel(source: MendingSource, workspace: string): Promise<MendedLevel> {
  await mkdir(workspace, { recursive: true, mode: 0o700 });
  const copy = join(workspace, 'copy');
  const level = join(workspace, LAYOUT.level);
  const { owner, directory } = source;
  const { faults, isReadable, isIntact } = await makeSoundCopy(directory, copy, owner?.cleanBatch === undefined ? undefined : owner.files);
  const damage = [...new Set(faults)].map((what) => lost(undefined, what));
  const database = await openDatabase(level, 'absent');
  let mended: MendedLevel;
  let written: string;
  try {
    if (isReadable) damage.push(...(await copyValues(copy, database)));
    mended = await putInOrder(source, database, damage);
    if (isIntact) mended = { ...mended, holdsAnything: true };
    written = await digestOf(database);
  } finally {
    await database.close();
  }
  await rm(copy, { recursive: true, force: true });
  await readBack(level, written);
  await syncDirectory(level);
  return mended;
}

/** In the order of the keys. LevelDB's iterators find the youngest value of each. */
async function copyValues(copy: string, to: Database): Promise<readonly Damage[]> {
  const from = await openDatabase(copy, 'present');
  let operations: Operation[] = [];
  let bytes = 0;
  let unsound = 0;
  const write = async (): Promise<void> => {
    if (operations.length > 0) await to.batch(operations, { sync: true });
    operations = [];
    bytes = 0;
  };
  try {
    for await (const [key, value] of from.iterator(ALL)) {
      if (!isSoundValue(key, value)) {
        unsound++;
        continue;
      }
      operations.push({ type: 'put', key, value });
      bytes += value.length;
      if (bytes >= MENDED_BATCH_BYTES) await write();
    }
    await write();
  } finally {
    await from.close();
  }
  return unsound === 0 ? [] : [lost(undefined, `${unsound} values do not verify and are left out`)];
}

/** Entries that name what is there, nothing that no entry names, and `meta` with numbers above all that were ever given. */
async function putInOrder({ directory, note, owner }: MendingSource, database: Database, found: readonly Damage[]): Promise<MendedLevel> {
  const damage = [...found];
  const before = await surveyDatabase(database, noQuarantine, { isMixed: true });
  for (const name of before.documents.keys()) {
    const chosen = await chooseEntry(database, name);
    damage.push(...chosen.damage);
    const { snapshot, older } = chosen.entry;
    const operations: Operation[] = [{ type: 'put', key: documentKey(name), value: encodeDocument(name, chosen.entry) }];
    const kept = new Set([snapshot?.generation, older?.generation]);
    for await (const key of database.keys(chunkRange(name))) if (!kept.has(generationIn(key))) operations.push({ type: 'del', key });
    const through = (older ?? snapshot)?.through ?? 0;
    for await (const key of database.keys(logRange(name, 0, through))) operations.push({ type: 'del', key });
    await database.batch(operations, { sync: true });
  }
  const survey = await surveyDatabase(database, noQuarantine, { isMixed: true });
  const { state, opened } = summarize(directory, note, owner, { ...survey, damage: [] });
  damage.push(...opened.damage.filter(({ document }) => document === undefined));
  const missing = (before.meta?.records ?? 0) - state.meta.records;
  if (missing > 0) damage.push(lost(undefined, `${missing} of ${before.meta?.records ?? 0} records are missing at the end of some logs`));
  let holdsAnything = false;
  for (const document of [...state.documents.values()]) {
    const { name, last } = document;
    const { updates, snapshot, damage: holes } = await loadDocument(database, name, last, noQuarantine);
    damage.push(...holes);
    holdsAnything ||= snapshot !== undefined || updates.length > 0;
    const base = document.snapshot === undefined ? 'no snapshot' : `the snapshot through record ${document.snapshot.through}`;
    const { logBytes } = describeDocument(document);
    damage.push(lost(name, `what verifies was taken over: ${base}, ${updates.length} records of ${logBytes} bytes, the last is ${last}`));
  }
  const { term, batch } = state.meta;
  const format = Math.min(note.format, survey.meta?.format ?? note.format);
  const meta = { ...state.meta, format, term: term + MENDED_TERM_MARGIN, batch: batch + 1 };
  await database.batch([{ type: 'put', key: META_KEY, value: encodeMeta(meta) }], { sync: true });
  return { damage, holdsAnything };
}

/** A disk that was full has been known to confirm and to forget. */
async function readBack(level: string, written: string): Promise<void> {
  const database = await openDatabase(level, 'present');
  try {
    if ((await digestOf(database)) === written) return;
  } finally {
    await database.close();
  }
  throw new SocommError('SOCOMM_STORE_FAILED', `${level} does not come back as it was written. Look at the disk.`);
}

async function digestOf(database: Database): Promise<string> {
  let count = 0;
  let crc = 0;
  for await (const [key, value] of database.iterator(ALL)) {
    count++;
    crc = crc32(value, crc32(key, crc));
  }
  return `${count}.${crc}`;
}

/** All keys that a store has. */
const ALL = { gte: '!', lt: '~' };
