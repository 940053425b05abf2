/**
 * A closed store with a file of each kind, and what is found in it after something was done to one of its files. What its documents
 * hold is a set of numbers, so that a snapshot, and the log that it stands for, are worth the same.
 */

import { cp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { isSocommError } from '../../src/base/errors.js';
import { seededRandom } from '../../src/base/random.js';
import type { Random } from '../../src/base/random.js';
import { decodeBundle, encodeBundle } from '../../storage/bundle.js';
import { LevelStore } from '../../storage/level-store.js';
import type { LoadedDocument } from '../../storage/store.js';
import { owner, record } from '../contract/store.js';
import { GROUP, levelStoreOptions, startLevelStore, stopLevelStore } from './temporary.js';

/** Record `value` holds the number `value`; a snapshot holds the numbers that its bytes are. */
export const NUMBERS: Readonly<Record<string, number>> = { main: 60, notes: 30, other: 9 };

export async function makeModel(directory: string, isClean: boolean): Promise<void> {
  const write = async (from: number, through: number): Promise<void> => {
    const store = await startLevelStore(directory);
    await store.announceOwner(owner(3));
    for (let value = from; value <= through; value++) {
      for (const [name, count] of Object.entries(NUMBERS)) {
        if (value <= count) await store.append(3, [record(name, value)]);
      }
      if (value === 15 || value === 40) await replace(store, 'main', value - 2);
      if (value === 9) await replace(store, 'other', 9);
      // Writes out LevelDB's memory: MANIFEST and log go on.
      if (value === 50) await store.compact();
    }
    const bundle = encodeBundle({
      ...{ purpose: 'spill', group: GROUP, storeId: '', term: 3, at: 0, packageVersion: '0.0.0' },
      documents: [{ name: 'main', encoding: 'update', bytes: Uint8Array.of(1, 2, 3) }],
    });
    await store.spills.write('spill', bundle);
    await store.checkpoints.write('checkpoint', bundle);
    await stopLevelStore(store, isClean);
  };
  // Each opening turns the log into a table: three tables and a log.
  await write(1, 12);
  await write(13, 20);
  await write(21, 45);
  await write(46, 60);
}

async function replace(store: LevelStore, document: string, through: number): Promise<void> {
  const state = Uint8Array.from({ length: through }, (_, index) => index + 1);
  await store.replace(3, { document, state, stateVector: Uint8Array.of(through), through });
}

/** Something that befalls a file. */
export interface Harm {
  readonly file: string;
  readonly what: string;
  readonly apply: (path: string) => Promise<void>;
}

/** Each file removed, cut at several places, and with a bit flipped in each of its regions. */
export async function listHarms(
  model: string,
  seed: number,
  { flips, cuts }: { readonly flips: number; readonly cuts: number },
): Promise<readonly Harm[]> {
  const random = seededRandom(seed);
  const harms: Harm[] = [];
  for (const file of await filesIn(model)) {
    const { size } = await stat(join(model, file));
    harms.push({ file, what: 'removed', apply: (path) => rm(path) });
    for (const at of placesIn(size, cuts, random))
      harms.push({ file, what: `cut at ${at} of ${size}`, apply: (path) => truncate(path, at) });
    for (const at of placesIn(size, flips, random)) {
      const bit = 1 << Math.floor(random.fraction() * 8);
      harms.push({ file, what: `bit ${bit} of byte ${at} of ${size} flipped`, apply: (path) => flipBit(path, at, bit) });
    }
  }
  return harms;
}

/** One place in each of `count` regions of the same size, every place of a small file. */
function placesIn(size: number, count: number, random: Random): readonly number[] {
  const regions = Math.min(size, count);
  return Array.from({ length: regions }, (_, index) => Math.floor(((index + random.fraction()) * size) / regions));
}

async function flipBit(path: string, at: number, bit: number): Promise<void> {
  const content = await readFile(path);
  content[at] = (content[at] ?? 0) ^ bit;
  await writeFile(path, content);
}

/** Relative names of everything but LevelDB's own logbook and lock. */
export async function filesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/^(LOG|LOG\.old|LOCK)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

export interface Finding {
  /** What an application, or whoever takes in a bundle, is told; empty where all seemed well. */
  readonly told: readonly string[];
  /** What is not as it was; empty where all is there. */
  readonly missing: readonly string[];
  /** What never was: must be empty whatever is told. */
  readonly wrong: readonly string[];
  /** What lay there unharmed, is neither there nor in quarantine, and is missed. */
  readonly deleted: readonly string[];
  readonly isRefused: boolean;
}

/** Opens the store, loads all documents, reads all bundles. */
export async function inspect(directory: string, harmed: string): Promise<Finding> {
  const before = await contents(directory, harmed);
  if (harmed.endsWith('.socomm')) return { told: await readBundles(directory), missing: [], wrong: [], deleted: [], isRefused: false };
  const told: string[] = [];
  const missing: string[] = [];
  const wrong: string[] = [];
  let isRefused = false;
  const store = new LevelStore(await levelStoreOptions(directory));
  if (!store.lock.tryAcquire()) throw new Error('the lock is held');
  try {
    const opened = await store.open();
    told.push(...opened.damage.map(({ what }) => what));
    if (opened.term < 3) missing.push(`term ${opened.term}`);
    for (const [name, count] of Object.entries(NUMBERS)) {
      const loaded = await store.load(name);
      told.push(...loaded.damage.map(({ what }) => what));
      const found = numbersOf(loaded);
      for (let value = 1; value <= count; value++) if (!found.delete(value)) missing.push(`${name} ${value}`);
      wrong.push(...[...found].map((value) => `${name} ${value}`));
    }
  } catch (error) {
    if (!isSocommError(error)) throw error;
    told.push(error.code);
    isRefused = true;
  }
  await store.close({ clean: false });
  store.lock.release();
  const after = new Set((await contents(directory, '')).values());
  const deleted = [...before].filter(([, content]) => !after.has(content)).map(([file]) => file);
  return { told, missing, wrong, deleted: missing.length > 0 ? deleted : [], isRefused };
}

/** The only one who is told is who reads them: they are sealed, and refused as a whole. One that is gone is missed by nobody. */
async function readBundles(directory: string): Promise<readonly string[]> {
  const told: string[] = [];
  const { spills, checkpoints } = new LevelStore(await levelStoreOptions(directory));
  for (const folder of [spills, checkpoints]) {
    for (const name of await folder.list()) {
      const decoded = decodeBundle((await folder.read(name)) ?? new Uint8Array());
      if (!decoded.ok) told.push(`bundle ${name}: ${decoded.reason}`);
    }
  }
  return told;
}

function numbersOf({ snapshot, updates }: LoadedDocument): Set<number> {
  return new Set([
    ...(snapshot ?? []),
    ...updates.map((update) => (update.length === 2 && update[1] === Number(update[0]) + 1 ? Number(update[0]) : -1)),
  ]);
}

async function contents(directory: string, but: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const file of await filesIn(directory)) {
    // Empty files hold nothing.
    const content = (await readFile(join(directory, file))).toString('latin1');
    if (file !== but && content !== '') found.set(file, content);
  }
  return found;
}

/** Does one harm to a copy of the model. Where the store is refused then, everything must be there as soon as the harm is undone. */
export async function findAfter(model: string, copy: string, { file, apply }: Harm): Promise<Finding> {
  await rm(copy, { recursive: true, force: true });
  await cp(model, copy, { recursive: true });
  await apply(join(copy, file));
  const found = await inspect(copy, file);
  if (!found.isRefused) return found;
  await cp(join(model, file), join(copy, file));
  const healed = await inspect(copy, file);
  return { ...found, deleted: healed.isRefused ? ['everything'] : healed.missing };
}

/** `level/000005.ldb` is a `.ldb`. */
export function kindOf(file: string): string {
  return basename(file)
    .replace(/^\d+\./, '.')
    .replace(/-\d+/, '');
}
