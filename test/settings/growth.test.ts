/**
 * That a settings map does not grow with its history: on the wire, in memory, on disk. SOCOMM_PRINT_SIZES=1 prints what it comes to,
 * for the README's table.
 */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { seededRandom } from '../../src/base/random.js';
import type { Random } from '../../src/base/random.js';
import { SettingsIndexes } from '../../src/settings/settings-map.js';
import type { SettingsMap } from '../../src/settings/settings-map.js';
import { record } from '../contract/store.js';
import { startLevelStore, stopLevelStore, temporaryDirectory } from '../storage/temporary.js';
import { entriesIn, exchange, holder, settingsOf } from './scene.js';
import type { Holder } from './scene.js';

const SETS = 100_000;
const KEYS = 64;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function setAtRandom(map: SettingsMap, random: Random, sets: number): void {
  for (let index = 0; index < sets; index++) map.set(`parameter-${Math.floor(random.fraction() * KEYS)}`, random.fraction());
}

function mapOf(doc: Y.Doc): SettingsMap {
  // As long as ours are.
  doc.clientID = 2 ** 53 - 1;
  return settingsOf(doc, new SettingsIndexes(doc));
}

/** What Yjs goes by: an entry, several side by side, or all that is gone between two of them. */
function structsIn(doc: Y.Doc): number {
  return [...doc.store.clients.values()].reduce((sum, structs) => sum + structs.length, 0);
}

async function bytesIn(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)));
  return (await Promise.all(files)).reduce((sum, { size }) => sum + size, 0);
}

function print(what: string, sizes: object): void {
  if (process.env['SOCOMM_PRINT_SIZES'] !== undefined) process.stdout.write(`${what}: ${JSON.stringify(sizes)}\n`);
}

test('100,000 sets over 64 keys end under 10 KB: on the wire, and on disk after compaction', async () => {
  const directory = await temporaryDirectory();
  const empty = await bytesIn(directory);
  const store = await startLevelStore(directory);
  const doc = new Y.Doc();
  const map = mapOf(doc);
  setAtRandom(map, seededRandom(2), SETS);
  const wire = Y.encodeStateAsUpdate(doc);
  await store.append(1, [{ ...record('main', 0), update: wire }]);
  for (let round = 1; round <= 2; round++) {
    const snapshot = { state: Y.encodeStateAsUpdateV2(doc), stateVector: Y.encodeStateVector(doc) };
    await store.replace(1, { document: 'main', through: store.lastRecord('main'), ...snapshot });
  }
  await store.compact();
  await stopLevelStore(store);
  const sizes = { wire: wire.length, rest: Y.encodeStateAsUpdateV2(doc).length, disk: await bytesIn(directory), structs: structsIn(doc) };
  print('one replica', { ...sizes, empty });
  expect(map.size).toBe(KEYS);
  expect(sizes.wire).toBeLessThan(10_000);
  expect(sizes.disk).toBeLessThan(10_000);
  expect(sizes.structs).toBeLessThanOrEqual(2 * KEYS + 1);
});

test('no more does it where four replicas set in turn: their entries do not lie between each other', () => {
  const all = Array.from({ length: 4 }, () => holder());
  // What undo could bring back is kept, and is not what this is about.
  for (const { undo } of all) undo.destroy();
  const random = seededRandom(3);
  for (let index = 0; index < 9000; index++) {
    setAtRandom((all[Math.floor(random.fraction() * 4)] as Holder).map, random, 1);
    exchange(all);
  }
  const sizes = all.map(({ doc }) => ({ wire: Y.encodeStateAsUpdate(doc).length, structs: structsIn(doc) }));
  print('four replicas', sizes);
  for (const { wire, structs } of sizes) {
    expect(wire).toBeLessThan(10_000);
    expect(structs).toBeLessThanOrEqual(2 * KEYS + 4);
  }
  expect(all.map(entriesIn)).toEqual([KEYS, KEYS, KEYS, KEYS]);
});

test('in memory a map stays as large as it was after a few hundred sets', () => {
  const random = seededRandom(4);
  const maps = Array.from({ length: 10 }, () => mapOf(new Y.Doc()));
  const heapAfter = (sets: number): number => {
    for (const map of maps) setAtRandom(map, random, sets);
    for (let round = 0; round < 4; round++) collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  // More than a few hundred: what the engine compiles and keeps for itself is not the maps'.
  const before = heapAfter(2000);
  const growth = (heapAfter(SETS / maps.length) - before) / maps.length;
  print('heap', { growth });
  expect(growth).toBeLessThan(10_000);
});

test.each([0, 1])('what was deleted leaves no more than that either, nor does what was undone (%i)', (isUndone) => {
  const { doc, map, undo } = holder();
  for (let index = 0; index < 2000; index++) {
    map.set(`parameter-${index % KEYS}`, index);
    if (isUndone === 1) undo.undo();
    else map.delete(`parameter-${index % KEYS}`);
    undo.clear();
  }
  expect(map.size).toBe(0);
  expect(structsIn(doc)).toBeLessThan(10);
});
