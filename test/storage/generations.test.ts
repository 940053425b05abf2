/** One older generation is kept: what it takes to fall back to it, and what goes when it is replaced. */

import { join } from 'node:path';

import { expect, test } from 'vitest';

import { seededRandom } from '../../src/base/random.js';
import { chunkKey, documentKey, entryCopyKey, logKey } from '../../storage/keys.js';
import { openDatabase } from '../../storage/level-open.js';
import type { Database } from '../../storage/level-open.js';
import { LevelStore } from '../../storage/level-store.js';
import type { LoadedDocument } from '../../storage/store.js';
import { bytes, record } from '../contract/store.js';
import { levelStoreOptions, startLevelStore, stopLevelStore, temporaryDirectory } from './temporary.js';

const FIRST = seededRandom(1).bytes(2_000);
const SECOND = seededRandom(2).bytes(2_000);
const THIRD = seededRandom(3).bytes(2_000);

/** Batches: 1 made the store, 2 wrote records 1 and 2, 3 a snapshot through them, 4 records 3 and 4, 5 a snapshot through 3, 6 record 5. */
async function makeStore(): Promise<string> {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await store.append(1, [record('main', 1), record('main', 2)]);
  await replace(store, FIRST, 2);
  await store.append(1, [record('main', 3), record('main', 4)]);
  await replace(store, SECOND, 3);
  await store.append(1, [record('main', 5)]);
  await stopLevelStore(store);
  return directory;
}

function replace(store: LevelStore, state: Uint8Array, through: number): Promise<void> {
  return store.replace(1, { document: 'main', state, stateVector: bytes(through), through });
}

