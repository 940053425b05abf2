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
import { dirname, join } from 'node:path';

import { SocommError, systemCode } from '../src/base/errors.js';
import { loadFileLocks } from './file-lock.js';
import { LAYOUT } from './layout.js';
import { checkTables, findChanges } from './level-files.js';
import { loadDocument, verifyDocument } from './level-load.js';
import { DATABASE_FILE, findDatabase, openDatabase, storeFailure } from './level-open.js';
import type { Database } from './level-open.js';
import { surveyDatabase } from './level-survey.js';
import { readOwnerNote } from './owner-note.js';
import { noQuarantine } from './quarantine.js';
import { readStoreNote } from './store-note.js';
import type { StoreNote } from './store-note.js';
import { summarize } from './store-summary.js';
import type { Damage, LoadedDocument, OpenedStore, OwnerNote } from './store.js';

export interface StoredGroup {
  readonly group: string;
  readonly opened: OpenedStore;
  /** Who wrote last, as far as it is known. */
  readonly owner: OwnerNote | undefined;
  load(document: string): Promise<LoadedDocument>;
  /** Every value of a document, those too that loading needs only where others fail. */
  verify(document: string): Promise<readonly Damage[]>;
  /** Deletes the copy. Idempotent. */
  close(): Promise<void>;
}

export interface StoredGroupOptions {
  readonly signal?: AbortSignal | undefined;
  /** Who asks holds the owner's lock: nobody else writes. */
  readonly hasLock?: boolean;
}

/** How often a copy is made again because something moved meanwhile. */
export const COPY_ATTEMPTS_MAX = 5;

/**
 * Errors: SOCOMM_DIRECTORY_INVALID where there is no store, SOCOMM_STORE_IN_USE where somebody runs it, and those of
 * `Store.open()` and `loadFileLocks()`; the signal's reason.
 */
export async function openStoredGroup(directory: string, options: StoredGroupOptions = {}): Promise<StoredGroup> {
  const { signal } = options;
  const found = await readStoreNote(directory);
  if (found === undefined) throw new SocommError('SOCOMM_DIRECTORY_INVALID', `${directory} holds no store: it has no ${LAYOUT.storeNote}.`);
  const { note, level } = await findStore(directory, found);
  const workspace = await mkdtemp(join(tmpdir(), 'socomm-look-'));
  const copy = join(workspace, LAYOUT.level);
  let database: Database | undefined;
  try {
    if ((await findDatabase(level)) !== 'present') {
      throw new SocommError(
        'SOCOMM_STORE_DAMAGED',
        `${directory} has a ${LAYOUT.storeNote}, but its database lacks the file CURRENT. Restore it from a backup.`,
      );
    }
    await copyQuietly(directory, level, copy, options);
    const owner = (await readOwnerNote(dirname(level))) ?? (await readOwnerNote(directory));
    // Before LevelDB has it: at the opening it leaves out what it cannot read, and says nothing.
    const changes = await findChanges(workspace, owner?.storeId === note.storeId ? owner.files : undefined);
    const { faults } = await checkTables(workspace);
    if (faults.length > 0) {
      // LevelDB may end the process over them.
      throw new SocommError(
        'SOCOMM_STORE_DAMAGED',
        `${directory} has tables that do not verify (${faults.join('; ')}). Let \`socomm doctor\` repair it, or restore a backup.`,
      );
    }
    const stored = await openDatabase(copy, 'present');
    database = stored;
    const survey = await surveyDatabase(stored, noQuarantine);
    const damage = [...changes.map((what): Damage => ({ document: undefined, what, keptAs: undefined })), ...survey.damage];
    const { opened, state } = summarize(directory, note, owner, { ...survey, damage });
    signal?.throwIfAborted();
    let closing: Promise<void> | undefined;
    const last = (document: string): number => state.documents.get(document)?.last ?? 0;
    const told = (document: string) => (cause: unknown) => {
      throw storeFailure(directory, `reading document ${document}`, cause);
    };
    return {
      group: note.group,
      opened,
      owner: owner?.owner,
      load: (document) => loadDocument(stored, document, last(document), noQuarantine).catch(told(document)),
      verify: (document) => verifyDocument(stored, document, last(document), noQuarantine).catch(told(document)),
      close: () => (closing ??= stored.close().then(() => rm(workspace, { recursive: true, force: true }))),
    };
  } catch (cause) {
    await database?.close();
    await rm(workspace, { recursive: true, force: true });
    if (signal?.aborted) throw cause;
    throw storeFailure(directory, 'looking at the store', cause);
  }
}

/** Where a restore was decided and not finished, the new store counts, wherever its database lies by now. */
async function findStore(directory: string, note: StoreNote): Promise<{ readonly note: StoreNote; readonly level: string }> {
  const level = join(directory, LAYOUT.level);
  if (note.next === undefined) return { note, level };
  const replacement = join(directory, LAYOUT.replacement, LAYOUT.level);
  const isWaiting = (await findDatabase(replacement)) === 'present';
  return { note: { ...note, storeId: note.next }, level: isWaiting ? replacement : level };
}

async function copyQuietly(directory: string, level: string, copy: string, { signal, hasLock = false }: StoredGroupOptions): Promise<void> {
  const locks = await loadFileLocks();
  const lockPath = join(directory, LAYOUT.ownerLock);
  const isWritten = (): boolean => !hasLock && locks.isLocked(lockPath);
  for (let attempt = 1; attempt <= COPY_ATTEMPTS_MAX; attempt++) {
    if (isWritten()) break;
    signal?.throwIfAborted();
    const before = await fingerprint(directory, level);
    const isCopied = await copyFiles(level, copy, signal);
    if (isCopied && !isWritten() && before === (await fingerprint(directory, level))) return;
  }
  throw new SocommError(
    'SOCOMM_STORE_IN_USE',
    `${directory} is in use: somebody writes there. Ask the running group instead, or close it first.`,
  );
}

/** Two equal ones: nobody opened, wrote or closed the store in between. */
async function fingerprint(directory: string, level: string): Promise<string> {
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
async function copyFiles(from: string, to: string, signal: AbortSignal | undefined): Promise<boolean> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to);
  try {
    for (const name of await dataFiles(from)) {
      signal?.throwIfAborted();
      await copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE);
    }
    return true;
  } catch (error) {
    vanished(error);
    return false;
  }
}

/** What of LevelDB's folder holds data. */
export async function dataFiles(level: string): Promise<readonly string[]> {
  const names = await readdir(level);
  return names.filter((name) => DATABASE_FILE.test(name)).sort();
}

function vanished(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
  return undefined;
}
