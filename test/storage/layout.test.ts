import { chmod, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { checkGroup, dataFolder, resolveStoreDirectory } from '../../storage/layout.js';
import { LevelStore } from '../../storage/level-store.js';
import { prepareStoreDirectory } from '../../storage/store-directory.js';
import { STORE_FORMAT } from '../../storage/store-note.js';
import { GROUP, levelStoreOptions, startLevelStore, stopLevelStore, temporaryDirectory } from './temporary.js';

const uid = process.getuid?.();

test('group names that a folder or a key could not carry are refused at once', () => {
  for (const name of ['', '.', '..', '.a', '-a', 'a/b', 'a b', 'ü', 'x'.repeat(64), 7, undefined]) {
    expect(() => checkGroup(name)).toThrow(TypeError);
  }
  for (const name of ['a', 'com.acme.synth', 'A_b-c.9', 'x'.repeat(63)]) checkGroup(name);
  expect(() => resolveStoreDirectory('a/b')).toThrow(TypeError);
});

test('a store lies where it was told, else under SOCOMM_DIRECTORY, else in the data folder of the platform', () => {
  expect(resolveStoreDirectory(GROUP, '/somewhere/else')).toBe('/somewhere/else');
  expect(resolveStoreDirectory(GROUP, undefined, { SOCOMM_DIRECTORY: '/shared' })).toBe(join('/shared', GROUP));
  const found = resolveStoreDirectory(GROUP, undefined, {});
  expect(found.startsWith(process.env['XDG_DATA_HOME'] ?? homedir())).toBe(true);
  expect(found).toMatch(/socomm.*com\.acme\.synth$/);
});

test('the data folder is the one that the platform names, and the home folder is asked for only where it is needed', () => {
  const home = (): string => '/home/ada';
  expect(dataFolder('linux', {}, home)).toBe(join('/home/ada', '.local', 'share', 'socomm'));
  expect(dataFolder('darwin', { XDG_DATA_HOME: '/data' }, home)).toBe(join('/home/ada', 'Library', 'Application Support', 'socomm'));
  expect(dataFolder('win32', {}, home)).toBe(join('/home/ada', 'AppData', 'Local', 'socomm', 'Data'));
  const noHome = (): string => expect.fail('asked for the home folder');
  expect(dataFolder('linux', { XDG_DATA_HOME: '/data' }, noHome)).toBe(join('/data', 'socomm'));
  expect(dataFolder('win32', { LOCALAPPDATA: '/local' }, noHome)).toBe(join('/local', 'socomm', 'Data'));
});

describe('preparing a store directory', () => {
  test('makes it, for this user alone, and resolves links', async () => {
    const directory = await temporaryDirectory();
    await symlink(directory, join(directory, 'link'));
    expect(await prepareStoreDirectory(join(directory, 'link', 'a', 'b'), GROUP)).toBe(join(directory, 'a', 'b'));
    expect(await prepareStoreDirectory(join(directory, 'a', 'b', '..', 'b'), GROUP)).toBe(join(directory, 'a', 'b'));
    expect(await readdir(join(directory, 'a', 'b'))).toEqual([]);
  });

  test('refuses what is not a directory', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'file'), '');
    for (const path of ['file', 'file/below']) {
      await expect(prepareStoreDirectory(join(directory, path), GROUP)).rejects.toMatchObject({ code: 'SOCOMM_DIRECTORY_INVALID' });
    }
  });

  test.skipIf(uid === undefined || uid === 0)('refuses what is not writable', async () => {
    const directory = await temporaryDirectory();
    await chmod(directory, 0o500);
    await expect(prepareStoreDirectory(directory, GROUP)).rejects.toMatchObject({ code: 'SOCOMM_DIRECTORY_INVALID' });
    await expect(prepareStoreDirectory(join(directory, 'below'), GROUP)).rejects.toMatchObject({ code: 'SOCOMM_DIRECTORY_INVALID' });
    await chmod(directory, 0o700);
  });

  test.skipIf(uid === undefined)('refuses a directory of another user', async () => {
    const directory = await temporaryDirectory();
    const refused = prepareStoreDirectory(directory, GROUP, (uid ?? 0) + 1);
    await expect(refused).rejects.toMatchObject({ code: 'SOCOMM_STORE_FOREIGN' });
  });

  const note = { format: 1, storeId: 'a'.repeat(32), group: GROUP, packageVersion: '1.0.0' };
  const cases = [
    ['a store of a newer format', { ...note, format: STORE_FORMAT + 1, storeId: 'anything' }, 'SOCOMM_STORE_NEWER'],
    ['the store of another group', { ...note, group: 'com.acme.drums' }, 'SOCOMM_STORE_MISMATCH'],
    ['a note without an id', { ...note, storeId: undefined }, 'SOCOMM_STORE_DAMAGED'],
    ['a note whose id is none', { ...note, storeId: 'mine' }, 'SOCOMM_STORE_DAMAGED'],
    ['a note without a format', { ...note, format: 'one' }, 'SOCOMM_STORE_DAMAGED'],
    ['a note that is no object', [], 'SOCOMM_STORE_DAMAGED'],
  ] as const;
  for (const [what, content, code] of cases) {
    test(`refuses ${what}, as does opening`, async () => {
      const directory = await temporaryDirectory();
      await writeFile(join(directory, 'store.json'), JSON.stringify(content));
      await expect(prepareStoreDirectory(directory, GROUP)).rejects.toMatchObject({ code });
      const store = new LevelStore(await levelStoreOptions(directory));
      store.lock.tryAcquire();
      await expect(store.open()).rejects.toMatchObject({ code });
      store.lock.release();
      expect((await readdir(directory)).sort()).toEqual(['owner.lock', 'store.json']);
    });
  }

  test('tells a note that cannot be read for now from one that is damaged', async () => {
    const directory = await temporaryDirectory();
    await symlink(join(directory, 'store.json'), join(directory, 'store.json'));
    await expect(prepareStoreDirectory(directory, GROUP)).rejects.toMatchObject({
      code: 'SOCOMM_STORE_FAILED',
      message: expect.stringContaining('ELOOP') as string,
    });
  });

  test('refuses a note that was cut off', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'store.json'), JSON.stringify(note).slice(0, 20));
    await expect(prepareStoreDirectory(directory, GROUP)).rejects.toMatchObject({ code: 'SOCOMM_STORE_DAMAGED' });
  });

  test('takes a store that is there', async () => {
    const directory = await temporaryDirectory();
    await stopLevelStore(await startLevelStore(directory));
    expect(await prepareStoreDirectory(directory, GROUP)).toBe(directory);
    expect(JSON.parse(await readFile(join(directory, 'store.json'), 'utf8'))).toMatchObject({ format: STORE_FORMAT, group: GROUP });
  });
});

test('a first start that was killed before or after LevelDB was made is taken up', async () => {
  for (const left of ['nothing', 'folder', 'database'] as const) {
    const directory = await temporaryDirectory();
    if (left === 'folder') {
      await mkdir(join(directory, 'level'));
      await writeFile(join(directory, 'level', 'MANIFEST-000001'), 'half of it');
    }
    if (left === 'database') {
      const { Level } = await import('level');
      const database = new Level(join(directory, 'level'));
      await database.open();
      await database.close();
    }
    const store = await startLevelStore(directory);
    await store.append(1, []);
    await stopLevelStore(store);
  }
});
