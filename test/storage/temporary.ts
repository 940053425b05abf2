/** A directory of its own for each test, and level stores in it. */

import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { seededRandom } from '../../src/base/random.js';
import { loadFileLocks } from '../../storage/file-lock.js';
import { LevelStore } from '../../storage/level-store.js';
import type { LevelStoreOptions } from '../../storage/level-store.js';

export const GROUP = 'com.acme.synth';

export async function makeTemporaryDirectory(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'socomm-test-')));
}

/** Deleted when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await makeTemporaryDirectory();
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function levelStoreOptions(directory: string): Promise<LevelStoreOptions> {
  return { directory, group: GROUP, packageVersion: '0.0.0', locks: await loadFileLocks(), random: seededRandom(1) };
}

/** Locked and opened. */
export async function startLevelStore(directory: string): Promise<LevelStore> {
  const store = new LevelStore(await levelStoreOptions(directory));
  if (!store.lock.tryAcquire()) throw new Error('the lock is held');
  await store.open();
  return store;
}

export async function stopLevelStore(store: LevelStore, clean = true): Promise<void> {
  await store.close({ clean });
  store.lock.release();
}
