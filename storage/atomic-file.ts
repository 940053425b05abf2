/**
 * Small files that are there whole or not at all, after a power cut too: written under another name, synced, renamed,
 * and the folder synced. In that order: a rename may reach the disk before the bytes that it stands for.
 *
 * Only one writer per path: the temporary name is always the same, so that leftovers do not gather.
 */

import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Rejects with the system's error; `path` is then what it was. Makes no folder. */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporaryPath = `${path}.new`;
  try {
    const file = await open(temporaryPath, 'w', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporaryPath, path);
  } catch (error) {
    await rm(temporaryPath, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes the names in a folder durable. Windows knows no such call and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** On macOS a plain `fsync`, as LevelDB does it, ends in the drive's cache; Node's also empties that. Elsewhere nothing is left to do. */
export async function flushDrive(path: string): Promise<void> {
  if (process.platform === 'darwin') await syncDirectory(path);
}
