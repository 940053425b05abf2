/** How much lies where, for people: files may come and go while they are counted. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { systemCode } from '../base/errors.js';

/** The sizes of all files below a directory; 0 where there is none. */
export async function bytesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(gone);
  const sizes = (entries ?? []).filter((entry) => entry.isFile()).map((entry) => sizeOf(join(entry.parentPath, entry.name)));
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

export async function hasFile(path: string): Promise<boolean> {
  return (await stat(path).catch(gone))?.isFile() ?? false;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(gone))?.size ?? 0;
}

function gone(error: unknown): undefined {
  const code = systemCode(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}
