/**
 * Opening: the order of steps that never puts an empty database where there was one, and knows when there is less than
 * there was. Spec: docs/STORAGE.md, "Opening".
 *
 *   1. store.json                is it a store, ours, and of a format that we know?
 *   2. level/                    what lies there, by its files, before LevelDB is asked
 *                                  store.json   level/     →
 *                                  yes          present    open
 *                                  yes          else       SOCOMM_STORE_DAMAGED: nothing is deleted
 *                                  no           absent     create: a new store
 *                                  no           present    open: a first start that was killed
 *                                  no           headless   SOCOMM_STORE_DAMAGED
 *   3. survey                    what it holds
 *   4. first batch, then store.json   only where that was missing: from then on there is something to lose
 *   5. compare                   with the note of the last clean close
 */

import { join } from 'node:path';

import { SocommError } from '../src/base/errors.js';
import type { Random } from '../src/base/random.js';
import { flushDrive, syncDirectory } from './atomic-file.js';
import { encodeMeta } from './entries.js';
import { META_KEY } from './keys.js';
import { LAYOUT } from './layout.js';
import { findDatabase, openDatabase, storeFailure } from './level-open.js';
import type { Database } from './level-open.js';
import { surveyDatabase } from './level-survey.js';
import type { Survey } from './level-survey.js';
import { readOwnerNote } from './owner-note.js';
import { QuarantineFolder } from './quarantine.js';
import { summarize } from './store-summary.js';
import type { StoreSummary } from './store-summary.js';
import { STORE_FORMAT, checkStoreNote, readStoreNote, writeStoreNote } from './store-note.js';
import type { StoreNote } from './store-note.js';

export interface StartedStore extends StoreSummary {
  readonly database: Database;
}

export interface StartOptions {
  readonly directory: string;
  readonly group: string;
  readonly packageVersion: string;
  readonly random: Random;
  readonly open?: typeof openDatabase;
  /** Throws where the lock is not ours any more. */
  readonly checkOwned: () => void;
}

/** Errors: those of `Store.open()`. Leaves nothing open when it throws. */
export async function startStore(options: StartOptions): Promise<StartedStore> {
  const { directory, group, checkOwned, open = openDatabase } = options;
  const location = join(directory, LAYOUT.level);
  let database: Database | undefined;
  try {
    const note = await readStoreNote(directory);
    checkStoreNote(directory, note, group);
    const presence = await findDatabase(location);
    if (presence === 'headless' || (note !== undefined && presence === 'absent')) throw headless(location);
    checkOwned();
    database = await open(location, presence);
    const survey = await surveyDatabase(database, new QuarantineFolder(join(directory, LAYOUT.quarantine)));
    if (note === undefined) return { database, ...(await begin(options, database, survey)) };
    return { database, ...summarize(directory, note, await readOwnerNote(directory), survey) };
  } catch (cause) {
    await database?.close();
    throw storeFailure(directory, 'opening the store', cause);
  }
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

function headless(location: string): SocommError {
  return new SocommError(
    'SOCOMM_STORE_DAMAGED',
    `${location} has lost its file CURRENT, without which LevelDB would delete the rest and begin anew. Nothing was changed. Restore the folder from a` +
      ' backup, try a repair on a copy, or move the whole store directory away to begin with an empty one.',
  );
}
