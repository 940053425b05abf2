import { expect, test } from 'vitest';

import { MemoryDisk } from '../../storage/memory-disk.js';
import { MemoryStore } from '../../storage/memory-store.js';
import { record, testStore } from './store.js';

testStore('MemoryStore', async () => {
  let isFailing = false;
  const disk = new MemoryDisk({
    sync: async () => {
      if (!isFailing) return;
      isFailing = false;
      throw new Error('no space left');
    },
  });
  return {
    create: () => new MemoryStore(disk),
    crash: async (store) => (store as MemoryStore).crash(),
    breakLock: async () => disk.breakLock(),
    remove: async () => disk.remove(),
    failNextWrite: () => void (isFailing = true),
    cleanUp: async () => undefined,
  };
});

test('a crash while the disk is at work loses that write and no other', async () => {
  let finishSync = (): void => undefined;
  let isSlow = false;
  const disk = new MemoryDisk({ sync: () => (isSlow ? new Promise((resolve) => (finishSync = resolve)) : Promise.resolve()) });
  const store = new MemoryStore(disk);
  store.lock.tryAcquire();
  await store.open();
  await store.append(1, [record('main', 1)]);
  isSlow = true;
  const pending = store.append(1, [record('main', 2)]);
  await Promise.resolve();
  store.crash();
  finishSync();
  await expect(pending).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
  const next = new MemoryStore(disk);
  next.lock.tryAcquire();
  await next.open();
  expect((await next.load('main')).updates).toEqual([record('main', 1).update]);
});
