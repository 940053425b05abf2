/** What is left on disk after compaction: the sum of the lengths of all files in the store directory. */

import { existsSync } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { seededRandom } from '../../src/base/random.js';
import { openDatabase } from '../../storage/level-open.js';
import { LevelStore } from '../../storage/level-store.js';
import type { StoreRecord } from '../../storage/store.js';
import { record } from '../contract/store.js';
import { levelStoreOptions, startLevelStore, stopLevelStore, temporaryDirectory } from './temporary.js';

const SETS = 100_000;
const KEYS = 64;
/** As a writer gathers them: what comes while a batch is on its way to the disk makes the next one. */
const RECORDS_IN_BATCH = 500;

const PRESETS = fileURLToPath(new URL('../../../shared/data/amsynth/amsynth-presets.jsonl.gz', import.meta.url));

interface Sizes {
  /** Of the files before anything is compacted, after it, and by name. */
  readonly before: number;
  readonly after: number;
  readonly files: Readonly<Record<string, number>>;
  readonly stateBytes: number;
}

/** Writes what `edit` does as records in batches, replaces the log by a snapshot twice, compacts, closes, opens once more. */
async function sizesAfter(edit: (doc: Y.Doc) => void): Promise<Sizes> {
  const directory = await temporaryDirectory();
  const store = await startLevelStore(directory);
  const doc = new Y.Doc();
  const records: StoreRecord[] = [];
  doc.on('update', (update: Uint8Array) => records.push({ ...record('main', records.length), update }));
  edit(doc);
  for (let at = 0; at < records.length; at += RECORDS_IN_BATCH) await store.append(1, records.slice(at, at + RECORDS_IN_BATCH));
  const before = await sizeOf(directory);
  const state = Y.encodeStateAsUpdateV2(doc);
  for (let round = 1; round <= 2; round++) {
    const snapshot = { document: 'main', state, stateVector: Y.encodeStateVector(doc), through: store.lastRecord('main') };
    await store.replace(1, snapshot);
  }
  await store.compact();
  await stopLevelStore(store);
  const again = await startLevelStore(directory);
  const { snapshot, updates, damage } = await again.load('main');
  expect(snapshot !== undefined && Buffer.compare(snapshot, state) === 0).toBe(true);
  expect({ updates, damage }).toEqual({ updates: [], damage: [] });
  await stopLevelStore(again);
  const files = await sizesIn(directory);
  return { before, after: await sizeOf(directory), files, stateBytes: state.length };
}

async function sizesIn(directory: string): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sizes[entry.name] = (await stat(join(entry.parentPath, entry.name))).size;
  }
  return sizes;
}

async function sizeOf(directory: string): Promise<number> {
  return Object.values(await sizesIn(directory)).reduce((sum, size) => sum + size, 0);
}

function print(what: string, { before, after, files, stateBytes }: Sizes): void {
  console.log(`${what}: ${before} bytes before, ${after} after (state ${stateBytes}); ${JSON.stringify(files)}`);
}

function setInOrder(keyOf: (index: number) => number): (doc: Y.Doc) => void {
  return (doc) => {
    doc.clientID = 4_294_967_295;
    const map = doc.getMap<number>('knobs');
    for (let index = 0; index < SETS; index++) map.set(`key-${keyOf(index)}`, index);
  };
}

test('100,000 sets over 64 keys of a map, in turn, end under 20 KB', async () => {
  const sizes = await sizesAfter(setInOrder((index) => index % KEYS));
  print('in turn', sizes);
  expect(sizes.before).toBeGreaterThan(1_000_000);
  expect(sizes.after).toBeLessThan(20_000);
});

test('in random order they end at less than what Yjs needs for them, twice', async () => {
  const random = seededRandom(64);
  const sizes = await sizesAfter(setInOrder(() => Math.floor(random.fraction() * KEYS)));
  print('random order', sizes);
  expect(sizes.after).toBeLessThan(2 * sizes.stateBytes);
});

test.skipIf(!existsSync(PRESETS))('presets with their bodies end at less than half of their state, both generations together', async () => {
  const lines = gunzipSync(await readFile(PRESETS))
    .toString()
    .trim()
    .split('\n');
  const sizes = await sizesAfter((doc) => {
    const map = doc.getMap('presets');
    for (const [index, line] of lines.entries()) map.set(String(index), JSON.parse(line));
  });
  print(`${lines.length} presets`, sizes);
  expect(sizes.after).toBeLessThan(sizes.stateBytes / 2);
});

for (const isOnDisk of [true, false]) {
  test(`compaction frees what lies in ${isOnDisk ? 'the deepest tables' : 'memory, together with its deletion'}, and goes on beside writes`, async () => {
    const directory = await temporaryDirectory();
    const store = await startLevelStore(directory);
    const large = seededRandom(1).bytes(300_000);
    await store.append(1, [{ ...record('main', 1), update: large }]);
    if (isOnDisk) await store.compact();
    for (let round = 1; round <= 2; round++) {
      await store.replace(1, { document: 'main', state: large.subarray(0, 10), stateVector: large.subarray(0, 1), through: 1 });
    }
    await Promise.all([store.compact(), store.compact(), store.append(1, [record('main', 2)])]);
    expect(store.lastRecord('main')).toBe(2);
    expect(await sizeOf(directory)).toBeLessThan(10_000);
    await stopLevelStore(store);
  });
}

test('compaction and closing get along in any order', async () => {
  const directory = await temporaryDirectory();
  const steps: string[] = [];
  let tellBegun = (): void => undefined;
  const begun = new Promise<void>((resolve) => (tellBegun = resolve));
  const store = new LevelStore({
    ...(await levelStoreOptions(directory)),
    open: async (location, presence) => {
      const database = await openDatabase(location, presence);
      const compactRange = database.compactRange.bind(database);
      database.compactRange = async (start, end) => {
        tellBegun();
        await compactRange(start, end);
        steps.push('compacted');
      };
      const close = database.close.bind(database);
      database.close = () => {
        steps.push('closed');
        return close();
      };
      return database;
    },
  });
  store.lock.tryAcquire();
  await store.open();
  await store.append(1, [record('main', 1)]);
  // What has begun is brought to its end before the database is closed.
  const compacting = store.compact();
  await begun;
  await Promise.all([compacting, store.close({ clean: true })]);
  expect(steps).toEqual(['compacted', 'compacted', 'closed']);
  await expect(store.compact()).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
  expect(await store.open()).toMatchObject({ wasClean: true, damage: [] });
  // What has not is either done or refused.
  const both = await Promise.allSettled([store.close({ clean: true }), store.compact()]);
  expect(both[0]).toMatchObject({ status: 'fulfilled' });
  expect(both[1].status === 'fulfilled' || (both[1].reason as { code?: string }).code === 'SOCOMM_CLOSED').toBe(true);
  store.lock.release();
});

test('a disk that fails while space is given back is told, and nothing is written after it', async () => {
  const store = new LevelStore({
    ...(await levelStoreOptions(await temporaryDirectory())),
    open: async (location, presence) => {
      const database = await openDatabase(location, presence);
      database.compactRange = () => Promise.reject(Object.assign(new Error('IO error'), { code: 'LEVEL_IO_ERROR' }));
      return database;
    },
  });
  store.lock.tryAcquire();
  await store.open();
  await expect(store.compact()).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
  await expect(store.append(1, [record('main', 1)])).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
  await stopLevelStore(store);
});
