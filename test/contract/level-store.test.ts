import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { openDatabase } from '../../storage/level-open.js';
import { LevelStore } from '../../storage/level-store.js';
import { levelStoreOptions, makeTemporaryDirectory } from '../storage/temporary.js';
import { testStore } from './store.js';

testStore('LevelStore', async () => {
  const directory = await makeTemporaryDirectory();
  const moved = `${directory}.moved`;
  const stores: LevelStore[] = [];
  let isFailing = false;
  const options = await levelStoreOptions(directory);
  const open: typeof openDatabase = async (location, presence) => {
    const database = await openDatabase(location, presence);
    const batch = database.batch.bind(database);
    database.batch = async (operations, how) => {
      if (!isFailing) return batch(operations, how);
      isFailing = false;
      throw Object.assign(new Error('IO error: No space left on device'), { code: 'LEVEL_IO_ERROR' });
    };
    return database;
  };
  return {
    create: () => {
      const store = new LevelStore({ ...options, open });
      stores.push(store);
      return store;
    },
    // Nothing is left to write when an append has resolved, so closing without a word is what a kill leaves behind.
    crash: async (store) => {
      await store.close({ clean: false });
      store.lock.release();
    },
    breakLock: () => rm(join(directory, 'owner.lock')),
    remove: () => rename(directory, moved),
    failNextWrite: () => void (isFailing = true),
    cleanUp: async () => {
      for (const store of stores) {
        await store.close({ clean: false });
        store.lock.release();
      }
      await rm(directory, { recursive: true, force: true });
      await rm(moved, { recursive: true, force: true });
    },
  };
});
