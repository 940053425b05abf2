/**
 * Looking at groups from outside, without joining: who lives there, what is stored, where it lies. Nothing here takes part
 * in anything: it elects nobody, sweeps nothing and changes no byte (a look at a lock lasts microseconds).
 */

import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { StoredBlob } from '../../storage/blobs/blob-store.js';
import { readBlobsIn } from '../../storage/blobs/file-blob-store.js';
import { FileBundleFolder } from '../../storage/bundle-folder.js';
import { loadFileLocks } from '../../storage/file-lock.js';
import type { FileLocks } from '../../storage/file-lock.js';
import { GROUP_PATTERN, LAYOUT, resolveStoreDirectory, resolveStoresDirectory } from '../../storage/layout.js';
import { readOwnerNote } from '../../storage/owner-note.js';
import { openStoredGroup } from '../../storage/stored-group.js';
import type { StoredGroup } from '../../storage/stored-group.js';
import { checkStoreNote, readStoreNote } from '../../storage/store-note.js';
import type { StoreNote } from '../../storage/store-note.js';
import type { Damage, StoredDocument } from '../../storage/store.js';
import type { RosterEntry } from '../../sync/discovery.js';
import { defaultRuntimeDirectory, systemRuntimeEnvironment } from '../../sync/discovery/runtime-directory.js';
import { SocommError, isSocommError, systemCode } from '../base/errors.js';
import { bytesBelow, hasFile } from './file-sizes.js';
import { listCheckpoints } from '../maintenance/checkpoint-shelf.js';
import type { Checkpoint } from '../maintenance/checkpoint-shelf.js';
import { loadStoredDocument } from '../replica/stored-document.js';
import type { Y } from '../replica/replica.js';
import { readRoster } from './roster-look.js';

export interface LookOptions {
  /** The group's store, as for `join()`. */
  readonly directory?: string;
  readonly runtimeDirectory?: string;
  readonly signal?: AbortSignal;
}

/** What can be seen of a group from outside. */
export interface GroupReport {
  readonly group: string;
  /** The store's directory, whether it is there or not. */
  readonly directory: string;
  readonly runtimeDirectory: string;
  /** Everything that a store directory may hold, by its name in docs/STORAGE.md. */
  readonly paths: Readonly<Record<keyof typeof LAYOUT, string>>;
  /** Whether a peer lives. */
  readonly isAlive: boolean;
  /** All that live, as they announced themselves. */
  readonly peers: readonly RosterEntry[];
  /** Who wrote last, or writes. */
  readonly owner: { readonly peer: string; readonly term: number } | undefined;
  /** Undefined where nothing was stored yet. */
  readonly store: StoreReport | undefined;
  /** What the store holds, verified. Errors: SOCOMM_STORE_IN_USE while the group has a writer, and those of a damaged store. */
  survey(): Promise<StoreSurvey>;
  /** A document as it is stored, `main` by default; empty where it is not there. Errors: as `survey()`. */
  read(document?: string, options?: ReadOptions): Promise<Y.Doc>;
  /** The oldest first; also while somebody writes. */
  checkpoints(): Promise<readonly Checkpoint[]>;
  /** How many blobs lie there, of how many bytes; also while somebody writes. Asked again, it looks at what has changed. */
  blobs(): Promise<BlobCount>;
}

export interface BlobCount {
  readonly count: number;
  readonly bytes: number;
}

export interface ReadOptions {
  /** Called for each thing that was found wrong: it was left out of the document. */
  readonly onDamage?: (damage: Damage) => void;
}

export interface StoreReport {
  /** Undefined where `store.json` is missing or cannot be understood. */
  readonly storeId: string | undefined;
  /** The highest term that is known without opening the database. */
  readonly term: number;
  /** Of all files in the directory. */
  readonly bytes: number;
}

export interface StoreSurvey {
  readonly documents: readonly StoredDocument[];
  readonly wasClean: boolean;
  readonly damage: readonly Damage[];
}

export interface GroupSummary {
  readonly group: string;
  readonly directory: string;
  readonly isAlive: boolean;
  readonly peers: number;
  readonly bytes: number;
  /** The system's code (`EACCES` …) where it could not be looked at; then nothing else of it is known. */
  readonly unreadable?: string;
}

/**
 * Looks at one group. Errors: `TypeError` for a wrong name or an empty path, SOCOMM_STORE_MISMATCH where the directory is
 * another group's, SOCOMM_STORE_FOREIGN and SOCOMM_DIRECTORY_INVALID where it cannot be read, SOCOMM_NATIVE_MISSING; the signal's reason.
 */
