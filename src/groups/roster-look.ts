/**
 * The living entries of a roster, for looking only: unlike the roster of a peer it sweeps nothing that the dead left
 * behind, makes no directory and reports nothing.
 */

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { FileLocks } from '../../storage/file-lock.js';
import { LAYOUT } from '../../storage/layout.js';
import type { RosterEntry } from '../../sync/discovery.js';
import { parseEntry } from '../../sync/discovery/roster-entry.js';
import { systemCode } from '../base/errors.js';
import { isPeerId } from '../base/ids.js';
import type { PeerId } from '../base/ids.js';

export async function readRoster(storeDirectory: string, locks: FileLocks): Promise<readonly RosterEntry[]> {
  const folder = join(storeDirectory, LAYOUT.peers);
  const entries: RosterEntry[] = [];
  for (const name of await orNothing(readdir(folder), [])) {
    const peer = name.replace(/\.json$/, '');
    if (!name.endsWith('.json') || !isPeerId(peer) || !isAlive(locks, folder, peer)) continue;
    const entry = parseEntry(await orNothing(readFile(join(folder, name), 'utf8'), ''), peer);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** A lock that cannot be looked at counts as held, as it does for peers. */
function isAlive(locks: FileLocks, folder: string, peer: PeerId): boolean {
  try {
    return locks.isLocked(join(folder, `${peer}.lock`));
  } catch {
    return true; // not for us to tell: who joins will be told by the roster itself
  }
}

/** What is not there, or has just gone, is no error of who looks. */
async function orNothing<Result>(reading: Promise<Result>, nothing: Result): Promise<Result> {
  try {
    return await reading;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return nothing;
    throw error;
  }
}
