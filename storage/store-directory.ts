/**
 * Makes sure that a directory may hold a group's store before anything is written there: whose it is, whether it is
 * writable, and what its `store.json` says. Nothing here opens LevelDB or takes a lock.
 */

import { access, constants, realpath, stat } from 'node:fs/promises';

import { SocommError, describe, systemCode } from '../src/base/errors.js';
import { checkGroup } from './layout.js';
import { makeDirectory } from '../src/base/make-directory.js';
import { checkStoreNote, readStoreNote } from './store-note.js';

/**
 * Makes the directory (mode 0700) where it is missing and checks that it may hold this group's store.
 * Returns its real path: LevelDB takes two spellings of one path for two databases.
 * Errors: SOCOMM_DIRECTORY_INVALID, SOCOMM_STORE_FOREIGN, SOCOMM_STORE_NEWER, SOCOMM_STORE_MISMATCH, SOCOMM_STORE_DAMAGED.
 */
export async function prepareStoreDirectory(path: string, group: string, uid = process.getuid?.()): Promise<string> {
  checkGroup(group);
  const directory = await resolveDirectory(path);
  const found = await stat(directory);
  if (!found.isDirectory()) throw invalid(path, 'is not a directory');
  if (uid !== undefined && found.uid !== uid) {
    throw new SocommError(
      'SOCOMM_STORE_FOREIGN',
      `${directory} belongs to user ${found.uid}, and this is user ${uid}. Two users cannot share a store: choose another with the option \`directory\`.`,
    );
  }
  await access(directory, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw invalid(path, `is not writable (${systemCode(cause) ?? describe(cause)})`, cause);
  });
  checkStoreNote(directory, await readStoreNote(directory), group);
  return directory;
}

async function resolveDirectory(path: string): Promise<string> {
  try {
    makeDirectory(path, 0o700);
    return await realpath(path);
  } catch (cause) {
    const code = systemCode(cause);
    const isBlocked = code === 'EEXIST' || code === 'ENOTDIR';
    throw invalid(path, isBlocked ? 'is not a directory' : `cannot be made (${code ?? describe(cause)})`, cause);
  }
}

function invalid(path: string, what: string, cause?: unknown): SocommError {
  const advice = 'Choose a folder that this user may write to, with the option `directory` or the variable SOCOMM_DIRECTORY.';
  return new SocommError('SOCOMM_DIRECTORY_INVALID', `${path} ${what}. ${advice}`, { cause });
}
