/** Never silently wrong, never silently empty: what was changed behind the store's back is told, and what is sound comes back. */

import { cp, readFile, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { isSocommError } from '../../src/base/errors.js';
import { seededRandom } from '../../src/base/random.js';
import { decodeMeta, encodeChunk, encodeMeta } from '../../storage/entries.js';
import { chunkKey } from '../../storage/keys.js';
import { loadDocument, verifyDocument } from '../../storage/level-load.js';
import { readLevelVersion } from '../../storage/level-manifest.js';
import { openDatabase } from '../../storage/level-open.js';
import type { Database } from '../../storage/level-open.js';
import { LevelStore } from '../../storage/level-store.js';
import { surveyDatabase } from '../../storage/level-survey.js';
import { findTableFault } from '../../storage/level-table.js';
import { mendLevel } from '../../storage/mended-level.js';
import { noQuarantine } from '../../storage/quarantine.js';
import { replaceStore } from '../../storage/restore.js';
import { salvageStore } from '../../storage/salvage.js';
import { readStoreNote } from '../../storage/store-note.js';
import type { LoadedDocument, OpenedStore, Store } from '../../storage/store.js';
import { openStoredGroup } from '../../storage/stored-group.js';
import { bytes, owner, record } from '../contract/store.js';
import { levelStoreOptions, startLevelStore, stopLevelStore, temporaryDirectory } from './temporary.js';

/** Random, so that it stays as long as it is. */
const STATE = seededRandom(7).bytes(1_200_000);

/** `main`: a snapshot of two chunks through record 3, then 4, 5 and 6. `other`: one record. Closed in order with batch 7. */
async function makeStore(): Promise<string> {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await store.append(1, [record('main', 1), record('main', 2)]);
  await store.append(1, [record('main', 3)]);
  await store.replace(1, { document: 'main', state: STATE, stateVector: bytes(3), through: 3 });
  await store.append(2, [record('main', 4), record('other', 40)]);
  await store.append(2, [record('main', 5)]);
  await store.append(2, [record('main', 6)]);
  await stopLevelStore(store);
  return directory;
}

/** The closed store's LevelDB, without the store's own care. */
async function behindItsBack(directory: string, work: (database: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase(join(directory, 'level'), 'present');
  await work(database);
  await database.close();
}

async function allEntries(database: Database): Promise<[string, Uint8Array][]> {
  const entries: [string, Uint8Array][] = [];
  for await (const [key, value] of database.iterator({ gte: '', lt: '\uffff' })) entries.push([key, Uint8Array.from(value)]);
  return entries;
}

async function put(database: Database, key: string, value: Uint8Array): Promise<void> {
  await database.batch([{ type: 'put', key, value }], { sync: true });
}

async function reopen(directory: string): Promise<{ store: Store; opened: OpenedStore; main: LoadedDocument }> {
  const store = new LevelStore(await levelStoreOptions(directory));
  expect(store.lock.tryAcquire()).toBe(true);
  try {
    const opened = await store.open();
    return { store, opened, main: await store.load('main') };
  } catch (error) {
    store.lock.release();
    throw error;
  }
}

function flip(value: Uint8Array, at: number): Uint8Array {
  // A copy: what LevelDB returns is a Buffer, of which `slice()` is a view.
  const flipped = Uint8Array.from(value);
  flipped[at] = (flipped[at] ?? 0) ^ 0x10;
  return flipped;
}

/** `toEqual` takes seconds for a megabyte. */
const isState = (snapshot: Uint8Array | undefined): boolean => snapshot !== undefined && Buffer.compare(snapshot, STATE) === 0;
const isOriginal = (update: Uint8Array): boolean => [1, 2, 3, 4, 5, 6].some((value) => Buffer.compare(update, bytes(value)) === 0);

test('a sound store has no damage', async () => {
  const { store, opened, main } = await reopen(await makeStore());
  expect(opened).toMatchObject({ wasClean: true, damage: [], term: 2 });
  expect(isState(main.snapshot)).toBe(true);
  expect(main).toMatchObject({ updates: [4, 5, 6].map(bytes), damage: [] });
  await store.close({ clean: true });
  store.lock.release();
});

test('any changed byte of any value is told, nothing false is returned, and what a snapshot held is there', async () => {
  await behindItsBack(await makeStore(), async (database) => {
    for (const [key, value] of await allEntries(database)) {
      // Every byte of a small value, some of a large one, its ends always.
      const step = Math.max(1, Math.floor(value.length / 6));
      const places = new Set([0, 1, value.length - 1]);
      for (let at = 0; at < value.length; at += value.length < 200 ? 1 : step) places.add(at);
      for (const at of places) {
        await put(database, key, flip(value, at));
        const survey = await surveyDatabase(database, noQuarantine);
        const main = await loadDocument(database, 'main', survey.documents.get('main')?.last ?? 0, noQuarantine);
        const other = await loadDocument(database, 'other', survey.documents.get('other')?.last ?? 0, noQuarantine);
        const unused = await verifyDocument(database, 'main', survey.documents.get('main')?.last ?? 0, noQuarantine);
        const told = [survey, main, other].reduce((sum, { damage }) => sum + damage.length, unused.length);
        expect(told, `${key}, byte ${at}`).toBeGreaterThan(0);
        expect(main.updates.every(isOriginal)).toBe(true);
        // The snapshot, or the log that it stands for.
        if (main.snapshot === undefined) expect(main.updates.slice(0, 3)).toEqual([1, 2, 3].map(bytes));
        else expect(isState(main.snapshot)).toBe(true);
      }
      await put(database, key, value);
    }
  });
});

test('any value that is missing is told', async () => {
  await behindItsBack(await makeStore(), async (database) => {
    for (const [key, value] of await allEntries(database)) {
      await database.batch([{ type: 'del', key }], { sync: true });
      const survey = await surveyDatabase(database, noQuarantine);
      const main = await loadDocument(database, 'main', survey.documents.get('main')?.last ?? 0, noQuarantine);
      const unused = await verifyDocument(database, 'main', survey.documents.get('main')?.last ?? 0, noQuarantine);
      const isTold = survey.isMetaMissing || survey.damage.length + main.damage.length + unused.length > 0;
      expect(isTold, key).toBe(true);
      await put(database, key, value);
    }
  });
});

test('records that are missing are told by their numbers, in the middle and at the end', async () => {
  await behindItsBack(await makeStore(), async (database) => {
    await database.batch(
      [
        { type: 'del', key: 'log/main/0000000000000004' },
        { type: 'del', key: 'log/main/0000000000000005' },
      ],
      { sync: true },
    );
    const { updates, damage } = await loadDocument(database, 'main', 8, noQuarantine);
    expect(updates).toEqual([bytes(6)]);
    expect(damage.map(({ what }) => what)).toEqual(['the records 4 to 5 are missing', 'the records 7 to 8 are missing']);
  });
});

test('a snapshot of which a chunk is missing, or was replaced by another sound one, is told and not returned', async () => {
  await behindItsBack(await makeStore(), async (database) => {
    const generation = 4;
    const key = chunkKey('main', generation, 1);
    const load = async (): Promise<LoadedDocument> => loadDocument(database, 'main', 6, noQuarantine);
    await put(database, key, encodeChunk('main', { generation, index: 1, bytes: STATE.subarray(5) }));
    const replaced = await load();
    await database.batch([{ type: 'del', key }], { sync: true });
    const cut = await load();
    expect([replaced.snapshot, cut.snapshot]).toEqual([undefined, undefined]);
    expect(replaced.damage).toMatchObject([{ what: expect.stringContaining('its checksum is another') as string }]);
    expect(cut.damage).toMatchObject([{ what: expect.stringContaining('1 of 2 chunks are missing') as string }]);
  });
});

test('a document that lost its entry is found by its log', async () => {
  const directory = await makeStore();
  await behindItsBack(directory, (database) => database.batch([{ type: 'del', key: 'document/other' }], { sync: true }));
  const { store, opened } = await reopen(directory);
  expect(opened.damage).toMatchObject([{ document: 'other', what: expect.stringContaining('entry of the document') as string }]);
  expect(await store.load('other')).toEqual({ snapshot: undefined, updates: [bytes(40)], damage: [] });
  await store.close({ clean: true });
  store.lock.release();
});

test('a document that lost its entry is found where a record too many in another makes up for it in the sum', async () => {
  const directory = await makeStore();
  await behindItsBack(directory, async (database) => {
    const value = (await database.get('log/main/0000000000000006')) ?? new Uint8Array();
    await put(database, 'log/main/0000000000000007', value);
    await database.batch([{ type: 'del', key: 'document/other' }], { sync: true });
  });
  const { store, opened } = await reopen(directory);
  expect(new Set(opened.damage.map(({ document }) => document))).toEqual(new Set(['main', 'other']));
  expect(store.lastRecord('other')).toBe(1);
  await store.close({ clean: true });
  store.lock.release();
});

test('a document of a restored store that lost its entry is found, though nothing was ever appended to it', async () => {
  const directory = await makeStore();
  const documents = ['main', 'other', 'third'].map((document) => ({ document, state: bytes(9), stateVector: bytes(1) }));
  const { group, packageVersion, locks, random } = await levelStoreOptions(directory);
  await replaceStore(directory, { ...{ group, packageVersion, locks, random }, note: await readStoreNote(directory), term: 3, documents });
  await behindItsBack(directory, (database) => database.batch([{ type: 'del', key: 'document/other' }], { sync: true }));
  const { store, opened } = await reopen(directory);
  expect(opened.damage).toMatchObject([{ document: 'other', what: expect.stringContaining('stands in') as string }]);
  expect(await store.load('other')).toMatchObject({ snapshot: bytes(9), updates: [] });
  await store.append(4, [record('main', 1), record('third', 1)]);
  await store.close({ clean: true });
  store.lock.release();
  const healed = await reopen(directory);
  expect(healed.opened).toMatchObject({ damage: [], documents: { length: 3 } });
  await healed.store.close({ clean: true });
  healed.store.lock.release();
});

test('where what is left is of different times, documents are looked for whatever the sum says', async () => {
  const directory = await makeStore();
  await behindItsBack(directory, async (database) => {
    const meta = decodeMeta((await database.get('meta')) ?? new Uint8Array());
    // As it was before `other` was begun: a younger table, in which its entry was, is lost.
    if (meta.ok) await put(database, 'meta', encodeMeta({ ...meta.value, records: 6 }));
    await database.batch([{ type: 'del', key: 'document/other' }], { sync: true });
  });
  const note = await readStoreNote(directory);
  if (note === undefined) throw new Error('no note');
  const workspace = await temporaryDirectory();
  const { damage } = await mendLevel({ directory, note, owner: undefined }, workspace);
  expect(damage.map(({ document }) => document)).toContain('other');
  expect([...(await salvageStore(directory)).documents.keys()].sort()).toEqual(['main', 'other']);
});

test('a sound store is surveyed without a look for keys, which would read what is stored under them', async () => {
  const directory = await makeStore();
  await behindItsBack(directory, async (database) => {
    const keys = vi.spyOn(database, 'keys');
    const { documents, damage } = await surveyDatabase(database, noQuarantine);
    expect([[...documents.keys()], damage]).toEqual([['main', 'other'], []]);
    expect(keys).not.toHaveBeenCalled();
  });
});

test('a record that does not verify is kept in quarantine once, and the others come back', async () => {
  const directory = await makeStore();
  const key = 'log/main/0000000000000005';
  let damaged = new Uint8Array();
  await behindItsBack(directory, async (database) => {
    damaged = flip((await database.get(key)) ?? new Uint8Array(), 20) as Uint8Array<ArrayBuffer>;
    await put(database, key, damaged);
  });
  for (let round = 1; round <= 2; round++) {
    const { store, main } = await reopen(directory);
    expect(main.updates).toEqual([bytes(4), bytes(6)]);
    expect(main.damage).toMatchObject([{ document: 'main', what: expect.stringContaining(key) as string }]);
    expect(Buffer.compare(await readFile(main.damage[0]?.keptAs ?? ''), damaged)).toBe(0);
    expect(await readdir(join(directory, 'quarantine'))).toHaveLength(1);
    await store.close({ clean: true });
    store.lock.release();
  }
});

test('a last record that does not verify keeps its number, and the next begins a chain', async () => {
  const directory = await makeStore();
  const key = 'log/main/0000000000000006';
  await behindItsBack(directory, async (database) => put(database, key, flip((await database.get(key)) ?? new Uint8Array(), 9)));
  const first = await reopen(directory);
  expect(first.opened.damage).toMatchObject([{ document: 'main', what: expect.stringContaining(key) as string }]);
  await first.store.append(3, [record('main', 7)]);
  expect(first.store.lastRecord('main')).toBe(7);
  const { updates, damage } = await first.store.load('main');
  expect(updates).toEqual([bytes(4), bytes(5), bytes(7)]);
  expect(damage).toHaveLength(1);
  await first.store.replace(3, { document: 'main', state: STATE, stateVector: bytes(3), through: 7 });
  await first.store.close({ clean: true });
  first.store.lock.release();
  const healed = await reopen(directory);
  expect(healed.opened.damage).toEqual([]);
  expect(isState(healed.main.snapshot)).toBe(true);
  expect(healed.main).toMatchObject({ updates: [], damage: [] });
  await healed.store.close({ clean: true });
  healed.store.lock.release();
});

test('a record under a key that a flipped bit sent far away does not decide where numbering goes on', async () => {
  const directory = await makeStore();
  await behindItsBack(directory, async (database) => {
    const value = (await database.get('log/main/0000000000000006')) ?? new Uint8Array();
    await put(database, 'log/main/8000000000000006', value);
    await put(database, 'log/main/800000000000x006', value);
  });
  const { store, opened } = await reopen(directory);
  expect(opened.damage).toHaveLength(2);
  expect(store.lastRecord('main')).toBe(6);
  await store.append(3, [record('main', 7)]);
  await store.close({ clean: true });
  store.lock.release();
  const healed = await reopen(directory);
  expect(healed.opened.damage).toEqual([]);
  expect(healed.main.updates).toEqual([4, 5, 6, 7].map(bytes));
  await healed.store.close({ clean: true });
  healed.store.lock.release();
});

test('a record that was replaced by an older one of the same number is told by its chain', async () => {
  const directory = await makeStore();
  const key = 'log/main/0000000000000005';
  const other = await temporaryDirectory();
  const foreign = await startLevelStore(other);
  await foreign.append(
    1,
    [1, 2, 3, 9, 5].map((value) => record('main', value)),
  );
  await stopLevelStore(foreign);
  let value = new Uint8Array();
  await behindItsBack(other, async (database) => void (value = (await database.get(key)) as Uint8Array<ArrayBuffer>));
  await behindItsBack(directory, (database) => put(database, key, value));
  const { store, main } = await reopen(directory);
  expect(main.updates).toEqual([4, 5, 6].map(bytes));
  expect(main.damage.map(({ what }) => what)).toEqual([expect.stringContaining('record 5'), expect.stringContaining('record 6')]);
  await store.close({ clean: true });
  store.lock.release();
});

describe('the files of LevelDB', () => {
  test('without CURRENT are left as they are where nothing says whose they are, and the store is told to be damaged', async () => {
    const directory = await makeStore();
    await rm(join(directory, 'level', 'CURRENT'));
    const before = await readdir(join(directory, 'level'));
    await rm(join(directory, 'store.json'));
    await expect(reopen(directory)).rejects.toMatchObject({ code: 'SOCOMM_STORE_DAMAGED' });
    expect(await readdir(join(directory, 'level'))).toEqual(before);
  });

  test('that are gone altogether are not made anew', async () => {
    const directory = await makeStore();
    await rm(join(directory, 'level'), { recursive: true });
    await expect(reopen(directory)).rejects.toMatchObject({ code: 'SOCOMM_STORE_DAMAGED' });
    expect(await readdir(directory)).not.toContain('level');
  });

  test('from another store are refused', async () => {
    const directory = await makeStore();
    const note = join(directory, 'store.json');
    await writeFile(note, (await readFile(note, 'utf8')).replace(/"storeId": "[0-9a-f]+"/, `"storeId": "${'f'.repeat(32)}"`));
    await expect(reopen(directory)).rejects.toMatchObject({ code: 'SOCOMM_STORE_MISMATCH' });
  });

  test('that lost the end of their log after a clean close are told to be short, wherever it was cut', async () => {
    const directory = await temporaryDirectory();
    const store = await startLevelStore(directory);
    for (let value = 1; value <= 100; value++) await store.append(1, [record('main', value)]);
    await store.announceOwner(owner(1));
    await stopLevelStore(store);
    const name = await logFile(directory);
    const { size } = await stat(join(directory, 'level', name));
    const all = Array.from({ length: 100 }, (_, index) => bytes(index + 1));
    const counts: number[] = [];
    for (const length of [0, 7, Math.floor(size * 0.1), Math.floor(size * 0.6), size - 100, size - 1]) {
      for (const isNoted of [true, false]) {
        const copy = join(await temporaryDirectory(), 'copy');
        await cp(directory, copy, { recursive: true });
        await truncate(join(copy, 'level', name), length);
        // The number of the last batch is enough to know that something is missing; that files are noted too is to keep them.
        if (!isNoted) await forgetFiles(copy);
        const { store: short, opened, main } = await reopen(copy);
        expect(main.damage).toEqual([]);
        expect(main.updates).toEqual(all.slice(0, main.updates.length));
        expect(main.updates.length).toBeLessThan(100);
        expect(opened.wasClean).toBe(false);
        const told = opened.damage.map(({ what }) => what);
        expect(told).toContainEqual(expect.stringContaining('the end is missing'));
        expect(told.some((what) => what.startsWith(`${name} has ${length} bytes`))).toBe(isNoted);
        if (isNoted) {
          expect((await stat(join(opened.damage[0]?.keptAs ?? '', name))).size).toBe(length);
          counts.push(main.updates.length);
        }
        await short.close({ clean: false });
        short.lock.release();
      }
    }
    console.log(`proof 8: of 100 records, after six cuts of a cleanly closed log: ${counts.join(', ')}, each told`);
  });

  for (const isClean of [true, false]) {
    test(`that a killed process left half written are not judged, after ${isClean ? 'a clean close' : 'a crash'}`, async () => {
      const directory = await temporaryDirectory();
      for (let round = 1; round <= 3; round++) {
        const store = await startLevelStore(directory);
        await store.append(1, [record('main', round)]);
        await stopLevelStore(store, isClean);
      }
      const level = join(directory, 'level');
      const version = readLevelVersion(level);
      const tables = (await readdir(level)).filter((name) => name.endsWith('.ldb'));
      expect(new Set(version?.tables.keys())).toEqual(new Set(tables.map((name) => Number(name.replace('.ldb', '')))));
      for (const left of ['000900.ldb', '000001.log', '000901.log', 'MANIFEST-000001', 'MANIFEST-000902']) {
        await writeFile(join(level, left), 'half of i');
      }
      const { store, opened, main } = await reopen(directory);
      expect(opened.damage).toEqual([]);
      expect(main).toEqual({ snapshot: undefined, updates: [1, 2, 3].map(bytes), damage: [] });
      expect(await readdir(directory)).not.toContain('quarantine');
      await store.close({ clean: true });
      store.lock.release();
    });
  }

  test('that are tables with a flipped bit are not shown to LevelDB, which might end the process; it gets what verifies', async () => {
    const directory = await temporaryDirectory();
    await stopLevelStore(await startLevelStore(directory));
    const store = await startLevelStore(directory);
    await store.append(1, [record('main', 1)]);
    await stopLevelStore(store, false);
    const name = await tableFile(directory);
    const path = join(directory, 'level', name);
    await writeFile(path, flip(await readFile(path), 12));
    const stored = await openStoredGroup(directory);
    expect(stored.opened.damage).toContainEqual({
      document: undefined,
      what: `${name}: the block at 0 does not verify`,
      keptAs: undefined,
    });
    expect((await stored.load('main')).updates).toEqual([bytes(1)]);
    await stored.close();
    const { damage } = await salvageStore(directory);
    expect(damage).toContain(`${name}: the block at 0 does not verify`);
    const shown: (string | undefined)[] = [];
    const opening = new LevelStore({
      ...(await levelStoreOptions(directory)),
      open: async (location, presence) => {
        for (const table of (await readdir(location)).filter((each) => each.endsWith('.ldb'))) {
          shown.push(findTableFault(await readFile(join(location, table))));
        }
        return openDatabase(location, presence);
      },
    });
    opening.lock.tryAcquire();
    const opened = await opening.open();
    expect(shown.filter((fault) => fault !== undefined)).toEqual([]);
    expect(opened.damage.map(({ what }) => what)).toContain(`${name}: the block at 0 does not verify`);
    expect((await opening.load('main')).updates).toEqual([bytes(1)]);
    await stopLevelStore(opening);
    const kept = await readdir(join(directory, 'quarantine', 'store.1'));
    expect(kept.sort()).toEqual(['account.json', 'level', 'owner.json', 'store.json']);
    expect(await readdir(join(directory, 'quarantine', 'store.1', 'level'))).toContain(name);
  });

  test('that lost a part of one log while later batches of another are there are told', async () => {
    const directory = await makeStore();
    await behindItsBack(directory, (database) => database.batch([{ type: 'del', key: 'log/other/0000000000000001' }], { sync: true }));
    const { store, opened } = await reopen(directory);
    expect(opened.damage).toMatchObject([{ what: expect.stringContaining('1 of 7 records') as string }]);
    await store.close({ clean: true });
    store.lock.release();
  });

  for (const kind of ['log', 'table'] as const) {
    test(`with any byte changed in a ${kind} are never silently wrong`, async () => {
      const directory = await temporaryDirectory();
      const store = await startLevelStore(directory);
      for (let value = 1; value <= 60; value++) await store.append(1, [record('main', value)]);
      await stopLevelStore(store);
      // An opening turns the log into a table.
      if (kind === 'table') await stopLevelStore(await startLevelStore(directory));
      const all = Array.from({ length: 60 }, (_, index) => bytes(index + 1));
      const name = kind === 'log' ? await logFile(directory) : await tableFile(directory);
      const content = await readFile(join(directory, 'level', name));
      const copy = join(await temporaryDirectory(), 'copy');
      for (let at = 0; at < content.length; at += Math.ceil(content.length / 60)) {
        await rm(copy, { recursive: true, force: true });
        await cp(directory, copy, { recursive: true });
        await writeFile(join(copy, 'level', name), flip(content, at));
        const told = await describeOpening(copy);
        if (told === 'told') continue;
        expect(told.updates, `byte ${at}`).toEqual(all);
      }
    });
  }
});

async function forgetFiles(directory: string): Promise<void> {
  const path = join(directory, 'owner.json');
  const { files: _, ...rest } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify(rest));
}

/** What came back without a word of damage; `told` where there was one. */
async function describeOpening(directory: string): Promise<LoadedDocument | 'told'> {
  try {
    const { store, opened, main } = await reopen(directory);
    await store.close({ clean: false });
    store.lock.release();
    return opened.damage.length + main.damage.length > 0 ? 'told' : main;
  } catch (error) {
    if (isSocommError(error, 'SOCOMM_STORE_DAMAGED')) return 'told';
    throw error;
  }
}

async function logFile(directory: string): Promise<string> {
  return theOnly(directory, /^\d+\.log$/);
}

async function tableFile(directory: string): Promise<string> {
  return theOnly(directory, /^\d+\.ldb$/);
}

async function theOnly(directory: string, pattern: RegExp): Promise<string> {
  const names = (await readdir(join(directory, 'level'))).filter((name) => pattern.test(name));
  expect(names).toHaveLength(1);
  return names[0] ?? '';
}

describe('what can still be read of a store', () => {
  const oddities: readonly (readonly [string, string, (path: string) => Promise<void>])[] = [
    ['cannot be read', 'SOCOMM_STORE_FAILED', (path) => symlink(path, path)],
    ['is of a newer format', 'SOCOMM_STORE_NEWER', (path) => writeFile(path, '{"format":99}')],
  ];
  test.each(oddities)('is not looked for where store.json %s: what was decided is not known', async (_, code, spoil) => {
    const directory = await temporaryDirectory();
    await stopLevelStore(await startLevelStore(directory));
    await rm(join(directory, 'store.json'));
    await spoil(join(directory, 'store.json'));
    await expect(salvageStore(directory)).rejects.toMatchObject({ code });
  });

  test('is read where store.json is damaged', async () => {
    const directory = await temporaryDirectory();
    await stopLevelStore(await startLevelStore(directory));
    await writeFile(join(directory, 'store.json'), 'rubbish');
    await expect(salvageStore(directory)).resolves.toBeDefined();
  });
});
