/**
 * From an older format to ours, in an order in which a kill at any point leaves a store that opens, and is migrated then:
 *
 *   1. copy     store.json, owner.json and level/ into backups/, under a temporary name, each file synced. Before LevelDB is
 *               opened: opening turns its log into a table, and leaves out what it cannot read
 *   2. open     and learn the number of the last batch
 *   3. rename   the copy to its name, `format-1-<batch>`: it is there whole or not at all
 *   4. batch    one, synced: from here on LevelDB says the new format
 *   5. note     store.json says it too
 *
 * Killed between 4 and 5, the two disagree, and the lower one counts. What format 1 wrote is readable as it is, so the batch
 * adds only what format 2 has besides. Nothing here touches LevelDB's LOCK.
 */

import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { systemCode } from '../src/base/errors.js';
import { syncDirectory } from './atomic-file.js';
import { LAYOUT } from './layout.js';
import { DATABASE_FILE } from './level-open.js';

/** A copy of the store as it was, not named yet. */
export interface StoreCopy {
  /** Where such a copy is there already, a killed migration made it, of the same content: that one stays. */
  keepAs(name: string): Promise<void>;
  drop(): Promise<void>;
}

/** Rejects with the system's error; nothing but leftovers under the temporary name are there then. */
export async function copyStore(directory: string): Promise<StoreCopy> {
  const backups = join(directory, LAYOUT.backups);
  const copy = join(backups, TEMPORARY);
  const drop = (): Promise<void> => rm(copy, { recursive: true, force: true });
  await mkdir(backups, { mode: 0o700 }).catch(acceptExisting);
  try {
    await drop();
    await copyFiles(directory, copy);
    await syncDirectory(backups);
    await syncDirectory(directory);
  } catch (error) {
    // Leftovers are overwritten by the next attempt; what went wrong is more worth telling than why they stay.
    await drop().catch(() => undefined);
    throw error;
  }
  const keepAs = async (name: string): Promise<void> => {
    const path = join(backups, name);
    if (await exists(path)) return drop();
    await rename(copy, path);
    await syncDirectory(backups);
  };
  return { keepAs, drop };
}

const TEMPORARY = 'format.new';

async function copyFiles(directory: string, copy: string): Promise<void> {
  const from = join(directory, LAYOUT.level);
  const to = join(copy, LAYOUT.level);
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const name of await readdir(from)) if (DATABASE_FILE.test(name)) await copyDurably(join(from, name), join(to, name));
  await syncDirectory(to);
  for (const name of [LAYOUT.storeNote, LAYOUT.ownerNote]) {
    await copyDurably(join(directory, name), join(copy, name)).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
  }
  await syncDirectory(copy);
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  const file = await open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
      return false;
    },
  );
}

function acceptExisting(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error;
}
