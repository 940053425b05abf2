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
import { checkTables, findChanges, isOfLog } from './level-files.js';
import { loadDocument, verifyDocument } from './level-load.js';
import { DATABASE_FILE, findDatabase, openDatabase, storeFailure } from './level-open.js';
import type { Database } from './level-open.js';
import { surveyDatabase } from './level-survey.js';
import { mendLevel } from './mended-level.js';
import type { MendingSource } from './mended-level.js';
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
  if (found === undefined && (await findDatabase(join(directory, LAYOUT.level)).catch(vanished)) === 'present') {
    throw new SocommError(
      'SOCOMM_STORE_DAMAGED',
      `${directory} has a database, but its ${LAYOUT.storeNote} is missing. Nothing else is known to be lost: whoever joins the group writes it anew from the database.`,
    );
  }
  if (found === undefined) throw new SocommError('SOCOMM_DIRECTORY_INVALID', `${directory} holds no store: it has no ${LAYOUT.storeNote}.`);
  const { note, level, isMended } = await findStore(directory, found);
  if ((await findDatabase(level)) === 'absent') {
    throw new SocommError('SOCOMM_STORE_DAMAGED', `${directory} has a ${LAYOUT.storeNote}, but no database. Restore it from a backup.`);
  }
  const workspace = await mkdtemp(join(tmpdir(), 'socomm-look-'));
  const copy = join(workspace, LAYOUT.level);
  let database: Database | undefined;
  try {
    await copyQuietly(directory, level, copy, options);
    const last = (await readOwnerNote(dirname(level))) ?? (await readOwnerNote(directory));
    const owner = last?.storeId === note.storeId && !isMended ? last : undefined;
    const sound = await makeReadable({ directory: workspace, note, owner }, join(workspace, 'mended'));
    const stored = await openDatabase(sound.level, 'present');
    database = stored;
    const survey = await surveyDatabase(stored, noQuarantine);
    const { opened, state } = summarize(directory, note, owner, { ...survey, damage: [...sound.damage, ...survey.damage] });
    signal?.throwIfAborted();
    let closing: Promise<void> | undefined;
    const end = (document: string): number => state.documents.get(document)?.last ?? 0;
    const told = (document: string) => (cause: unknown) => {
      throw storeFailure(directory, `reading document ${document}`, cause);
    };
    return {
      group: note.group,
      opened,
      owner: last?.owner,
      load: (document) => loadDocument(stored, document, end(document), noQuarantine).catch(told(document)),
      verify: (document) => verifyDocument(stored, document, end(document), noQuarantine).catch(told(document)),
      close: () => (closing ??= stored.close().then(() => rm(workspace, { recursive: true, force: true }))),
    };
  } catch (cause) {
    await database?.close();
    await rm(workspace, { recursive: true, force: true });
    if (signal?.aborted) throw cause;
    throw storeFailure(directory, 'looking at the store', cause);
  }
}

interface ReadableLevel {
  readonly level: string;
  readonly damage: readonly Damage[];
}

/** Before LevelDB has the copy: it leaves out what it cannot read and says nothing, or ends the process. What its owner would mend is shown mended. */
async function makeReadable(source: MendingSource, workspace: string): Promise<ReadableLevel> {
  const { directory, owner } = source;
  const hasHead = await isDatabase(join(directory, LAYOUT.level));
  const changes = hasHead ? await findChanges(directory, owner?.cleanBatch === undefined ? undefined : owner.files) : [];
  const isSound = hasHead && (await checkTables(directory)).faults.length === 0 && changes.every(isOfLog);
  if (isSound)
    return { level: join(directory, LAYOUT.level), damage: changes.map(({ what }) => ({ document: undefined, what, keptAs: undefined })) };
  const { damage, holdsAnything } = await mendLevel(source, workspace);
  if (!holdsAnything)
    throw new SocommError(
      'SOCOMM_STORE_DAMAGED',
      `Nothing in the database of ${source.note.group} verifies (${damage.map(({ what }) => what).join('; ')}). Restore it from a backup.`,
    );
  return { level: join(workspace, LAYOUT.level), damage };
}

interface FoundStore {
  readonly note: StoreNote;
  readonly level: string;
  /** Then `owner.json` is of the database before. */
  readonly isMended: boolean;
}

/** Where a restore was decided and not finished, the new store counts, wherever its database lies by now; a mended one likewise. */
async function findStore(directory: string, note: StoreNote): Promise<FoundStore> {
  const isMended = note.next === undefined && (await isDatabase(join(directory, LAYOUT.mending, LAYOUT.level)));
  const isReplaced = note.next !== undefined && (await isDatabase(join(directory, LAYOUT.replacement, LAYOUT.level)));
  const within = isMended ? LAYOUT.mending : isReplaced ? LAYOUT.replacement : '';
  return { note: { ...note, storeId: note.next ?? note.storeId }, level: join(directory, within, LAYOUT.level), isMended };
}

async function isDatabase(level: string): Promise<boolean> {
  return (await findDatabase(level)) === 'present';
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