async function behindItsBack(directory: string, work: (database: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase(join(directory, 'level'), 'present');
  await work(database);
  await database.close();
}

async function keysOf(directory: string): Promise<string[]> {
  const keys: string[] = [];
  await behindItsBack(directory, async (database) => {
    for await (const key of database.keys({ gte: '', lt: '~' })) keys.push(key);
  });
  return keys;
}

async function spoil(directory: string, key: string): Promise<void> {
  await behindItsBack(directory, async (database) => {
    const value = (await database.get(key)) ?? new Uint8Array();
    const spoilt = value.map((byte, at) => (at === value.length >> 1 ? byte ^ 4 : byte));
    await database.batch([{ type: 'put', key, value: spoilt }], { sync: true });
  });
}

async function loadMain(directory: string): Promise<LoadedDocument> {
  const store = await startLevelStore(directory);
  try {
    return await store.load('main');
  } finally {
    await stopLevelStore(store);
  }
}

test('a snapshot leaves the one before and the log between, and takes away what is older', async () => {
  const directory = await makeStore();
  expect(await keysOf(directory)).toEqual([
    documentKey('main'),
    ...[3, 4, 5].map((number) => logKey('main', number)),
    'meta',
    ...[3, 5].flatMap((generation) => [chunkKey('main', generation, 0), entryCopyKey('main', generation)]),
  ]);
  const store = await startLevelStore(directory);
  const [document] = store.documents();
  expect(document).toMatchObject({ snapshotBytes: 2_000, logRecords: 2, olderBytes: expect.closeTo(2_040, -2) as number });
  await replace(store, THIRD, 5);
  expect(store.documents()).toMatchObject([{ logRecords: 0, logBytes: 0, olderBytes: 2_000 + (document?.logBytes ?? 0) }]);
  await stopLevelStore(store);
  expect(await keysOf(directory)).toEqual([
    documentKey('main'),
    ...[4, 5].map((number) => logKey('main', number)),
    'meta',
    ...[5, 7].flatMap((generation) => [chunkKey('main', generation, 0), entryCopyKey('main', generation)]),
  ]);
});

test('the first snapshot leaves the whole log', async () => {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  await store.append(1, [record('main', 1), record('main', 2)]);
  await replace(store, FIRST, 2);
  await stopLevelStore(store);
  await spoil(directory, chunkKey('main', 3, 0));
  const { snapshot, updates, damage } = await loadMain(directory);
  expect({ snapshot, updates }).toEqual({ snapshot: undefined, updates: [bytes(1), bytes(2)] });
  expect(damage).toMatchObject([{ what: expect.stringContaining('stand in') as string }]);
});

test('where the newest snapshot does not verify, the one before and the log above that come back, and it is told', async () => {
  const directory = await makeStore();
  await spoil(directory, chunkKey('main', 5, 0));
  const { snapshot, updates, damage } = await loadMain(directory);
  expect(snapshot).toEqual(FIRST);
  expect(updates).toEqual([3, 4, 5].map(bytes));
  expect(damage).toEqual([
    {
      document: 'main',
      what: expect.stringMatching(/^the snapshot does not verify: .*; the one before it and the log since stand in$/) as string,
      keptAs: expect.stringMatching(/quarantine.main\.snapshot-5\.[0-9a-f]{8}\.bin$/) as string,
    },
  ]);
});

test('where both do not verify, the log comes back and both are told', async () => {
  const directory = await makeStore();
  await spoil(directory, chunkKey('main', 5, 0));
  await spoil(directory, chunkKey('main', 3, 0));
  const { snapshot, updates, damage } = await loadMain(directory);
  expect({ snapshot, updates }).toEqual({ snapshot: undefined, updates: [3, 4, 5].map(bytes) });
  expect(damage.map(({ keptAs }) => /snapshot-\d/.exec(keptAs ?? '')?.[0])).toEqual(['snapshot-5', 'snapshot-3']);
});

test('a snapshot that heals a spoilt one keeps the sound one before it, not the spoilt one', async () => {
  const directory = await makeStore();
  await spoil(directory, chunkKey('main', 5, 0));
  const store = await startLevelStore(directory);
  await store.load('main');
  await replace(store, THIRD, 5);
  expect(await store.load('main')).toEqual({ snapshot: THIRD, updates: [], damage: [] });
  await stopLevelStore(store);
  await spoil(directory, chunkKey('main', 7, 0));
  const { snapshot, updates } = await loadMain(directory);
  expect({ snapshot, updates }).toEqual({ snapshot: FIRST, updates: [3, 4, 5].map(bytes) });
});

test('damage in the kept log below the newest snapshot changes neither what is loaded nor where numbering goes on', async () => {
  const directory = await makeStore();
  const store = await startLevelStore(directory);
  await replace(store, THIRD, 5);
  await stopLevelStore(store);
  await spoil(directory, logKey('main', 5));
  const again = new LevelStore(await levelStoreOptions(directory));
  again.lock.tryAcquire();
  expect((await again.open()).damage.filter(({ document }) => document !== undefined)).toEqual([]);
  expect(await again.load('main')).toEqual({ snapshot: THIRD, updates: [], damage: [] });
  await again.append(1, [record('main', 6)]);
  expect(again.lastRecord('main')).toBe(6);
  await stopLevelStore(again);
  expect(await keysOf(directory)).toContain(logKey('main', 5));
  expect(await loadMain(directory)).toEqual({ snapshot: THIRD, updates: [bytes(6)], damage: [] });
});

for (const how of ['spoilt', 'missing'] as const) {
  test(`an entry that is ${how} is replaced by its copy beside the snapshot, told, and written again`, async () => {
    const directory = await makeStore();
    if (how === 'spoilt') await spoil(directory, documentKey('main'));
    else await behindItsBack(directory, (database) => database.batch([{ type: 'del', key: documentKey('main') }], { sync: true }));
    const store = await startLevelStore(directory);
    const { snapshot, updates, damage } = await store.load('main');
    expect({ snapshot, updates }).toEqual({ snapshot: SECOND, updates: [4, 5].map(bytes) });
    expect(damage).toMatchObject([{ document: 'main', what: expect.stringContaining('the entry of the document') as string }]);
    await store.append(2, []);
    expect(await store.load('main')).toEqual({ snapshot: SECOND, updates: [4, 5].map(bytes), damage: [] });
    await stopLevelStore(store);
    expect(await loadMain(directory)).toEqual({ snapshot: SECOND, updates: [4, 5].map(bytes), damage: [] });
  });
}
