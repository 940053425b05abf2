/**
 * Deletes a group's store. Only what a store is made of goes: a directory that somebody shared with other files keeps them.
 *
 * Order: look for peers, take the writer's lock (from then on nobody can begin to write here), sweep what the killed left, look again, move everything
 * aside under one rename each, then delete. Whoever joined in between finds the store gone, and says so.
 */

import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

import { loadFileLocks } from '../../storage/file-lock.js';
import { LAYOUT } from '../../storage/layout.js';
import { FileRoster } from '../../sync/discovery/file-roster.js';
import { SocommError, systemCode } from '../base/errors.js';
import { systemRandom } from '../base/random.js';
import { inspectGroup } from './look-at-groups.js';
import type { GroupReport, LookOptions } from './look-at-groups.js';

export interface RemovedGroup {
  readonly directory: string;
  /** Names in the directory that are not of a store, and stayed. */
  readonly left: readonly string[];
}

/** Errors: SOCOMM_STORE_IN_USE where a peer lives, SOCOMM_STORE_GONE where there is no store, SOCOMM_STORE_MISMATCH. */
export async function removeGroup(group: string, options: LookOptions = {}): Promise<RemovedGroup> {
  const report = await inspectGroup(group, options);
  const { directory } = report;
  if (report.store === undefined) throw new SocommError('SOCOMM_STORE_GONE', `${directory} holds no store: there is nothing to remove.`);
  refuseAlive(report);
  const locks = await loadFileLocks();
  const lock = locks.tryLock(report.paths.ownerLock);
  if (lock === undefined) throw inUse(report);
  try {
    // The roster alone knows which sockets the killed left behind: it sweeps them as it lists.
    await new FileRoster({ storeDirectory: directory, locks }).list();
    refuseAlive(await inspectGroup(group, options));
    const left = await removeFiles(directory);
    return { directory, left };
  } finally {
    lock.release();
  }
}

function refuseAlive(report: GroupReport): void {
  if (report.isAlive) throw inUse(report);
}

function inUse({ group, directory, peers }: GroupReport): SocommError {
  const who = peers.length === 0 ? '' : ` (pid ${peers.map((peer) => peer.pid).join(', ')})`;
  return new SocommError('SOCOMM_STORE_IN_USE', `${directory} is in use: group ${group} is alive${who}. End its processes first.`);
}

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
