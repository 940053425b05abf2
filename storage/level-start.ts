/**
 * Opening: the order of steps that never puts an empty database where there was one, and knows when there is less than
 * there was. Spec: docs/STORAGE.md, "Opening".
 *
 *   1. store.json                is it a store, ours, and of a format that we know?
 *   2. level/                    what lies there, by its files, before LevelDB is asked
 *                                  store.json   level/     →
 *                                  yes          present    open
 *                                  yes          else       SOCOMM_STORE_DAMAGED, as where a file does not verify: mended if that can be (mending.ts)
 *                                  no           absent     create: a new store
 *                                  no           present    open: a first start that was killed
 *                                  no           headless   SOCOMM_STORE_DAMAGED: nothing is deleted
 *                                and whether its files are those that the last clean close noted: else they are kept first
 *   3. survey                    what it holds
 *   4. first batch, then store.json   only where that was missing: from then on there is something to lose
 *   5. compare                   with the note of the last clean close
 *   6. migrate                   an older format, of which a copy was made before step 2 asked LevelDB
 */

import { join } from 'node:path';

import { SocommError, isSocommError } from '../src/base/errors.js';
import type { Random } from '../src/base/random.js';
import { flushDrive, syncDirectory } from './atomic-file.js';
import { encodeMeta } from './entries.js';
import { finishMending } from './finish-mending.js';
import { finishRestore } from './finish-restore.js';
import { META_KEY } from './keys.js';
import { LAYOUT } from './layout.js';
import { planMigration } from './level-batch.js';
import { checkTables, findChanges, isOfLog, keepChangedFiles } from './level-files.js';
import type { LevelFiles } from './level-files.js';
import { findDatabase, openDatabase, storeFailure } from './level-open.js';
import type { Database } from './level-open.js';
import { surveyDatabase } from './level-survey.js';
import type { Survey } from './level-survey.js';
import { mendStore } from './mending.js';
import { copyStore } from './migration.js';
import type { StoreCopy } from './migration.js';
import { readOwnerNote } from './owner-note.js';
import type { StoredOwnerNote } from './owner-note.js';
import { QuarantineFolder } from './quarantine.js';
import { summarize } from './store-summary.js';
import type { StoreSummary } from './store-summary.js';
import { afterBatch } from './store-state.js';
import { STORE_FORMAT, checkStoreNote, readStoreNote, writeStoreNote } from './store-note.js';
import type { StoreNote } from './store-note.js';
import type { Damage } from './store.js';

export interface StartedStore extends StoreSummary {
  readonly database: Database;
  /** The tables that were there before, all of them sound. */
  readonly tables: LevelFiles;
}

export interface StartOptions {
  readonly directory: string;
  readonly group: string;
  readonly packageVersion: string;
  readonly random: Random;
  readonly open?: typeof openDatabase;
  /** Throws where the lock is not ours any more. */
  readonly checkOwned: () => void;
  /** See `OpenOptions`. */
  readonly isReplicaWhole?: boolean | undefined;
}

/** Errors: those of `Store.open()`. Leaves nothing open when it throws. */
export async function startStore(options: StartOptions): Promise<StartedStore> {
  const { directory, group, checkOwned, isReplicaWhole = false } = options;
  try {
    const found = await readStoreNote(directory);
    checkStoreNote(directory, found, group);
    const note = found && (await finishRestore(directory, found));
    if (note === undefined) return await startDatabase(options, note);
    const told = await finishMending(directory, note);
    try {
      return withDamage(await startDatabase(options, note), told);
    } catch (failure) {
      if (!isSocommError(failure, 'SOCOMM_STORE_DAMAGED')) throw failure;
      const last = await readOwnerNote(directory);
      const owner = last?.storeId === note.storeId ? last : undefined;
      const mended = await mendStore({ directory, note, owner, failure, isReplicaWhole, checkOwned });
      return withDamage(await startDatabase(options, note), [...told, ...mended]);
    }
  } catch (cause) {
    throw storeFailure(directory, 'opening the store', cause);
  }
}

function withDamage(started: StartedStore, damage: readonly Damage[]): StartedStore {
  return { ...started, opened: { ...started.opened, damage: [...damage, ...started.opened.damage] } };
}

async function startDatabase(options: StartOptions, note: StoreNote | undefined): Promise<StartedStore> {
  const { directory, checkOwned, open = openDatabase } = options;
  const location = join(directory, LAYOUT.level);
  let database: Database | undefined;
  let copy: StoreCopy | undefined;
  try {
    const presence = await findDatabase(location);
    if (presence === 'headless' || (note !== undefined && presence === 'absent')) throw headless(location);
    if (note !== undefined && note.format < STORE_FORMAT) copy = await copyStore(directory);
    const owner = await readOwnerNote(directory);
    const { tables, damage } = presence === 'present' ? await lookAtFiles(directory, note, owner) : NOTHING_THERE;
    checkOwned();
    database = await open(location, presence);
    let survey = await lookInside(directory, database);
    if (note !== undefined && copy === undefined && formatOf(note, survey) < STORE_FORMAT) {
      // An older level/ under a newer store.json: only now is it known that a copy is due.
      await database.close();
      copy = await copyStore(directory);
      checkOwned();
      database = await open(location, presence);
      survey = await lookInside(directory, database);
    }
    survey = { ...survey, damage: [...damage, ...survey.damage] };
    if (note === undefined) return { database, tables, ...(await begin(options, database, survey)) };
    const summary = summarize(directory, note, owner, survey);
    if (copy === undefined) return { database, tables, ...summary };
    return { database, tables, ...(await migrate({ options, database, note, format: formatOf(note, survey), copy }, summary)) };
  } catch (cause) {
    await database?.close();
    // What went wrong is told; a copy that nobody needs is overwritten by the next one.
    await copy?.drop().catch(() => undefined);
    throw storeFailure(directory, 'opening the store', cause);
  }
}

