import { rm } from 'node:fs/promises';

import { blobFolder, makeBlobStore, usedBytes } from '../blobs/folder.js';
import { makeTemporaryDirectory } from '../storage/temporary.js';
import { testBlobStore } from './blob-store.js';

testBlobStore('FileBlobStore', async () => {
  const directory = await makeTemporaryDirectory();
  return {
    create: () => makeBlobStore(directory),
    // What was acknowledged lies in files; what was not may stay or not.
    crash: async () => undefined,
    usedBytes: () => usedBytes(blobFolder(directory)),
    cleanUp: () => rm(directory, { recursive: true, force: true }),
  };
});
