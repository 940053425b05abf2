/**
 * A copy of a damaged database in which LevelDB is shown nothing but what verifies: tables that do not are left out, logs are cut
 * where they stop verifying. Then LevelDB's own `repair()` makes a database of the copy, whatever MANIFEST and CURRENT said.
 *
 * What comes of it may only be read in order, by iterators: a repair puts all tables on one level, where a `get()` takes the value
 * of the youngest table, and that is not always the youngest value.
 */

import { constants } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { LAYOUT } from './layout.js';
import { TABLE, checkTables, findChanges, isOfLog, numberIn } from './level-files.js';
import type { LevelFiles } from './level-files.js';
import { soundBytesOf } from './level-log.js';
import { readLevelVersion } from './level-manifest.js';
import { DATABASE_FILE, findDatabase, repairDatabase } from './level-open.js';
import { findTableFault } from './level-table.js';

export interface SoundCopy {
  /** What was wrong with the files, for people. */
  readonly faults: readonly string[];
  /** False where there is nothing at all to be read. */
  readonly isReadable: boolean;
  /** Nothing is wrong but what was noted of the files: then the note may be. */
  readonly isIntact: boolean;
}

/** `directory` holds `level/`, which stays as it is; the folder `copy` is made. `noted` as for `findChanges()`. */
export async function makeSoundCopy(directory: string, copy: string, noted: LevelFiles | undefined): Promise<SoundCopy> {
  const level = join(directory, LAYOUT.level);
  await mkdir(copy);
  const presence = await findDatabase(level);
  if (presence === 'absent') return { faults: ['there is no database'], isReadable: false, isIntact: false };
  const faults = presence === 'present' ? [] : ['the database has lost its file CURRENT'];
  const { isNamed, isIntact } = await readNames(directory, noted, faults);
  let files = 0;
  for (const name of (await readdir(level)).filter((each) => DATABASE_FILE.test(each)).sort()) {
    if (!isNamed(name)) continue;
    if (TABLE.test(name) && (await copyTable(level, copy, name))) files++;
    if (name.endsWith('.log') && (await copyLog(level, copy, name, faults))) files++;
  }
  if (files > 0) await repairDatabase(copy);
  return { faults, isReadable: files > 0, isIntact };
}

interface NamedFiles extends Pick<SoundCopy, 'isIntact'> {
  readonly isNamed: (name: string) => boolean;
}

/**
 * Where MANIFEST is to be believed, only what it names counts: the rest was left behind, and may hold what was deleted since.
 * Where it is not, everything does.
 */
async function readNames(directory: string, noted: LevelFiles | undefined, faults: string[]): Promise<NamedFiles> {
  const version = readLevelVersion(join(directory, LAYOUT.level));
  const tables = await checkTables(directory);
  const changes = await findChanges(directory, noted);
  faults.push(...tables.faults, ...changes.map(({ what }) => what));
  const isIntact = faults.length === changes.length && !changes.some(isOfLog) && (await findChanges(directory, undefined)).length === 0;
  const isSound = changes.every((change) => isOfLog(change) || TABLE.test(change.file));
  if (version === undefined || tables.isAnyMissing || !isSound) return { isNamed: () => true, isIntact };
  return { isNamed: (name) => (TABLE.test(name) ? version.tables.has(numberIn(name)) : numberIn(name) >= version.logNumber), isIntact };
}

/** False where it does not verify. */
async function copyTable(from: string, to: string, name: string): Promise<boolean> {
  if (findTableFault(await readFile(join(from, name))) !== undefined) return false;
  await copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE);
  return true;
}

/** LevelDB's repair does not look at the checksums of a log. False where none of it verifies. */
async function copyLog(from: string, to: string, name: string, faults: string[]): Promise<boolean> {
  const content = await readFile(join(from, name));
  const sound = soundBytesOf(content);
  if (content.subarray(sound).some((byte) => byte !== 0)) faults.push(`${name}: the last ${content.length - sound} bytes are left out`);
  await writeFile(join(to, name), content.subarray(0, sound));
  return sound > 0;
}
