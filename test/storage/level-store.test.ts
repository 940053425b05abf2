import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { seededRandom } from '../../src/base/random.js';
import { openDatabase } from '../../storage/level-open.js';
import { LevelStore } from '../../storage/level-store.js';
import { bytes, owner, record } from '../contract/store.js';
import { levelStoreOptions, startLevelStore, stopLevelStore, temporaryDirectory } from './temporary.js';

test('a database that somebody opened without asking for the lock is told to be in use', async () => {
  const directory = await temporaryDirectory();
  await stopLevelStore(await startLevelStore(directory));
  const intruder = await openDatabase(join(directory, 'level'), 'present');
  const store = new LevelStore(await levelStoreOptions(directory));
  store.lock.tryAcquire();
  await expect(store.open()).rejects.toMatchObject({ code: 'SOCOMM_STORE_IN_USE' });
  await intruder.close();
  expect(await store.open()).toMatchObject({ damage: [] });
  await stopLevelStore(store);
});

test('an error of the disk is told with its code and what the system said', async () => {
  const directory = await temporaryDirectory();
  const store = new LevelStore({
    ...(await levelStoreOptions(directory)),
    open: async () => {
      throw Object.assign(new Error('not open', { cause: new Error('IO error: No space left on device') }), { code: 'LEVEL_IO_ERROR' });
    },
  });
  store.lock.tryAcquire();
  await expect(store.open()).rejects.toMatchObject({
    code: 'SOCOMM_STORE_FAILED',
    message: expect.stringMatching(/LEVEL_IO_ERROR: IO error: No space left on device/) as string,
  });
  expect(await readdir(directory)).toEqual(['owner.lock']);
  store.lock.release();
});

test('ownership that is lost while the disk is at work acknowledges nothing', async () => {
  const directory = await temporaryDirectory();
  let isOwned = true;
  const options = await levelStoreOptions(directory);
  const store = new LevelStore({
    ...options,
    locks: {
      ...options.locks,
      tryLock: (path) => {
        const lock = options.locks.tryLock(path);
        return lock && { path, isIntact: () => isOwned && lock.isIntact(), release: () => lock.release() };
      },
    },
    open: async (location, presence) => {
      const database = await openDatabase(location, presence);
      const batch = database.batch.bind(database);
      let count = 0;
      database.batch = async (operations, how) => {
        await batch(operations, how);
        isOwned = ++count < 3;
      };
      return database;
    },
  });
  store.lock.tryAcquire();
  await store.open();
  await store.append(1, [record('main', 1)]);
  await expect(store.append(1, [record('main', 2)])).rejects.toMatchObject({ code: 'SOCOMM_STORE_IN_USE' });
  expect(store.lastRecord('main')).toBe(1);
  await stopLevelStore(store);
});

test('the owner of a store that was closed in order is still named, and its term is kept', async () => {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await store.append(6, []);
  await store.announceOwner(owner(6));
  await stopLevelStore(store);
  const next = new LevelStore(await levelStoreOptions(directory));
  expect(await next.readOwner()).toEqual(owner(6));
  next.lock.tryAcquire();
  expect(await next.open()).toMatchObject({ term: 6, wasClean: true });
  await stopLevelStore(next);
});

test('a writer that was killed between opening and saying so left no damage', async () => {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await store.append(6, [record('main', 1)]);
  await store.announceOwner(owner(6));
  await stopLevelStore(store);
  const noted = await readFile(join(directory, 'owner.json'), 'utf8');
  const killed = await startLevelStore(directory);
  await killed.append(7, [record('main', 2)]);
  await stopLevelStore(killed, false);
  expect(await readFile(join(directory, 'owner.json'), 'utf8')).toBe(noted);
  const next = new LevelStore(await levelStoreOptions(directory));
  next.lock.tryAcquire();
  expect(await next.open()).toMatchObject({ term: 7, wasClean: false, damage: [] });
  expect((await next.load('main')).updates).toEqual([bytes(1), bytes(2)]);
  await stopLevelStore(next);
});

test('space is given back when what a snapshot replaced is not kept as the older generation any more', async () => {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await store.append(1, [{ ...record('main', 1), update: seededRandom(1).bytes(6_000_000) }]);
  await store.replace(1, { document: 'main', state: bytes(1), stateVector: bytes(2), through: 1 });
  expect(store.documents()).toMatchObject([{ logBytes: 0, olderBytes: expect.closeTo(6_000_000, -3) as number }]);
  await store.replace(1, { document: 'main', state: bytes(2), stateVector: bytes(2), through: 1 });
  expect(store.documents()).toMatchObject([{ snapshotBytes: 2, olderBytes: 2 }]);
  await stopLevelStore(store);
  expect(await sizeOf(join(directory, 'level'))).toBeLessThan(100_000);
});

async function sizeOf(directory: string): Promise<number> {
  const sizes = (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
