import { MemoryBlobDisk, MemoryBlobStore } from '../../storage/blobs/memory-blob-store.js';
import { testBlobStore } from './blob-store.js';

testBlobStore('MemoryBlobStore', async () => {
  const disk = new MemoryBlobDisk();
  return {
    create: () => new MemoryBlobStore(disk),
    crash: async (store) => (store as MemoryBlobStore).crash(),
    usedBytes: async () => [...disk.blobs.values(), ...disk.retired.values()].reduce((sum, { length }) => sum + length, 0),
    cleanUp: async () => undefined,
  };
});