export async function inspectGroup(group: string, options: LookOptions = {}): Promise<GroupReport> {
  checkPaths(options);
  const directory = resolveStoreDirectory(group, options.directory);
  options.signal?.throwIfAborted();
  const locks = await loadFileLocks();
  const [peers, note] = await Promise.all([readRoster(directory, locks), readNote(directory)]).catch((cause: unknown) => {
    throw unreadable(directory, cause);
  });
  if (note !== 'unreadable') checkStoreNote(directory, note, group);
  const owner = await readOwnerNote(directory);
  const storeId = note === 'unreadable' ? undefined : note?.storeId;
  options.signal?.throwIfAborted();
  const blobs = readBlobsIn(directory);
  return {
    group,
    directory,
    runtimeDirectory:
      options.runtimeDirectory === undefined ? defaultRuntimeDirectory(systemRuntimeEnvironment()) : resolve(options.runtimeDirectory),
    paths: pathsIn(directory),
    isAlive: peers.length > 0,
    peers,
    owner: owner?.owner,
    store: (await holdsStore(directory, note)) ? { storeId, term: owner?.term ?? 0, bytes: await bytesBelow(directory) } : undefined,
    survey: () => withStored(directory, ({ opened: { documents, wasClean, damage } }) => Promise.resolve({ documents, wasClean, damage })),
    read: (document = 'main', { onDamage } = {}) =>
      withStored(directory, async (stored) => {
        const loaded = await stored.load(document);
        const found = stored.opened.damage.filter((it) => it.document === undefined || it.document === document);
        for (const damage of [...found, ...loaded.damage]) onDamage?.(damage);
        return loadStoredDocument(loaded);
      }),
    checkpoints: () => listCheckpoints(new FileBundleFolder(join(directory, LAYOUT.checkpoints))),
    blobs: async () => countBlobs(await blobs.list()),
  };
}

/**
 * The groups that are alive or stored in a folder, by default the one that holds all stores which were not given a
 * directory of their own. In order of their names.
 */
export async function listGroups({ directory, signal }: Pick<LookOptions, 'directory' | 'signal'> = {}): Promise<readonly GroupSummary[]> {
  checkPaths({ directory });
  const folder = directory === undefined ? resolveStoresDirectory() : resolve(directory);
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  const locks = await loadFileLocks();
  const groups: GroupSummary[] = [];
  for (const group of names.filter((name) => GROUP_PATTERN.test(name)).sort()) {
    signal?.throwIfAborted();
    const summary = await summarize(group, join(folder, group), locks);
    if (summary !== undefined) groups.push(summary);
  }
  return groups;
}

/** Undefined where there is no group. One that cannot be read hides no other. */
async function summarize(group: string, directory: string, locks: FileLocks): Promise<GroupSummary | undefined> {
  try {
    const peers = (await readRoster(directory, locks)).length;
    if (peers === 0 && !(await holdsStore(directory))) return undefined;
    return { group, directory, isAlive: peers > 0, peers, bytes: await bytesBelow(directory) };
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    return { group, directory, isAlive: false, peers: 0, bytes: 0, unreadable: code };
  }
}

function countBlobs(found: readonly StoredBlob[]): BlobCount {
  return { count: found.length, bytes: found.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** An empty path would come to mean the working directory. */
function checkPaths(paths: { readonly directory?: string | undefined; readonly runtimeDirectory?: string | undefined }): void {
  if (paths.directory === '') throw new TypeError('directory is empty: leave it out, or name a directory');
  if (paths.runtimeDirectory === '') throw new TypeError('runtimeDirectory is empty: leave it out, or name a directory');
}

/** What the system says of a file does not tell what to do. */
function unreadable(directory: string, cause: unknown): unknown {
  const code = systemCode(cause);
  if (isSocommError(cause) || code === undefined) return cause;
  if (code === 'EACCES' || code === 'EPERM') {
    const advice = 'It belongs to another user: ask as that user, or choose another directory.';
    return new SocommError('SOCOMM_STORE_FOREIGN', `${directory} cannot be read by this user (${code}). ${advice}`, { cause });
  }
  const advice = 'Look at what lies there, or choose another directory.';
  return new SocommError('SOCOMM_DIRECTORY_INVALID', `${directory} cannot be read (${code}). ${advice}`, { cause });
}

/** A note that cannot be understood hides neither the paths nor the peers. */
async function readNote(directory: string): Promise<StoreNote | 'unreadable' | undefined> {
  try {
    return await readStoreNote(directory);
  } catch (error) {
    if (isSocommError(error, 'SOCOMM_STORE_FAILED')) throw error.cause;
    if (isSocommError(error)) return 'unreadable';
    throw error;
  }
}

/** A database whose `store.json` was lost is a store all the same: who takes it for nothing would begin anew beside it. */
async function holdsStore(directory: string, note?: StoreNote | 'unreadable'): Promise<boolean> {
  if (note !== undefined || (await hasFile(join(directory, LAYOUT.storeNote)))) return true;
  return hasFile(join(directory, LAYOUT.level, 'CURRENT'));
}

function pathsIn(directory: string): GroupReport['paths'] {
  const entries = Object.entries(LAYOUT).map(([name, file]) => [name, join(directory, file)] as const);
  return Object.fromEntries(entries) as unknown as GroupReport['paths'];
}

async function withStored<Result>(directory: string, use: (stored: StoredGroup) => Promise<Result>): Promise<Result> {
  const stored = await openStoredGroup(directory);
  try {
    return await use(stored);
  } finally {
    await stored.close();
  }
}
