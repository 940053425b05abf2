/**
 * `store.json`: says that a directory is a store, of which format and group. It is written once, after the first synced
 * batch, so where it stands there was a database: from then on none is ever created in its place. A migration writes it once more.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { SocommError, describe, systemCode } from '../src/base/errors.js';
import { writeFileAtomically } from './atomic-file.js';
import { LAYOUT } from './layout.js';

/** The format of everything in a store directory that this code writes. Older ones are read, and migrated by their owner. */
export const STORE_FORMAT = 2;

export interface StoreNote {
  readonly format: number;
  /** 32 hex digits. */
  readonly storeId: string;
  readonly group: string;
  /** Of the package that made the store; for people. */
  readonly packageVersion: string;
  /** The id of the store that is to take this one's place: decided, and not finished. See finish-restore. */
  readonly next?: string;
}

/** Undefined where there is none. Errors: SOCOMM_STORE_DAMAGED, SOCOMM_STORE_NEWER. */
export async function readStoreNote(directory: string): Promise<StoreNote | undefined> {
  const path = join(directory, LAYOUT.storeNote);
  let text: string;
  try {
    // At once: a takeover waits for it, and a busy machine takes longer to come back from the pool than to read so little.
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    if (systemCode(cause) === 'EISDIR') throw damaged(path, 'it is a folder', cause);
    // A disk that fails, or no descriptor left: nothing is known to be wrong with what is there.
    throw new SocommError('SOCOMM_STORE_FAILED', `${path} cannot be read (${describe(cause)}). Nothing was changed.`, { cause });
  }
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, 'it is no JSON', cause);
  }
  return parse(path, found);
}

/** Errors: SOCOMM_STORE_MISMATCH where the store is another group's. */
export function checkStoreNote(directory: string, note: StoreNote | undefined, group: string): void {
  if (note === undefined || note.group === group) return;
  throw new SocommError(
    'SOCOMM_STORE_MISMATCH',
    `${directory} holds the store of group ${note.group}, not of ${group}. Each group needs a directory of its own: choose another with the option \`directory\`.`,
  );
}

export function writeStoreNote(directory: string, note: StoreNote): Promise<void> {
  return writeFileAtomically(join(directory, LAYOUT.storeNote), `${JSON.stringify(note, undefined, 2)}\n`);
}

const STORE_ID = /^[0-9a-f]{32}$/;

function parse(path: string, found: unknown): StoreNote {
  if (typeof found !== 'object' || found === null) throw damaged(path, 'it is no JSON object');
  const { format, storeId, group, packageVersion, next } = found as Partial<Record<keyof StoreNote, unknown>>;
  if (typeof format !== 'number' || !Number.isSafeInteger(format) || format < 1) throw damaged(path, 'its format is no number');
  // Before all else: what the other fields mean is the newer format's business.
  if (format > STORE_FORMAT) {
    throw new SocommError(
      'SOCOMM_STORE_NEWER',
      `${path} is of format ${format}; this version of socomm knows formats up to ${STORE_FORMAT}. Update every program that uses this group.`,
    );
  }
  if (typeof storeId !== 'string' || !STORE_ID.test(storeId)) throw damaged(path, 'its storeId is not 32 hex digits');
  if (typeof group !== 'string') throw damaged(path, 'it names no group');
  const note = { format, storeId, group, packageVersion: typeof packageVersion === 'string' ? packageVersion : '' };
  return typeof next === 'string' && STORE_ID.test(next) ? { ...note, next } : note;
}

function damaged(path: string, what: string, cause?: unknown): SocommError {
  return new SocommError(
    'SOCOMM_STORE_DAMAGED',
    `${path} cannot be understood: ${what}. Nothing was changed. Restore the file, or move the whole directory away to begin with an empty store.`,
    { cause },
  );
}
