/**
 * Looking at a store that nobody runs: elects nobody and changes no byte. LevelDB cannot open for reading only, so it is
 * given a copy. `level/LOCK` is neither copied nor read: closing any descriptor of it would drop a lock on it.
 *
 * A writer may start at any moment. So all that shows one (its lock, its note, LevelDB's own list of files) is compared
 * before and after the copy, and the copy counts only where nothing moved. The look at `owner.lock` is the only thing that
 * others can notice: it lasts microseconds, and a candidate that is refused in that moment tries again on its poll.
 */

import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SocommError, systemCode } from '../src/base/errors.js';
import { loadFileLocks } from './file-lock.js';
import { LAYOUT } from './layout.js';
import { loadDocument } from './level-load.js';
import { findDatabase, openDatabase, storeFailure } from './level-open.js';
import type { Database } from './level-open.js';
import { surveyDatabase } from './level-survey.js';
import { readOwnerNote } from './owner-note.js';
import { noQuarantine } from './quarantine.js';
import { readStoreNote } from './store-note.js';
import { summarize } from './store-summary.js';
import type { LoadedDocument, OpenedStore, OwnerNote } from './store.js';

export interface StoredGroup {
  readonly group: string;
  readonly opened: OpenedStore;
  /** Who wrote last, as far as it is known. */
  readonly owner: OwnerNote | undefined;
  load(document: string): Promise<LoadedDocument>;
  /** Deletes the copy. Idempotent. */
  close(): Promise<void>;
}

/** How often a copy is made again because something moved meanwhile. */
export const COPY_ATTEMPTS_MAX = 5;

/**
 * Errors: SOCOMM_DIRECTORY_INVALID where there is no store, SOCOMM_STORE_IN_USE where somebody runs it, and those of
 * `Store.open()` and `loadFileLocks()`.
 */
export async function openStoredGroup(directory: string): Promise<StoredGroup> {
  const note = await readStoreNote(directory);
  if (note === undefined) throw new SocommError('SOCOMM_DIRECTORY_INVALID', `${directory} holds no store: it has no ${LAYOUT.storeNote}.`);
  const workspace = await mkdtemp(join(tmpdir(), 'socomm-look-'));
  const copy = join(workspace, LAYOUT.level);
  let database: Database | undefined;
  try {
    if ((await findDatabase(join(directory, LAYOUT.level))) !== 'present') {
      throw new SocommError(
        'SOCOMM_STORE_DAMAGED',
        `${directory} has a ${LAYOUT.storeNote}, but its database lacks the file CURRENT. Restore it from a backup.`,
      );
    }
    await copyQuietly(directory, copy);
    const stored = await openDatabase(copy, 'present');
    database = stored;
    const owner = await readOwnerNote(directory);
    const { opened, state } = summarize(directory, note, owner, await surveyDatabase(stored, noQuarantine));
    let closing: Promise<void> | undefined;
    return {
      group: note.group,
      opened,
      owner: owner?.owner,
      load: (document) =>
        loadDocument(stored, document, state.documents.get(document)?.last ?? 0, noQuarantine).catch((cause: unknown) => {
          throw storeFailure(directory, `reading document ${document}`, cause);
        }),
      close: () => (closing ??= stored.close().then(() => rm(workspace, { recursive: true, force: true }))),
    };
  } catch (cause) {
    await database?.close();
    await rm(workspace, { recursive: true, force: true });
    throw storeFailure(directory, 'looking at the store', cause);
  }
}

async function copyQuietly(directory: string, copy: string): Promise<void> {
  const locks = await loadFileLocks();
  const lockPath = join(directory, LAYOUT.ownerLock);
  for (let attempt = 1; attempt <= COPY_ATTEMPTS_MAX; attempt++) {
    if (locks.isLocked(lockPath)) break;
    const before = await fingerprint(directory);
    if ((await copyFiles(join(directory, LAYOUT.level), copy)) && !locks.isLocked(lockPath) && before === (await fingerprint(directory)))
      return;
  }
  throw new SocommError(
    'SOCOMM_STORE_IN_USE',
    `${directory} is in use: somebody writes there. Ask the running group instead, or close it first.`,
  );
}

/** Two equal ones: nobody opened, wrote or closed the store in between. */
async function fingerprint(directory: string): Promise<string> {
  const level = join(directory, LAYOUT.level);
  const files = await Promise.all(
    (await dataFiles(level)).map(async (name) => {
      const { size, mtimeNs, ino } = await stat(join(level, name), { bigint: true });
      return `${name} ${size} ${mtimeNs} ${ino}`;
    }),
  ).catch(vanished);
  const texts = await Promise.all(
    [join(directory, LAYOUT.ownerNote), join(level, 'CURRENT')].map((path) => readFile(path, 'utf8').catch(vanished)),
  );
  return JSON.stringify([files, texts]);
}

/** False where a file went away meanwhile. */
async function copyFiles(from: string, to: string): Promise<boolean> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to);
  try {
    for (const name of await dataFiles(from)) await copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    vanished(error);
    return false;
  }
}

async function dataFiles(level: string): Promise<readonly string[]> {
  const names = await readdir(level);
  return names.filter((name) => name === 'CURRENT' || /^MANIFEST-\d+$/.test(name) || /^\d+\.(ldb|sst|log)$/.test(name)).sort();
}

function vanished(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
  return undefined;
}
