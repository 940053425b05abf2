/**
 * All that a takeover does with a store, done once on a small one of its own: made, left as a killed writer leaves it, opened
 * with its log, opened with a table, written, thrown away. For the sake of the code that runs, not of what it does: nothing of
 * the group's store is read or written, and what fails here says nothing about it.
 */

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { newPeerId } from '../src/base/ids.js';
import { LevelStore } from './level-store.js';
import type { LevelStoreOptions } from './level-store.js';

const PREFIX = 'rehearsal-';
/** The first makes the store, the second finds a log, the third a table. */
const OPENINGS = 3;
const UPDATE_BYTES = 400;
/** A rehearsal takes a tenth of a second. */
export const REHEARSAL_LEFT_AFTER_MS = 60_000;

export interface RehearsalOptions extends Omit<LevelStoreOptions, 'directory'> {
  /** Exists, and is this user's alone: a folder is made in it, and removed. */
  readonly directory: () => string;
}

/** Stops at the signal, between two openings. Never rejects; true where it came to its end. */
export async function rehearseTakeover({ directory: placeOf, ...options }: RehearsalOptions, signal: AbortSignal): Promise<boolean> {
  try {
    const directory = placeOf();
    const folder = await mkdtemp(join(directory, PREFIX));
    try {
      for (let term = 1; term <= OPENINGS && !signal.aborted; term++) await takeOver({ directory: folder, ...options }, term);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    if (!signal.aborted) await removeLeftovers(directory);
    return !signal.aborted;
  } catch {
    // A full disk, a folder that somebody cleared: then the takeover itself is the first one, and tells what is wrong.
    return false;
  }
}

async function takeOver(options: LevelStoreOptions, term: number): Promise<void> {
  const store = new LevelStore(options);
  if (!store.lock.tryAcquire()) return;
  try {
    await store.open({ isReplicaWhole: true });
    await store.readOwner();
    await store.append(term, [{ document: 'main', update: new Uint8Array(UPDATE_BYTES), origins: new Map(), isTakeover: true }]);
    await store.announceOwner({ peer: newPeerId(options.random), term, publisher: '', responder: '' });
  } finally {
    await store.close({ clean: false }).finally(() => store.lock.release());
  }
}

/** Of processes that were killed while they rehearsed: those that nobody has touched for long beside the folder that we have just used. */
async function removeLeftovers(directory: string): Promise<void> {
  const { mtimeMs: now } = await stat(directory);
  for (const name of await readdir(directory)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(directory, name);
    const { mtimeMs } = await stat(path);
    if (mtimeMs < now - REHEARSAL_LEFT_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
