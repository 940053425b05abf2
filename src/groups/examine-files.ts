/** What the files of a store show without reading what is in them: leftovers, strangers, permissions, space, and whether locks hold. */

import { access, constants, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { loadFileLocks } from '../../storage/file-lock.js';
import { LAYOUT } from '../../storage/layout.js';
import { describe, systemCode } from '../base/errors.js';
import { isPeerId } from '../base/ids.js';
import type { Finding } from './examine-group.js';
import { bytesBelow, hasFile } from './file-sizes.js';
import type { GroupReport } from './look-at-groups.js';

/** Below this much room on the disk it is told; a snapshot and a backup want as much again as the store has. */
export const FREE_BYTES_MIN = 64 * 1024 * 1024;

export async function examineFiles(report: GroupReport): Promise<readonly Finding[]> {
  if (!(await isThere(report.directory))) return [];
  const parts = [examineNames, examinePermissions, examineSpace, examineRoster, examineQuarantine, examineLock];
  const findings: Finding[] = [];
  for (const examine of parts) findings.push(...(await examine(report)));
  return findings;
}

async function examineNames({ directory, isAlive }: GroupReport): Promise<readonly Finding[]> {
  const known = new Set<string>(Object.values(LAYOUT));
  const names = await readdir(directory);
  const strangers = names.filter((name) => !known.has(name) && !known.has(name.replace(/\.new$/, '')));
  const unfinished = isAlive ? [] : names.filter((name) => name.endsWith('.new') || name === LAYOUT.replacement || name === LAYOUT.mending);
  const findings: Finding[] = [];
  if (strangers.length > 0)
    findings.push({
      severity: 'note',
      what: `files that are none of a store's lie in it: ${strangers.join(', ')}`,
      advice: 'They are left alone. Keep them elsewhere.',
    });
  if (unfinished.length > 0)
    findings.push({
      severity: 'note',
      what: `left by a program that was killed: ${unfinished.join(', ')}`,
      advice: 'Nothing to do: the next writer finishes it, or begins it anew.',
    });
  return findings;
}

async function examinePermissions({ directory }: GroupReport): Promise<readonly Finding[]> {
  const { mode, uid } = await stat(directory);
  const findings: Finding[] = [];
  const user = process.getuid?.();
  if (user === undefined) return findings;
  if (uid !== user)
    findings.push({
      severity: 'warning',
      what: `${directory} belongs to user ${uid}, and this is user ${user}`,
      advice: 'Only its owner can use the store.',
    });
  if (uid === user && !(await isWritable(directory)))
    findings.push({
      severity: 'warning',
      what: `this user may not write to ${directory} (mode ${(mode & 0o777).toString(8)})`,
      advice: `Nobody can run the group: chmod u+rwx ${directory}`,
    });
  if ((mode & 0o022) !== 0)
    findings.push({
      severity: 'warning',
      what: `others may write to ${directory} (mode ${(mode & 0o777).toString(8)})`,
      advice: `Take that away: chmod go-w ${directory}`,
    });
  return findings;
}

async function examineSpace({ directory, paths }: GroupReport): Promise<readonly Finding[]> {
  const { bavail, bsize } = await statfs(directory);
  const wanted = Math.max(FREE_BYTES_MIN, await bytesBelow(paths.level));
  if (bavail * bsize >= wanted) return [];
  const free = Math.floor((bavail * bsize) / 1e6);
  return [
    {
      severity: 'warning',
      what: `only ${free} MB are free on its disk`,
      advice: `Make room: ${Math.ceil(wanted / 1e6)} MB should be free, for logs, snapshots and backups.`,
    },
  ];
}

/** Who was killed leaves its files; they are swept by whoever joins. */
async function examineRoster({ paths, peers }: GroupReport): Promise<readonly Finding[]> {
  const names = await readdir(paths.peers).catch(missing);
  const alive = new Set<string>(peers.map(({ id }) => id));
  const dead = new Set((names ?? []).map((name) => name.split('.')[0] ?? '').filter((id) => isPeerId(id) && !alive.has(id)));
  if (dead.size === 0) return [];
  return [
    {
      severity: 'note',
      what: `${dead.size === 1 ? 'a peer that was' : `${dead.size} peers that were`} killed left files in peers/`,
      advice: 'Nothing to do: whoever joins next sweeps them, and their sockets.',
    },
  ];
}

async function examineQuarantine({ paths }: GroupReport): Promise<readonly Finding[]> {
  const names = await readdir(paths.quarantine).catch(missing);
  if (names === undefined || names.length === 0) return [];
  const mended = names.filter((name) => name.startsWith('store.'));
  const account =
    mended.length === 0 ? '' : ` What was found in a store that was mended stands in its account.json (${mended.join(', ')}).`;
  return [
    {
      severity: 'note',
      what: `quarantine/ holds what once did not verify: ${names.join(', ')}`,
      advice: `Keep it until you know that nothing is missed; then it may be deleted.${account}`,
    },
  ];
}

/** A file system that grants everybody every lock would let two write. Only where nobody lives; it lasts for microseconds. */
async function examineLock({ paths, isAlive }: GroupReport): Promise<readonly Finding[]> {
  if (isAlive || !(await hasFile(paths.ownerLock))) return [];
  const advice = 'Put the store on a local disk.';
  try {
    const locks = await loadFileLocks();
    const lock = locks.tryLock(paths.ownerLock);
    if (lock === undefined) return [];
    const isHonoured = locks.isLocked(paths.ownerLock);
    lock.release();
    return isHonoured
      ? []
      : [{ severity: 'damage', what: `the file system does not honour locks: two programs could write at once`, advice }];
  } catch (error) {
    return [{ severity: 'warning', what: `owner.lock cannot be locked: ${describe(error)}`, advice }];
  }
}

function isWritable(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}

function missing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}

async function isThere(directory: string): Promise<boolean> {
  return (await stat(join(directory)).catch(missing)) !== undefined;
}
