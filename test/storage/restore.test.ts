import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { seededRandom } from '../../src/base/random.js';
import { loadFileLocks } from '../../storage/file-lock.js';
import { finishRestore } from '../../storage/finish-restore.js';
import { LevelStore } from '../../storage/level-store.js';
import { replaceStore } from '../../storage/restore.js';
import type { ReplacedStore } from '../../storage/restore.js';
import { readStoreNote } from '../../storage/store-note.js';
import { openStoredGroup } from '../../storage/stored-group.js';
import { bytes, owner, record } from '../contract/store.js';
import { GROUP, levelStoreOptions, startLevelStore, stopLevelStore, temporaryDirectory } from './temporary.js';

const NEW = { document: 'main', state: Uint8Array.of(7, 8, 9), stateVector: bytes(1) };

async function oldStore(): Promise<string> {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await store.announceOwner(owner(4));
  await store.append(4, [record('main', 1), record('notes', 2)]);
  await store.spills.write('a spill', bytes(5));
  await stopLevelStore(store);
  return directory;
}

/** As a restore does it: with the lock held, which a kill frees. */
async function replace(directory: string, step?: (name: string) => void, seed = 7): Promise<ReplacedStore> {
  const locks = await loadFileLocks();
  const lock = locks.tryLock(join(directory, 'owner.lock'));
  const note = await readStoreNote(directory).catch(() => undefined);
  try {
    return await replaceStore(directory, {
      ...{ group: GROUP, packageVersion: '0.0.0', locks, random: seededRandom(seed), note, term: 9, documents: [NEW] },
      ...(step !== undefined && { step }),
    });
  } finally {
    lock?.release();
  }
}

async function contentOf(directory: string): Promise<unknown> {
  const store = new LevelStore(await levelStoreOptions(directory));
  expect(store.lock.tryAcquire()).toBe(true);
  const { damage, term, documents } = await store.open();
  const content = await Promise.all(documents.map(async ({ name }) => [name, await store.load(name)]));
  const spills = await store.spills.list();
  await stopLevelStore(store);
  return { damage, term, content, spills };
}

const OLD_CONTENT = {
  ...{ damage: [], term: 4, spills: ['a spill'] },
  content: [
    ['main', { snapshot: undefined, updates: [bytes(1)], damage: [] }],
    ['notes', { snapshot: undefined, updates: [bytes(2)], damage: [] }],
  ],
};
const NEW_CONTENT = { damage: [], term: 9, spills: [], content: [['main', { snapshot: NEW.state, updates: [], damage: [] }]] };

async function stepsOf(make: () => Promise<string>): Promise<readonly string[]> {
  const steps: string[] = [];
  await replace(await make(), (name) => steps.push(name));
  return steps;
}

