/**
 * Work on a store that wants nobody else there. Order: look for peers, take the writer's lock (from then on nobody can begin
 * to write here), sweep what the killed left, look again, work. A stopped process lives, and keeps everybody out.
 */

import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { loadFileLocks } from '../../storage/file-lock.js';
import type { FileLocks } from '../../storage/file-lock.js';
import { LAYOUT, resolveStoreDirectory } from '../../storage/layout.js';
import { storeFailure } from '../../storage/level-open.js';
import { prepareStoreDirectory } from '../../storage/store-directory.js';
import { FileRoster } from '../../sync/discovery/file-roster.js';
import { SocommError, isSocommError } from '../base/errors.js';
import type { LookOptions } from './look-at-groups.js';
import { readRoster } from './roster-look.js';

export interface HeldGroup {
  /** The real path. */
  readonly directory: string;
  readonly locks: FileLocks;
}

/**
 * Makes the directory where it is missing. Errors: SOCOMM_STORE_IN_USE, and those of `prepareStoreDirectory` but
 * SOCOMM_STORE_DAMAGED and SOCOMM_STORE_NEWER: what is there may be what the work is for, and the work has to look.
 */
export async function holdGroup<Result>(group: string, options: LookOptions, work: (held: HeldGroup) => Promise<Result>): Promise<Result> {
  const path = resolveStoreDirectory(group, options.directory);
  try {
    return await hold(group, path, options, work);
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw storeFailure(path, 'working on the store', cause);
  }
}

async function hold<Result>(
  group: string,
  path: string,
  options: LookOptions,
  work: (held: HeldGroup) => Promise<Result>,
): Promise<Result> {
  const directory = await prepareStoreDirectory(path, group).catch((error: unknown) => {
    if (isSocommError(error, 'SOCOMM_STORE_DAMAGED') || isSocommError(error, 'SOCOMM_STORE_NEWER')) return realpath(resolve(path));
    throw error;
  });
  const locks = await loadFileLocks();
  const refuseAlive = async (): Promise<void> => {
    const peers = await readRoster(directory, locks);
    if (peers.length > 0)
      throw inUse(
        group,
        directory,
        peers.map(({ pid }) => pid),
      );
  };
  await refuseAlive();
  const lock = locks.tryLock(join(directory, LAYOUT.ownerLock));
  if (lock === undefined) throw inUse(group, directory, []);
  try {
    // The roster alone knows which sockets the killed left behind: it sweeps them as it lists.
    await new FileRoster({ storeDirectory: directory, locks }).list();
    await refuseAlive();
    options.signal?.throwIfAborted();
    return await work({ directory, locks });
  } finally {
    lock.release();
  }
}

function inUse(group: string, directory: string, pids: readonly number[]): SocommError {
  const who = pids.length === 0 ? '' : ` (pid ${pids.join(', ')})`;
  return new SocommError(
    'SOCOMM_STORE_IN_USE',
    `${directory} is in use: group ${group} is alive${who}. End its processes first; a stopped one counts as alive.`,
  );
}
