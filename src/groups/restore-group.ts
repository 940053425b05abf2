/**
 * Puts a backup in the place of a group's store, under a new store id. All of it is read and loaded on trial before the
 * store is touched; the exchange itself, and what a kill leaves, are storage/restore.ts. The old store is kept in `backups/`.
 */

import { blobsIn } from '../../storage/blobs/file-blob-store.js';
import { linkBlobs } from '../../storage/blobs/linking.js';
import { readOwnerNote } from '../../storage/owner-note.js';
import { replaceStore } from '../../storage/restore.js';
import type { ReplacementOptions } from '../../storage/restore.js';
import { checkGroup } from '../../storage/layout.js';
import { readStoreNote } from '../../storage/store-note.js';
import type { StoreNote } from '../../storage/store-note.js';
import { openStoredGroup } from '../../storage/stored-group.js';
import { SocommError, describe, isSocommError } from '../base/errors.js';
import { systemRandom } from '../base/random.js';
import { takeInBlobs } from '../blobs/named-blobs.js';
import { openStore } from '../maintenance/open-store.js';
import { isWhole, storableStateOf } from '../replica/bundled-document.js';
import { PACKAGE_VERSION } from '../version.js';
import { holdGroup } from './hold-group.js';
import type { LookOptions } from './look-at-groups.js';

export interface RestoredGroup {
  readonly directory: string;
  /** Of the store that is there now. */
  readonly storeId: string;
  readonly documents: number;
  /** How many blobs were missing, and brought along. */
  readonly blobs: number;
  /** Where the store lies that was there before; undefined where there was none. */
  readonly kept: string | undefined;
}

/**
 * `file` is a backup, a checkpoint, or the directory of a store. Errors: SOCOMM_STORE_IN_USE while a peer lives,
 * SOCOMM_BACKUP_DAMAGED, SOCOMM_STORE_DAMAGED (of the source), SOCOMM_STORE_MISMATCH for one of another group,
 * SOCOMM_DIRECTORY_INVALID, SOCOMM_STORE_FAILED. Where it rejects, the store is as it was, or, after a failure in
 * the last steps, the next who opens it brings the restore to its end.
 */
export async function restoreGroup(group: string, file: string, options: LookOptions = {}): Promise<RestoredGroup> {
  checkGroup(group);
  const source = await readSource(group, file, options.signal);
  return holdGroup(group, options, async ({ directory, locks }) => {
    const note = await readNote(directory);
    const term = Math.max(source.term, await highestTerm(directory));
    const { documents } = source;
    // Before the documents that name them: what is not needed in the end goes with the next collection.
    const blobs = await bringBlobs(directory, file, options.signal);
    const { storeId, kept } = await replaceStore(directory, {
      group,
      locks,
      note,
      term,
      documents,
      packageVersion: PACKAGE_VERSION,
      random: systemRandom,
    });
    if (kept !== undefined) await linkBlobs(directory, kept);
    return { directory, storeId, documents: documents.length, blobs, kept };
  });
}

/** Errors: SOCOMM_BACKUP_DAMAGED where one does not verify. */
async function bringBlobs(directory: string, file: string, signal: AbortSignal | undefined): Promise<number> {
  const view = await openStore(file, signal && { signal });
  const store = blobsIn(directory, systemRandom);
  try {
    return await takeInBlobs(store, view.blobs());
  } catch (cause) {
    throw isSocommError(cause) ? cause : new SocommError('SOCOMM_BACKUP_DAMAGED', `${file}: ${describe(cause)}`, { cause });
  } finally {
    await store.close();
    await view.close();
  }
}

/** What cannot be understood is replaced like the rest; what a newer version wrote is not. */
export async function readNote(directory: string): Promise<StoreNote | undefined> {
  try {
    return await readStoreNote(directory);
  } catch (error) {
    if (isSocommError(error, 'SOCOMM_STORE_DAMAGED')) return undefined;
    throw error;
  }
}

type Source = Pick<ReplacementOptions, 'term' | 'documents'>;

async function readSource(group: string, file: string, signal: AbortSignal | undefined): Promise<Source> {
  const view = await openStore(file, signal && { signal });
  try {
    if (view.kind === 'spill')
      throw new SocommError('SOCOMM_BACKUP_DAMAGED', `${file} is a spill, which holds a part only. Restore a backup.`);
    if (view.group !== group) {
      throw new SocommError('SOCOMM_STORE_MISMATCH', `${file} is of group ${view.group}, not of ${group}. Name the right one.`);
    }
    const documents = [];
    for (const { name } of view.documents()) {
      const doc = await view.read(name);
      if (!isWhole(doc)) throw new SocommError('SOCOMM_BACKUP_DAMAGED', `${file}: document ${name} builds on something that is missing.`);
      const { state, stateVector } = storableStateOf(doc);
      documents.push({ document: name, state, stateVector });
      doc.destroy();
    }
    return { term: view.term, documents };
  } finally {
    await view.close();
  }
}

/** As far as it can be told: whatever is wrong with the old store, it is about to be replaced. */
async function highestTerm(directory: string): Promise<number> {
  const owner = await readOwnerNote(directory);
  try {
    const stored = await openStoredGroup(directory, { hasLock: true });
    await stored.close();
    return Math.max(stored.opened.term, owner?.term ?? 0);
  } catch (error) {
    if (!isSocommError(error)) throw error;
    return owner?.term ?? 0;
  }
}