interface FilesLookedAt {
  readonly tables: LevelFiles;
  readonly damage: readonly Damage[];
}

/** Before LevelDB is asked. A note of another store came with a copied file and says nothing about this one. */
async function lookAtFiles(directory: string, note: StoreNote | undefined, owner: StoredOwnerNote | undefined): Promise<FilesLookedAt> {
  const known = note === undefined || owner?.storeId === note.storeId ? owner : undefined;
  const { tables, faults } = await checkTables(directory, known?.files);
  const closed = known?.cleanBatch === undefined ? undefined : known.files;
  // A first start that was killed may have left half of what LevelDB makes.
  const changes = note === undefined && closed === undefined ? [] : await findChanges(directory, closed);
  const grave = [...faults, ...changes.filter((change) => !isOfLog(change)).map(({ what }) => what)];
  if (grave.length > 0) throw unsound(directory, grave);
  return { tables, damage: await keepChangedFiles(directory, changes) };
}

function lookInside(directory: string, database: Database): Promise<Survey> {
  return surveyDatabase(database, new QuarantineFolder(join(directory, LAYOUT.quarantine)));
}

/** What LevelDB says counts, for its values are what is to be read; where it has lost its entry, store.json. */
function formatOf(note: StoreNote, { meta }: Survey): number {
  return meta?.format ?? note.format;
}

interface Migration {
  readonly options: StartOptions;
  readonly database: Database;
  readonly note: StoreNote;
  readonly format: number;
  readonly copy: StoreCopy;
}

/** Steps 3 to 5 of migration.ts. */
async function migrate({ options, database, note, format, copy }: Migration, { state, opened }: StoreSummary): Promise<StoreSummary> {
  const { directory, checkOwned } = options;
  let after = state;
  if (format < STORE_FORMAT) {
    await copy.keepAs(`format-${format}-${state.meta.batch}`);
    const plan = planMigration(state);
    checkOwned();
    await database.batch(plan.operations, { sync: true });
    await flushDrive(join(directory, LAYOUT.ownerLock));
    after = afterBatch(state, plan.change);
  } else {
    await copy.drop();
  }
  checkOwned();
  if (note.format < STORE_FORMAT) await writeStoreNote(directory, { ...note, format: STORE_FORMAT });
  return { state: after, opened };
}

/** The first batch, then what says that there is one. Killed in between, the next start comes here again. */
async function begin(options: StartOptions, database: Database, survey: Survey): Promise<StoreSummary> {
  const { directory, group, packageVersion, random, checkOwned } = options;
  let { meta } = survey;
  if (meta === undefined) {
    meta = {
      format: STORE_FORMAT,
      storeId: Buffer.from(random.bytes(16)).toString('hex'),
      term: survey.term,
      batch: survey.batch + 1,
      records: 0,
    };
    await database.batch([{ type: 'put', key: META_KEY, value: encodeMeta(meta) }], { sync: true });
  }
  await syncDirectory(join(directory, LAYOUT.level));
  await flushDrive(join(directory, LAYOUT.ownerLock));
  checkOwned();
  const note: StoreNote = { format: STORE_FORMAT, storeId: meta.storeId, group, packageVersion };
  await writeStoreNote(directory, note);
  const { state, opened } = summarize(directory, note, undefined, { ...survey, meta, isMetaMissing: false, batch: meta.batch });
  return { state, opened: { ...opened, wasClean: true } };
}

const NOTHING_THERE: FilesLookedAt = { tables: {}, damage: [] };

function unsound(directory: string, faults: readonly string[]): SocommError {
  return new SocommError(
    'SOCOMM_STORE_DAMAGED',
    `${join(directory, LAYOUT.level)} has files that do not verify (${faults.join('; ')}), and LevelDB must not read them. Nothing was changed.` +
      ' Let `socomm doctor` repair it, restore a backup, or move the whole store directory away to begin with an empty one.',
  );
}

function headless(location: string): SocommError {
  return new SocommError(
    'SOCOMM_STORE_DAMAGED',
    `${location} has lost its file CURRENT, without which LevelDB would delete the rest and begin anew. Nothing was changed. Restore the folder from a` +
      ' backup, try a repair on a copy, or move the whole store directory away to begin with an empty one.',
  );
}
