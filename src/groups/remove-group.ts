/**
 * Deletes a group's store. Only what a store is made of goes: a directory that somebody shared with other files keeps them.
 * Nobody else is there meanwhile (hold-group). Whoever joined in between finds the store gone, and says so.
 */

import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

import { LAYOUT } from '../../storage/layout.js';
import { SocommError, systemCode } from '../base/errors.js';
import { systemRandom } from '../base/random.js';
import { holdGroup } from './hold-group.js';
import { inspectGroup } from './look-at-groups.js';
import type { LookOptions } from './look-at-groups.js';

export interface RemovedGroup {
  readonly directory: string;
  /** Names in the directory that are not of a store, and stayed. */
  readonly left: readonly string[];
}

/** Errors: SOCOMM_STORE_IN_USE where a peer lives, SOCOMM_STORE_GONE where there is no store, SOCOMM_STORE_MISMATCH. */
export async function removeGroup(group: string, options: LookOptions = {}): Promise<RemovedGroup> {
  const { directory, store } = await inspectGroup(group, options);
  if (store === undefined) throw new SocommError('SOCOMM_STORE_GONE', `${directory} holds no store: there is nothing to remove.`);
  return { directory, left: await holdGroup(group, options, () => removeFiles(directory)) };
}

/** All of it is moved aside, under one rename each, before anything is deleted. */
async function removeFiles(directory: string): Promise<readonly string[]> {
  const trash = join(directory, `removed-${Buffer.from(systemRandom.bytes(4)).toString('hex')}`);
  await mkdir(trash);
  // The note first: without it there is no store, whatever else of it is still to be moved. The lock file last.
  const { storeNote, ownerLock, ...rest } = LAYOUT;
  for (const name of [storeNote, ...Object.values(rest), ownerLock]) {
    // With the temporary name under which a killed writer may have left it.
    for (const each of [name, `${name}.new`]) {
      await rename(join(directory, each), join(trash, each)).catch((error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw error;
      });
    }
  }
  await rm(trash, { recursive: true });
  const left = await readdir(directory);
  if (left.length === 0) await rmdir(directory);
  return left;
}