describe('a store that takes the place of another', () => {
  test('has a new id and a term at least as high, and the old one is kept as a whole store', async () => {
    const directory = await oldStore();
    const before = await readStoreNote(directory);
    const { storeId, kept } = await replace(directory);
    expect(await readStoreNote(directory)).toMatchObject({ storeId, group: GROUP });
    expect(storeId).not.toBe(before?.storeId);
    expect(await contentOf(directory)).toEqual(NEW_CONTENT);
    expect(await readdir(directory)).not.toContain('replacement');
    expect(kept).toBe(join(directory, 'backups', `replaced-${before?.storeId.slice(0, 8) ?? ''}-by-${storeId.slice(0, 8)}`));
    const old = await openStoredGroup(kept ?? '');
    expect(old.opened).toMatchObject({ storeId: before?.storeId, term: 4, damage: [], wasClean: true });
    expect((await old.load('notes')).updates).toEqual([bytes(2)]);
    await old.close();
    expect(await contentOf(kept ?? '')).toEqual(OLD_CONTENT);
  });

  test('comes about wholly or not at all, wherever it is killed', async () => {
    const steps = await stepsOf(oldStore);
    expect(steps.length).toBeGreaterThan(9);
    const decided = steps.indexOf('decide');
    for (const [index, killedAt] of steps.entries()) {
      const directory = await oldStore();
      await expect(replace(directory, (name) => killAt(name, killedAt))).rejects.toThrow('killed');
      // To look at it is to see what the next opening will see.
      const seen = await openStoredGroup(directory);
      expect([killedAt, seen.opened.term]).toEqual([killedAt, index <= decided ? 4 : 9]);
      expect(seen.opened.damage).toEqual([]);
      await seen.close();
      expect([killedAt, await contentOf(directory)]).toEqual([killedAt, index <= decided ? OLD_CONTENT : NEW_CONTENT]);
      expect(await readStoreNote(directory)).not.toHaveProperty('next');
    }
  });

  test('comes about where its finishing is killed again and again', async () => {
    const steps = (await stepsOf(oldStore)).filter((name) => name.startsWith('move') || name === 'finish');
    expect(steps).toHaveLength(6);
    const directory = await oldStore();
    await expect(replace(directory, (name) => killAt(name, steps[0]))).rejects.toThrow('killed');
    for (const killedAt of steps) {
      const note = await readStoreNote(directory);
      expect(note).toHaveProperty('next');
      await expect(finishRestore(directory, note!, (name) => killAt(name, killedAt))).rejects.toThrow('killed');
    }
    expect(await contentOf(directory)).toEqual(NEW_CONTENT);
  });

  test('is not kept from its end by a spill that was written in between, which stays', async () => {
    const directory = await oldStore();
    await expect(replace(directory, (name) => killAt(name, 'move away level'))).rejects.toThrow('killed');
    await new LevelStore(await levelStoreOptions(directory)).spills.write('a new one', bytes(6));
    expect(await contentOf(directory)).toEqual({ ...NEW_CONTENT, spills: ['a new one'] });
  });

  test('is itself replaced where it was decided and not finished', async () => {
    const directory = await oldStore();
    await expect(replace(directory, (name) => killAt(name, 'move away level'))).rejects.toThrow('killed');
    await replace(directory, undefined, 8);
    expect(await contentOf(directory)).toEqual(NEW_CONTENT);
    expect(await readdir(join(directory, 'backups'))).toHaveLength(2);
  });

  test('is there where no store was', async () => {
    const steps = await stepsOf(temporaryDirectory);
    for (const killedAt of [...steps.slice(steps.indexOf('decide') + 1), undefined]) {
      const directory = await temporaryDirectory();
      await replace(directory, (name) => killAt(name, killedAt)).catch((error: unknown) => error);
      expect(await contentOf(directory)).toEqual(NEW_CONTENT);
      expect(await readdir(directory)).not.toContain('backups');
    }
  });

  test.each([
    ['store.json cannot be understood', (directory: string) => writeFile(join(directory, 'store.json'), '{')],
    ['CURRENT is gone', (directory: string) => rm(join(directory, 'level', 'CURRENT'))],
    ['the database is gone', (directory: string) => rm(join(directory, 'level'), { recursive: true })],
    ['store.json is gone', (directory: string) => rm(join(directory, 'store.json'))],
  ])('is there where %s, and all that was left is kept', async (_, damage) => {
    const directory = await oldStore();
    await damage(directory);
    const left = (await readdir(directory)).filter((name) => ['store.json', 'level', 'owner.json', 'spill'].includes(name)).sort();
    const { kept } = await replace(directory);
    expect(await contentOf(directory)).toEqual(NEW_CONTENT);
    expect((await readdir(kept ?? '')).sort()).toEqual(left);
  });

  test('leaves the old one as it was when it cannot be built', async () => {
    const directory = await oldStore();
    const before = await readFile(join(directory, 'store.json'), 'utf8');
    await expect(replace(directory, (name) => killAt(name, 'keep'))).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    expect(await readFile(join(directory, 'store.json'), 'utf8')).toBe(before);
    expect(await readdir(directory)).not.toContain('replacement');
  });
});

function killAt(name: string, killedAt: string | undefined): void {
  if (name === killedAt) throw new Error('killed');
}
