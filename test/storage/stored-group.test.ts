import { createHash } from 'node:crypto';
import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test, vi } from 'vitest';

import { openStoredGroup } from '../../storage/stored-group.js';
import { bytes, owner, record } from '../contract/store.js';
import { GROUP, startLevelStore, stopLevelStore, temporaryDirectory } from './temporary.js';

/** Every file with its content, times, mode and inode. */
async function photograph(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mtimeNs, ctimeNs, ino, mode } = await stat(path, { bigint: true });
    const hash = entry.isFile()
      ? createHash('sha256')
          .update(await readFile(path))
          .digest('hex')
      : '';
    files[path] = `${ino} ${mode} ${mtimeNs} ${ctimeNs} ${hash}`;
  }
  return files;
}

test('looking at a stored group changes no byte and leaves no copy', async () => {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await store.announceOwner(owner(4));
  await store.append(4, [record('main', 1), record('main', 2), record('notes', 3)]);
  await store.replace(4, { document: 'notes', state: bytes(9), stateVector: bytes(1), through: 1 });
  await stopLevelStore(store);
  const before = await photograph(directory);

  const workspace = await temporaryDirectory();
  vi.stubEnv('TMPDIR', workspace);
  onTestFinished(() => void vi.unstubAllEnvs());
  const group = await openStoredGroup(directory);
  expect(group.group).toBe(GROUP);
  expect(group.owner).toEqual(owner(4));
  expect(group.opened).toMatchObject({ term: 4, wasClean: true, damage: [], documents: [{ name: 'main' }, { name: 'notes' }] });
  expect(await group.load('main')).toEqual({ snapshot: undefined, updates: [bytes(1), bytes(2)], damage: [] });
  expect(await group.load('notes')).toEqual({ snapshot: bytes(9), updates: [], damage: [] });
  expect(await readdir(workspace)).toHaveLength(1);
  await Promise.all([group.close(), group.close()]);

  expect(await photograph(directory)).toEqual(before);
  expect(await readdir(workspace)).toEqual([]);
});

test('a group that somebody runs is not looked at from its files, and notices nothing', async () => {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await expect(openStoredGroup(directory)).rejects.toMatchObject({ code: 'SOCOMM_STORE_IN_USE' });
  expect(store.lock.isOwned()).toBe(true);
  await store.append(1, [record('main', 1)]);
  await stopLevelStore(store);
});

test('a folder without a store is told', async () => {
  const directory = await temporaryDirectory();
  await expect(openStoredGroup(directory)).rejects.toMatchObject({ code: 'SOCOMM_DIRECTORY_INVALID' });
  await expect(openStoredGroup(join(directory, 'missing'))).rejects.toMatchObject({ code: 'SOCOMM_DIRECTORY_INVALID' });
  expect(await readdir(directory)).toEqual([]);
});

test('a store without CURRENT is told to be damaged', async () => {
  const directory = await temporaryDirectory();
  await stopLevelStore(await startLevelStore(directory));
  await rm(join(directory, 'level', 'CURRENT'));
  await expect(openStoredGroup(directory)).rejects.toMatchObject({ code: 'SOCOMM_STORE_DAMAGED' });
});
