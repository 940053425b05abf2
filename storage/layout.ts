/**
 * Where a store lies and what its files are called. The system is asked for its folders when one is wanted, not before.
 * Spec: docs/STORAGE.md, "Files". Nothing here touches the disk.
 */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The names in a store directory. */
export const LAYOUT = {
  /** What this directory is: format, store id, group. */
  storeNote: 'store.json',
  /** Locked by the writer, always empty, never deleted. */
  ownerLock: 'owner.lock',
  /** Who writes. */
  ownerNote: 'owner.json',
  /** The roster. */
  peers: 'peers',
  /** LevelDB. */
  level: 'level',
  /** Large blobs, named by their hash. */
  blobs: 'blobs',
  /** What followers could not have acknowledged. */
  spill: 'spill',
  /** What did not verify. */
  quarantine: 'quarantine',
  /** Named states to come back to. */
  checkpoints: 'checkpoints',
  /** What was replaced: by a restore, by a repair, by a newer format. */
  backups: 'backups',
  /** A store that is being built to take this one's place: by a restore, by a repair. */
  replacement: 'replacement',
  /** A database that is to take a damaged one's place, with the account of what was found. */
  mending: 'mending',
} as const;

/** A group's name; also safe as a folder's name. */
export const GROUP_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** A wrong name is a programmer's mistake: `TypeError`. */
export function checkGroup(group: unknown): asserts group is string {
  if (typeof group === 'string' && GROUP_PATTERN.test(group)) return;
  const shown = typeof group === 'string' ? JSON.stringify(group) : typeof group;
  throw new TypeError(
    `A group is named by 1 to 63 letters, digits, '.', '_' and '-', the first a letter or digit, e.g. 'com.acme.synth'; got ${shown}`,
  );
}

/** What of the process's environment decides where stores lie. */
export interface StoreEnvironment {
  readonly SOCOMM_DIRECTORY?: string | undefined;
}

/** The folder that holds the stores of all groups which were not given a directory of their own. */
export function resolveStoresDirectory(environment: StoreEnvironment = process.env): string {
  if (environment.SOCOMM_DIRECTORY) return resolve(environment.SOCOMM_DIRECTORY);
  return dataFolder(process.platform, process.env);
}

/** Where a platform wants what applications keep, and people do not look at: XDG's base directories on Linux. */
export function dataFolder(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv, home = homedir): string {
  switch (platform) {
    case 'darwin':
      return join(home(), 'Library', 'Application Support', 'socomm');
    case 'win32':
      return join(
        namedOr(environment['LOCALAPPDATA'], () => join(home(), 'AppData', 'Local')),
        'socomm',
        'Data',
      );
    default:
      return join(
        namedOr(environment['XDG_DATA_HOME'], () => join(home(), '.local', 'share')),
        'socomm',
      );
  }
}

/** A variable that is set to nothing counts as not set. */
function namedOr(value: string | undefined, otherwise: () => string): string {
  return value === undefined || value === '' ? otherwise() : value;
}

/** The store directory of a group; an explicit one is taken as it is. Absolute, and not made yet. */
export function resolveStoreDirectory(group: string, directory?: string, environment?: StoreEnvironment): string {
  checkGroup(group);
  if (directory !== undefined) return resolve(directory);
  return join(resolveStoresDirectory(environment), group);
}
