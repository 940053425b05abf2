/** How many bytes lie in a store directory, all files counted. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { systemCode } from '../../base/errors.js';

export async function storeBytes(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += await fileBytes(join(entry.parentPath, entry.name));
  }
  return bytes;
}

/** LevelDB may take away a file between the listing and the look. */
async function fileBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
