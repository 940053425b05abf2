/** File stores of blobs in a temporary directory, and what lies in their folder. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { systemRandom } from '../../src/base/random.js';
import { FileBlobStore } from '../../storage/blobs/file-blob-store.js';

export function blobFolder(directory: string): string {
  return join(directory, 'blobs');
}

export function makeBlobStore(directory: string, packBytesMax?: number): FileBlobStore {
  return new FileBlobStore({
    location: blobFolder(directory),
    quarantine: join(directory, 'quarantine'),
    random: systemRandom,
    ...(packBytesMax !== undefined && { packBytesMax }),
  });
}

/** Empty where there is no folder. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const names: string[] = await readdir(folder).catch(() => []);
  return names.sort();
}

export async function usedBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await filesIn(folder)) bytes += (await stat(join(folder, name))).size;
  return bytes;
}
