/**
 * The checkpoints of a store: bundles in its folder `checkpoints/`. A name may be any text that can be read; its file is
 * called after what every file system can bear, and the name itself stands in the bundle. Only the writer puts one here.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { BUNDLE_SUFFIX } from '../../storage/bundle-folder.js';
import type { BundleFolder } from '../../storage/bundle-folder.js';
import { decodeBundle } from '../../storage/bundle.js';
import type { Bundle } from '../../storage/bundle.js';
import { storeFailure } from '../../storage/level-open.js';
import { SocommError } from '../base/errors.js';
import { parseBundle } from './bundle-file.js';

export interface Checkpoint {
  /** What it was called; of a damaged one, what its file is called. */
  readonly name: string;
  /** Milliseconds since 1970; 0 of a damaged one. */
  readonly at: number;
  readonly bytes: number;
  /** The names of the documents in it. */
  readonly documents: readonly string[];
  /** It does not verify, and cannot be restored. */
  readonly isDamaged: boolean;
}

/** Characters of a checkpoint's name. */
export const CHECKPOINT_NAME_CHARS_MAX = 100;

/** A wrong name is a programmer's mistake: `TypeError`. */
export function checkCheckpointName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name.trim() !== '' && Array.from(name).length <= CHECKPOINT_NAME_CHARS_MAX && !UNPRINTABLE.test(name))
    return;
  const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, CHECKPOINT_NAME_CHARS_MAX)) : typeof name;
  throw new TypeError(`a checkpoint is named by 1 to ${CHECKPOINT_NAME_CHARS_MAX} characters that can be printed; got ${shown}`);
}

const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The name of its file: short, lower case, nothing that a file system minds; the hash keeps two that look alike apart. */
export function checkpointKey(name: string): string {
  const readable = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40);
  return `${readable}-${createHash('sha256').update(name.normalize('NFC')).digest('hex').slice(0, 16)}`;
}

/** In the order in which they were made. Errors: SOCOMM_STORE_FAILED. */
export async function listCheckpoints(folder: BundleFolder): Promise<readonly Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  for (const key of await keysIn(folder)) {
    const bytes = await bytesOf(folder, key);
    if (bytes !== undefined) checkpoints.push(describe(key, bytes));
  }
  return checkpoints.sort((a, b) => a.at - b.at);
}

/** Errors: SOCOMM_CHECKPOINT_UNKNOWN, SOCOMM_BACKUP_DAMAGED, SOCOMM_STORE_FAILED. */
export async function readCheckpoint(folder: BundleFolder, name: string): Promise<Bundle> {
  const key = await findKey(folder, name);
  const bytes = await bytesOf(folder, key);
  if (bytes === undefined) throw unknown(folder, name);
  return parseBundle(pathOf(folder, key), bytes);
}

/** Errors: SOCOMM_CHECKPOINT_UNKNOWN, SOCOMM_STORE_FAILED. */
export async function removeCheckpoint(folder: BundleFolder, name: string): Promise<void> {
  const key = await findKey(folder, name);
  await folder.remove(key).catch(failed(folder, 'removing a checkpoint'));
}

export function pathOf(folder: BundleFolder, key: string): string {
  return join(folder.location, `${key}${BUNDLE_SUFFIX}`);
}

/** By its name, or, as a damaged one is listed, by that of its file. */
async function findKey(folder: BundleFolder, name: string): Promise<string> {
  const keys = await keysIn(folder);
  const key = [checkpointKey(name), name].find((each) => keys.includes(each));
  if (key === undefined) throw unknown(folder, name);
  return key;
}

function keysIn(folder: BundleFolder): Promise<readonly string[]> {
  return folder.list().catch(failed(folder, 'listing the checkpoints'));
}

function bytesOf(folder: BundleFolder, key: string): Promise<Uint8Array | undefined> {
  return folder.read(key).catch(failed(folder, 'reading a checkpoint'));
}

function failed({ location }: BundleFolder, doing: string): (cause: unknown) => never {
  return (cause) => {
    throw storeFailure(location, doing, cause);
  };
}

function describe(key: string, bytes: Uint8Array): Checkpoint {
  const decoded = decodeBundle(bytes);
  if (!decoded.ok) return { name: key, at: 0, bytes: bytes.length, documents: [], isDamaged: true };
  const { label = key, at, documents } = decoded.value;
  return { name: label, at, bytes: bytes.length, documents: documents.map(({ name }) => name), isDamaged: false };
}

function unknown({ location }: BundleFolder, name: string): SocommError {
  return new SocommError('SOCOMM_CHECKPOINT_UNKNOWN', `there is no checkpoint ${JSON.stringify(name)} in ${location}`);
}
