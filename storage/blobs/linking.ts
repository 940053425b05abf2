/** Gives a store that is set aside its blobs, so that it stays a whole one when the other collects: as links, which take no room. */

import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { systemCode } from '../../src/base/errors.js';
import { syncDirectory } from '../atomic-file.js';
import { LAYOUT } from '../layout.js';
import { readFileName, whereMissing } from './blob-files.js';

/** Nobody may put meanwhile. Files of blobs only grow at their end or never change, and so both stores may share them. */
export async function linkBlobs(directory: string, kept: string): Promise<void> {
  const from = join(directory, LAYOUT.blobs);
  const names = (await readdir(from).catch(whereMissing<readonly string[]>([]))).filter((name) => {
    const file = readFileName(name);
    return file !== undefined && file.kind !== 'unfinished';
  });
  if (names.length === 0) return;
  const to = join(kept, LAYOUT.blobs);
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const name of names) {
    await link(join(from, name), join(to, name)).catch(async (error: unknown) => {
      if (systemCode(error) === 'EEXIST') return;
      // The file system knows no links.
      await copyFile(join(from, name), join(to, name));
    });
  }
  await syncDirectory(to);
}
