/**
 * What can still be read of a store that may not open any more: of a copy, never of the thing itself. Where LevelDB does not
 * open the copy, its own `repair()` is let loose on that, and everything is believed only as far as its checksums go.
 * Who calls this holds `owner.lock`.
 */

import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, isSocommError, systemCode } from '../src/base/errors.js';
import { finishMending } from './finish-mending.js';
import { finishRestore } from './finish-restore.js';
import { LAYOUT } from './layout.js';
import { checkTables, findChanges, removeUnsoundTables } from './level-files.js';
import { loadDocument } from './level-load.js';
import { findDatabase, openDatabase, repairDatabase } from './level-open.js';
import { surveyDatabase } from './level-survey.js';
import { readOwnerNote } from './owner-note.js';
import { noQuarantine } from './quarantine.js';
import { readStoreNote } from './store-note.js';
import type { LoadedDocument } from './store.js';
import { dataFiles } from './stored-group.js';

export interface Salvage {
  readonly documents: ReadonlyMap<string, LoadedDocument>;
  /** The highest that anything names. */
  readonly term: number;
  /** What does not verify or is missing, for people. */
  readonly damage: readonly string[];
}

export async function salvageStore(directory: string): Promise<Salvage> {
  // What was decided before somebody was killed comes about first: until then the database may be in two places.
  const decided = await readStoreNote(directory).catch(undefinedIfDamaged);
  if (decided !== undefined) await finishMending(directory, await finishRestore(directory, decided));
  const owner = await readOwnerNote(directory);
  const workspace = await mkdtemp(join(tmpdir(), 'socomm-repair-'));
  try {
    const copy = join(workspace, LAYOUT.level);
    await copyLevel(join(directory, LAYOUT.level), copy);
    const presence = await findDatabase(copy);
    if (presence === 'absent') return { ...NOTHING, term: owner?.term ?? 0, damage: ['there is no database: all documents are lost'] };
    const damage =
      presence === 'present'
        ? (await findChanges(workspace, owner?.cleanBatch === undefined ? undefined : owner.files)).map(({ what }) => what)
        : ['the database has lost its file CURRENT'];
    // A table that does not verify may end the process that lets LevelDB read it.
    damage.push(...(await checkTables(workspace)).faults);
    await removeUnsoundTables(workspace);
    const { term, ...found } = await readAnyhow(copy, presence === 'present', damage);
    return { ...found, term: Math.max(term, owner?.term ?? 0), damage: [...new Set(damage)] };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

/** A note that nobody can read has decided nothing. A disk that fails, or a newer format, is no reason to go on without it. */
function undefinedIfDamaged(error: unknown): undefined {
  if (!isSocommError(error, 'SOCOMM_STORE_DAMAGED')) throw error;
  return undefined;
}

type Found = Omit<Salvage, 'damage'>;

const NOTHING: Found = { documents: new Map<string, LoadedDocument>(), term: 0 };

/** As it is; where LevelDB does not bear that, after its repair. */
async function readAnyhow(copy: string, isWhole: boolean, damage: string[]): Promise<Found> {
  if (isWhole) {
    try {
      return await readDatabase(copy, damage);
    } catch (error) {
      damage.push(`LevelDB cannot read the database (${describe(error)})`);
    }
  }
  try {
    damage.push("LevelDB's repair was tried on a copy");
    await repairDatabase(copy);
    return await readDatabase(copy, damage);
  } catch (error) {
    damage.push(`the repair did not help (${describe(error)}): all documents are lost`);
    return NOTHING;
  }
}

async function readDatabase(copy: string, damage: string[]): Promise<Found> {
  const database = await openDatabase(copy, 'present');
  try {
    const survey = await surveyDatabase(database, noQuarantine, { isMixed: true });
    damage.push(...survey.damage.map(({ what }) => what));
    const documents = new Map<string, LoadedDocument>();
    for (const [name, { last }] of survey.documents) {
      const loaded = await loadDocument(database, name, last, noQuarantine);
      documents.set(name, loaded);
      damage.push(...loaded.damage.map(({ what }) => `document ${name}: ${what}`));
    }
    return { documents, term: survey.term };
  } finally {
    await database.close();
  }
}

async function copyLevel(from: string, to: string): Promise<void> {
  await mkdir(to);
  const names = await dataFiles(from).catch((error: unknown): readonly string[] => {
    if (systemCode(error) !== 'ENOENT') throw error;
    return [];
  });
  for (const name of names) await copyFile(join(from, name), join(to, name));
}
