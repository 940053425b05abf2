/** What an instance asks of the writer of the day, and what it does with checkpoints itself: these are read straight from the store's folder. */

import { resolve } from 'node:path';

import type { MaintenanceTask } from '../../sync/maintenance.js';
import { SocommError } from '../base/errors.js';
import type { Peer } from '../peer.js';
import { identify, isShelf } from '../documents/document-name.js';
import { makeEqual } from '../replica/make-equal.js';
import { openFromBundle } from './bundle-file.js';
import { checkpointKey, pathOf, readCheckpoint } from './checkpoint-shelf.js';
import { decodeReport } from './report.js';

export interface BackupMade {
  readonly path: string;
  readonly bytes: number;
  /** How many there are in it. */
  readonly documents: number;
  /** How many of those that the documents name. */
  readonly blobs: number;
  /** The moment of which it is the state, in milliseconds since 1970. */
  readonly at: number;
}

export interface CheckpointMade extends Omit<BackupMade, 'path' | 'blobs'> {
  readonly name: string;
}

/** What the documents take in the store, without LevelDB's own. */
export interface Compacted {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** What the writer tells of a backup or a checkpoint. */
export const BACKUP_REPORT = ['bytes', 'documents', 'blobs', 'at'] as const;
export const BUNDLE_REPORT = ['bytes', 'documents', 'at'] as const;
export const COMPACTION_REPORT = ['bytesBefore', 'bytesAfter'] as const;

/** Absolute: the writer's process has another working directory. An empty one is a programmer's mistake. */
export function resolveTarget(path: unknown): string {
  if (typeof path === 'string' && path !== '') return resolve(path);
  throw new TypeError(`backup() takes the path of a file that is not there yet; got ${path === '' ? "''" : typeof path}`);
}

export async function askWriter<Name extends string>(
  { synchronizer }: Peer,
  task: MaintenanceTask,
  { names, signal }: { readonly names: readonly Name[]; readonly signal: AbortSignal },
): Promise<Readonly<Record<Name, number>>> {
  const outcome = await synchronizer.maintain(task, signal);
  if (!outcome.ok) throw new SocommError(outcome.code, outcome.message);
  return decodeReport(outcome.report, names);
}

/**
 * Makes the documents that are open here read as they did then, each in one transaction with this origin. Returns their
 * names; those of the checkpoint that are not open here are left alone.
 */
export async function restoreCheckpoint(peer: Peer, name: string, origin: unknown): Promise<readonly string[]> {
  const { checkpoints } = peer.options.store;
  const bundle = await readCheckpoint(checkpoints, name);
  const open = bundle.documents.filter((document) => peer.documentNames.includes(document.name) && !isShelf(document.name));
  const path = pathOf(checkpoints, checkpointKey(name));
  // All of them are read before the first is changed.
  const states = open.map((document) => [document.name, openFromBundle(path, document)] as const);
  peer.assertOpen();
  for (const [document, past] of states) {
    makeEqual(peer.replica(document).doc, past, origin);
    past.destroy();
  }
  return states.map(([document]) => identify(document).name);
}
