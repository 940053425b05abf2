/**
 * The one door to `level`, loaded on the first call. LevelDB answers a missing `CURRENT` by deleting what it finds and
 * beginning anew, so whether there is something to lose is decided here, from the files, before it is asked.
 *
 * LevelDB's own `LOCK` is never relied on and never touched: closing any descriptor of it drops the lock.
 * Who calls this holds `owner.lock`, or opens a copy.
 */

import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';

import { SocommError, isSocommError, systemCode } from '../src/base/errors.js';
import { chunkRange, logRange } from './keys.js';
import { nativeMissing } from '../src/base/native-missing.js';
import { loadNativePackage } from '../src/base/native-package.js';

/** What we use of LevelDB: keys are text, values bytes. */
export interface Database {
  get(key: string, options?: ReadOptions): Promise<Uint8Array | undefined>;
  iterator(options: RangeOptions): AsyncIterable<[string, Uint8Array]>;
  keys(options: RangeOptions): AsyncIterable<string>;
  /** A view that later writes do not change. */
  snapshot(): DatabaseSnapshot;
  /** All or nothing, on disk when it resolves. Synced and unsynced writes are never mixed. */
  batch(operations: readonly Operation[], options: { readonly sync: true }): Promise<void>;
  compactRange(start: string, end: string): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseSnapshot {
  close(): Promise<void>;
}

export interface ReadOptions {
  readonly snapshot?: DatabaseSnapshot;
}

export interface RangeOptions extends ReadOptions {
  readonly gte: string;
  readonly lt: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** What lies where LevelDB's folder belongs. */
export type DatabasePresence =
  /** Nothing that holds data: may be created. */
  | 'absent'
  /** May be opened, and must not be created. */
  | 'present'
  /** Data without the file that says which of it counts: LevelDB would delete it. */
  | 'headless';

/** LevelDB's files, but for its LOCK, which nobody may touch, and its logbook, which nobody needs. */
export const DATABASE_FILE = /^(?:CURRENT|MANIFEST-\d+|\d+\.(?:ldb|sst|log))$/;

export async function findDatabase(location: string): Promise<DatabasePresence> {
  const names = namesIn(location);
  if (names.includes('CURRENT')) return 'present';
  // A MANIFEST alone is a first start that was killed: LevelDB names it in CURRENT before it writes anything else.
  return names.some((name) => /^\d+\.(ldb|sst|log)$/.test(name)) ? 'headless' : 'absent';
}

/** At once, without the thread pool: a takeover waits for it. */
function namesIn(location: string): readonly string[] {
  try {
    return readdirSync(location);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Loads the addon ahead of the first opening: who finds nobody that writes is to know that it cannot either, before it leaves a trace.
 * Error: SOCOMM_NATIVE_MISSING.
 */
export function loadLevel(): Promise<typeof import('level')> {
  return loadNativePackage('level', () => import('level')).catch((cause: unknown) => {
    throw nativeMissing('classic-level', cause);
  });
}

/** Rejects with SOCOMM_NATIVE_MISSING, or with LevelDB's own error. Makes the last folder of the path only. */
export async function openDatabase(location: string, presence: 'absent' | 'present'): Promise<Database> {
  const { Level } = await loadLevel();
  if (presence === 'absent') await mkdir(location).catch(acceptExisting);
  // `level` describes to the compiler only what a browser's storage has too.
  const database = new Level(location, { keyEncoding: 'utf8', valueEncoding: 'view' }) as unknown as Database & OpenableDatabase;
  await database.open({ createIfMissing: presence === 'absent' });
  const chain = database.batch.bind(database) as unknown as () => ChainedBatch;
  return Object.assign(database, {
    batch: (operations: readonly Operation[], options: { readonly sync: true }) => writeChained(chain, operations, options),
  });
}

/** The same batch, handed over one by one: an array of operations is copied and looked through first, which takes several times as long. */
async function writeChained(chain: () => ChainedBatch, operations: readonly Operation[], options: { readonly sync: true }): Promise<void> {
  const batch = chain();
  try {
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, operation.value);
      else batch.del(operation.key);
    }
  } catch (error) {
    await batch.close();
    throw error;
  }
  await batch.write(options);
}

/** LevelDB's own salvage: makes one database of whatever tables and logs can still be read. It takes no lock and deletes: only ever on a copy. */
export async function repairDatabase(copy: string): Promise<void> {
  const { Level } = await loadLevel();
  // `level` describes to the compiler only what a browser's storage has too.
  await (Level as unknown as { repair(location: string): Promise<void> }).repair(copy);
}

/**
 * Frees what was deleted of one document. Twice: LevelDB decides how deep to go before it has written out its memory,
 * so the first round only brings the deletions, and often the deleted, into tables that the second one merges.
 */
export async function giveBackSpace(database: Database, document: string): Promise<void> {
  for (let round = 1; round <= 2; round++) {
    for (const { gte, lt } of [logRange(document), chunkRange(document)]) await database.compactRange(gte, lt);
  }
}

/**
 * Frees all that was deleted. LevelDB leaves the deepest tables alone, and what it writes out of its memory may go straight
 * to there with everything that was deleted still in it. So a table that overlaps all others is put on top of them first:
 * two deletions of keys that nobody uses, one before and one behind all keys. They are dropped on the way down.
 */
export async function compactWhole(database: Database): Promise<void> {
  await database.compactRange(BEFORE_ALL, BEHIND_ALL);
  const ends = [BEFORE_ALL, BEHIND_ALL].map((key): Operation => ({ type: 'del', key }));
  await database.batch(ends, { sync: true });
  await database.compactRange(BEFORE_ALL, BEHIND_ALL);
}

const BEFORE_ALL = '!';
const BEHIND_ALL = '~';

/** What a failure of LevelDB or of the files around it means, and what to do about it. */
export function storeFailure(location: string, doing: string, cause: unknown): SocommError {
  if (isSocommError(cause)) return cause;
  const code = systemCode(cause) ?? 'unknown error';
  const what = `${location}: ${doing} failed (${code}: ${rootMessage(cause)}).`;
  switch (code) {
    case 'LEVEL_LOCKED':
      return new SocommError('SOCOMM_STORE_IN_USE', `${what} Some program opened the database without asking for owner.lock; close it.`, {
        cause,
      });
    case 'LEVEL_CORRUPTION':
    case 'LEVEL_NOT_FOUND':
    case 'LEVEL_INVALID_ARGUMENT':
      return new SocommError(
        'SOCOMM_STORE_DAMAGED',
        `${what} Nothing was deleted. Make a copy of the directory before any attempt at repair, or move it away to begin with an empty store.`,
        { cause },
      );
    default:
      return new SocommError(
        'SOCOMM_STORE_FAILED',
        `${what} Nothing that was acknowledged is lost. Look at free space, permissions and the health of the disk.`,
        { cause },
      );
  }
}

interface OpenableDatabase {
  open(options: { readonly createIfMissing: boolean }): Promise<void>;
}

interface ChainedBatch {
  put(key: string, value: Uint8Array): unknown;
  del(key: string): unknown;
  write(options: { readonly sync: true }): Promise<void>;
  close(): Promise<void>;
}

function acceptExisting(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error;
}

/** LevelDB tells what the system said (a full disk, say) only in the text of the innermost error. */
function rootMessage(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return at instanceof Error ? at.message : String(at);
}
