/**
 * LevelDB's files, looked at before LevelDB is asked. Of a cut MANIFEST or log it would leave out what it cannot read, delete
 * every table that the rest does not name, and say nothing; a bad table stops the process (level-table).
 *
 * `owner.json` says what they were when the store was closed in order: nobody touches them from then on, so any difference is
 * damage. After a crash only the tables that were there before can be compared; the others are read through, and of those only
 * what MANIFEST names: whoever was killed left half of the others.
 *
 * Where something is wrong, all of them are put into `quarantine/` first, as links: LevelDB deletes its files and never writes
 * into one that it has closed.
 */

import { constants, readFileSync, readdirSync } from 'node:fs';
import { copyFile, link, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import { systemCode } from '../src/base/errors.js';
import { syncDirectory } from './atomic-file.js';
import { LAYOUT } from './layout.js';
import { findLogFault } from './level-log.js';
import { readLevelVersion } from './level-manifest.js';
import type { LevelVersion } from './level-manifest.js';
import { DATABASE_FILE } from './level-open.js';
import { findTableFault } from './level-table.js';
import type { Damage } from './store.js';

/** By name. */
export type LevelFiles = Readonly<Record<string, LevelFile>>;

export interface LevelFile {
  readonly bytes: number;
  readonly crc: number;
}

/** The files of a database that is closed; of the tables that are `known` only names and lengths are compared. */
export async function describeLevelFiles(directory: string, known: LevelFiles = {}): Promise<LevelFiles> {
  const files: Record<string, LevelFile> = {};
  for (const name of namesIn(directory)) {
    const path = join(directory, LAYOUT.level, name);
    const before = TABLE.test(name) ? known[name] : undefined;
    files[name] = before?.bytes === (await stat(path)).size ? before : await describeFile(path);
  }
  return files;
}

export interface CheckedTables {
  readonly tables: LevelFiles;
  /** What is wrong with which. */
  readonly faults: readonly string[];
  /** Either that table or MANIFEST is to blame. */
  readonly isAnyMissing: boolean;
}

/** Tables together up to this size are read at once: a takeover waits for it. */
export const TABLES_AT_ONCE_BYTES_MAX = 8 * 1024 * 1024;

/** Reads all tables that MANIFEST names; the ones that are not `known` block by block. */
export async function checkTables(directory: string, known: LevelFiles = {}): Promise<CheckedTables> {
  const tables: Record<string, LevelFile> = {};
  const faults: string[] = [];
  const level = join(directory, LAYOUT.level);
  const sizes = readLevelVersion(level)?.tables ?? new Map<number, number>();
  const isAtOnce = [...sizes.values()].reduce((sum, size) => sum + size, 0) <= TABLES_AT_ONCE_BYTES_MAX;
  const missing = new Set(sizes.keys());
  for (const name of namesIn(directory)) {
    const size = TABLE.test(name) ? sizes.get(numberIn(name)) : undefined;
    if (size === undefined) continue;
    missing.delete(numberIn(name));
    const path = join(level, name);
    const content = isAtOnce ? readFileSync(path) : await readFile(path);
    const crc = crc32(content);
    const isKnown = known[name]?.bytes === content.length && known[name].crc === crc;
    const fault = isKnown ? undefined : content.length === size ? findTableFault(content) : `it has ${content.length} of ${size} bytes`;
    if (fault === undefined) tables[name] = { bytes: content.length, crc };
    else faults.push(`${name}: ${fault}`);
  }
  for (const number of missing) faults.push(`${String(number).padStart(6, '0')}.ldb: it is missing`);
  return { tables, faults, isAnyMissing: missing.size > 0 };
}

/** Of a copy that is to be repaired: LevelDB's repair reads every table that lies there, and does not verify any either. */
export async function removeUnsoundTables(directory: string): Promise<void> {
  for (const name of namesIn(directory)) {
    const path = join(directory, LAYOUT.level, name);
    if (TABLE.test(name) && findTableFault(await readFile(path)) !== undefined) await rm(path);
  }
}

/** What is wrong with a file. */
export interface FileChange {
  /** What LevelDB reads first where it is not the log: MANIFEST for a log that is missing after a crash, for either may be to blame. */
  readonly file: string;
  readonly what: string;
}

/** Of these LevelDB leaves out what it cannot read. Of a changed MANIFEST it would delete what it cannot find named there. */
export function isOfLog({ file }: FileChange): boolean {
  return file.endsWith('.log');
}

/** Puts the files that are left into quarantine where there are changes, and tells them. */
export async function keepChangedFiles(directory: string, changes: readonly FileChange[]): Promise<readonly Damage[]> {
  if (changes.length === 0) return [];
  const kept = await keepFiles(directory);
  return changes.map(({ what }) => ({ document: undefined, what, keptAs: kept }));
}

/** What became of the files since they were `noted`; undefined after a crash. Changes nothing. */
export async function findChanges(directory: string, noted: LevelFiles | undefined): Promise<readonly FileChange[]> {
  const names = namesIn(directory);
  const version = readLevelVersion(join(directory, LAYOUT.level));
  if (noted === undefined || (version !== undefined && wasOpenedSince(version, noted, names)))
    return findLogFaults(directory, names, version);
  const changes: FileChange[] = [];
  for (const [name, { bytes, crc }] of Object.entries(noted)) {
    const now = names.includes(name) ? await describeFile(join(directory, LAYOUT.level, name)) : undefined;
    const tell = (what: string): void => void changes.push({ file: name, what: `${name} ${what}` });
    if (now === undefined) tell('is missing, and was there when the store was closed in order');
    else if (now.bytes !== bytes) tell(`has ${now.bytes} bytes, and had ${bytes} when the store was closed in order`);
    else if (now.crc !== crc) tell('is not what it was when the store was closed in order');
  }
  return changes;
}

/** Each opening begins a MANIFEST of a higher number: then the note is of an earlier time, and says nothing. */
function wasOpenedSince({ manifest }: LevelVersion, noted: LevelFiles, names: readonly string[]): boolean {
  const before = Object.keys(noted).filter((name) => name.startsWith('MANIFEST-'));
  return names.includes(manifest) && before.every((name) => numberIn(name) < numberIn(manifest));
}

/** What can be known after a crash. LevelDB makes the next log before it deletes the one that MANIFEST names, yet it opens without. */
function findLogFaults(directory: string, names: readonly string[], version: LevelVersion | undefined): readonly FileChange[] {
  // LevelDB would call it a failure of the disk where a file is missing.
  if (version === undefined) return [{ file: 'CURRENT', what: 'CURRENT or MANIFEST cannot be read, which say what of the rest counts' }];
  const { manifest, logNumber } = version;
  const logs = names.filter((name) => name.endsWith('.log') && numberIn(name) >= logNumber);
  const isLost = logNumber > 0 && !logs.some((name) => numberIn(name) === logNumber);
  const lost = { file: manifest, what: `LevelDB has lost its log ${logNumber}: what was written last is missing` };
  const faults: FileChange[] = isLost ? [lost] : [];
  for (const name of [manifest, ...logs]) {
    const at = findLogFault(readFileSync(join(directory, LAYOUT.level, name)));
    const what = `${name} does not verify at byte ${at}, though what was written later does: something is missing`;
    if (at !== undefined) faults.push({ file: name, what });
  }
  return faults;
}

async function describeFile(path: string): Promise<LevelFile> {
  const content = await readFile(path);
  return { bytes: content.length, crc: crc32(content) };
}

/** Where they are kept; undefined where there is no room for it. The same files are kept once. */
export async function keepFiles(directory: string): Promise<string | undefined> {
  const from = join(directory, LAYOUT.level);
  const names = namesIn(directory);
  const quarantine = join(directory, LAYOUT.quarantine);
  const kept = join(
    quarantine,
    `level.${crc32(JSON.stringify(await describeLevelFiles(directory)))
      .toString(16)
      .padStart(8, '0')}`,
  );
  const temporary = `${kept}.new`;
  try {
    await mkdir(quarantine, { mode: 0o700 }).catch(acceptExisting);
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { mode: 0o700 });
    for (const name of names) await linkOrCopy(join(from, name), join(temporary, name));
    await syncDirectory(temporary);
    await rename(temporary, kept);
    await syncDirectory(quarantine);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    const isKept = ['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '');
    if (!isKept) return undefined;
  }
  return kept;
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  // Some file systems have no links, and some permit none.
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_EXCL));
}

export const TABLE = /\.(?:ldb|sst)$/;

function namesIn(directory: string): readonly string[] {
  // At once: a takeover waits for it.
  return readdirSync(join(directory, LAYOUT.level))
    .filter((name) => DATABASE_FILE.test(name))
    .sort();
}

/** `MANIFEST-000005`, `000006.ldb`. */
export function numberIn(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}

function acceptExisting(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error;
}
