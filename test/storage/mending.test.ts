/** A store whose database is damaged goes on by itself: with what verifies, with an account of what does not, and with everything kept. */

import { cp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import { SocommError } from '../../src/base/errors.js';
import { LevelStore } from '../../storage/level-store.js';
import { mendStore } from '../../storage/mending.js';
import { readOwnerNote } from '../../storage/owner-note.js';
import { salvageStore } from '../../storage/salvage.js';
import { readStoreNote } from '../../storage/store-note.js';
import type { LoadedDocument, OpenedStore } from '../../storage/store.js';
import { openStoredGroup } from '../../storage/stored-group.js';
import { bytes, owner, record } from '../contract/store.js';
import { levelStoreOptions, makeTemporaryDirectory, startLevelStore, stopLevelStore, temporaryDirectory } from './temporary.js';

const TERM = 7;

/** Three sessions, so two tables and a log: `main` has a snapshot through 6 and records through 15, `notes` records 1 to 15. */
async function makeStore(directory: string, isClean: boolean): Promise<void> {
  for (const from of [1, 6, 11]) {
    const store = await startLevelStore(directory);
    await store.announceOwner(owner(TERM));
    for (let value = from; value < from + 5; value++) {
      await store.append(TERM, [record('main', value), record('notes', value)]);
      if (value === 3 || value === 6)
        await store.replace(TERM, { document: 'main', state: stateOf(value), stateVector: bytes(value), through: value });
    }
    await stopLevelStore(store, isClean);
  }
}

function stateOf(through: number): Uint8Array {
  return Uint8Array.from({ length: through }, (_, index) => index + 1);
}

interface Found {
  readonly opened: OpenedStore;
  readonly main: readonly number[];
  readonly notes: readonly number[];
  readonly holes: readonly string[];
}

async function open(directory: string, isReplicaWhole = false): Promise<{ readonly store: LevelStore; readonly found: Found }> {
  const store = new LevelStore(await levelStoreOptions(directory));
  expect(store.lock.tryAcquire()).toBe(true);
  try {
    const opened = await store.open({ isReplicaWhole });
    const main = await store.load('main');
    const notes = await store.load('notes');
    const holes = [...main.damage, ...notes.damage].map(({ what }) => what);
    return { store, found: { opened, main: valuesOf(main), notes: valuesOf(notes), holes } };
  } catch (error) {
    await stopLevelStore(store, false);
    throw error;
  }
}

function valuesOf({ snapshot, updates }: LoadedDocument): readonly number[] {
  return [...new Set([...(snapshot ?? []), ...updates.map((update) => update[0] as number)])].sort((left, right) => left - right);
}

const ALL = Array.from({ length: 15 }, (_, index) => index + 1);

async function filesBelow(directory: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /^(LOG|LOG\.old|LOCK)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    found.set(path.slice(directory.length + 1), (await readFile(path)).toString('latin1'));
  }
  return found;
}

type Harm = (level: string) => Promise<void>;

async function named(level: string, pattern: RegExp): Promise<readonly string[]> {
  return (await readdir(level))
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(level, name));
}

function flip(pattern: RegExp, which: number, at = 20): Harm {
  return async (level) => {
    const path = (await named(level, pattern)).at(which) ?? '';
    const content = await readFile(path);
    content[at] = (content[at] ?? 0) ^ 4;
    await writeFile(path, content);
  };
}

function remove(pattern: RegExp, which: number): Harm {
  return async (level) => rm((await named(level, pattern)).at(which) ?? '');
}

const TABLE = /\.ldb$/;
const MANIFEST = /^MANIFEST/;
const cutManifest: Harm = async (level) => {
  const path = (await named(level, MANIFEST))[0] ?? '';
  await truncate(path, Math.floor((await stat(path)).size / 2));
};

/** What of `notes` is there no more; of `main` as much may be missing, but for what a snapshot still holds. */
const HARMS: Readonly<Record<string, { readonly harm: Harm; readonly lost: readonly number[] }>> = {
  'its first table flipped': { harm: flip(TABLE, 0), lost: [1, 2, 3, 4, 5] },
  'its second table flipped': { harm: flip(TABLE, 1), lost: [6, 7, 8, 9, 10] },
  'its first table removed': { harm: remove(TABLE, 0), lost: [1, 2, 3, 4, 5] },
  'its second table cut': { harm: async (level) => truncate((await named(level, TABLE))[1] ?? '', 100), lost: [6, 7, 8, 9, 10] },
  'both tables flipped': {
    harm: async (level) => {
      await flip(TABLE, 0)(level);
      await flip(TABLE, 1)(level);
    },
    lost: ALL.slice(0, 10),
  },
  'its MANIFEST flipped': { harm: flip(MANIFEST, 0), lost: [] },
  'its MANIFEST cut': { harm: cutManifest, lost: [] },
  'its MANIFEST removed': { harm: remove(MANIFEST, 0), lost: [] },
  'its CURRENT flipped': { harm: flip(/^CURRENT$/, 0, 12), lost: [] },
  'its CURRENT emptied': { harm: (level) => writeFile(join(level, 'CURRENT'), ''), lost: [] },
  'its CURRENT removed': { harm: remove(/^CURRENT$/, 0), lost: [] },
};

for (const isClean of [true, false]) {
  describe(isClean ? 'a store that was closed in order, with' : 'a store whose writer was killed, with', () => {
    let model = '';
    beforeAll(async () => {
      model = await makeTemporaryDirectory();
      await makeStore(model, isClean);
      return () => rm(model, { recursive: true, force: true });
    });

    test('nothing harmed has two tables and a log, and is not mended', async () => {
      const directory = await temporaryDirectory();
      await cp(model, directory, { recursive: true });
      expect(await named(join(directory, 'level'), TABLE)).toHaveLength(2);
      const { store, found } = await open(directory);
      expect(found).toMatchObject({ main: ALL, notes: ALL, holes: [] });
      expect(found.opened).toMatchObject({ damage: [], term: TERM });
      await stopLevelStore(store);
      expect(await readdir(directory)).not.toContain('quarantine');
    });

    for (const [what, { harm, lost }] of Object.entries(HARMS)) {
      test(`${what} opens with what verifies, tells all, keeps all, and is sound from then on`, async () => {
        const directory = await temporaryDirectory();
        await cp(model, directory, { recursive: true });
        await harm(join(directory, 'level'));
        const harmed = await filesBelow(join(directory, 'level'));
        const before = await readStoreNote(directory);

        const looked = await openStoredGroup(directory);
        const seen = valuesOf(await looked.load('notes'));
        expect(looked.opened.damage.length).toBeGreaterThan(0);
        await looked.close();
        expect(await filesBelow(join(directory, 'level'))).toEqual(harmed);

        const { store, found } = await open(directory);
        const rest = ALL.filter((value) => !lost.includes(value));
        expect(found.notes).toEqual(rest);
        expect(seen).toEqual(rest);
        // The snapshot through 6 lies in the second table, with a copy of its entry; the one through 3 in the first.
        expect(rest.filter((value) => !found.main.includes(value))).toEqual([]);
        expect(found.opened.term).toBeGreaterThanOrEqual(TERM);
        expect(found.opened.storeId).toBe(before?.storeId);
        const kept = join(directory, 'quarantine', 'store.1');
        const told = found.opened.damage.filter(({ keptAs }) => keptAs === kept);
        expect(told.map(({ document }) => document)).toEqual(expect.arrayContaining([undefined, 'main', 'notes']));
        expect(await filesBelow(join(kept, 'level'))).toEqual(harmed);
        expect(await readStoreNote(kept)).toEqual(before);
        if (lost.length > 0) expect(found.holes).toContain(`the records ${lost[0]} to ${lost.at(-1)} are missing`);

        // Numbers go on, and what was missing is healed by a snapshot of who has it.
        await store.append(found.opened.term + 1, [record('notes', 16), record('main', 16)]);
        for (const name of ['main', 'notes']) {
          const through = store.lastRecord(name);
          expect(through).toBeGreaterThanOrEqual(16);
          await store.replace(found.opened.term + 1, { document: name, state: stateOf(16), stateVector: bytes(16), through });
        }
        await stopLevelStore(store);

        const again = await open(directory);
        expect(again.found.opened).toMatchObject({ damage: [], wasClean: true });
        expect(again.found).toMatchObject({ main: [...ALL, 16], notes: [...ALL, 16], holes: [] });
        await stopLevelStore(again.store);
        expect(await readdir(join(directory, 'quarantine'))).toEqual(['store.1']);
        expect(await readdir(directory)).not.toContain('mending');
      });
    }
  });
}

/** Everything in it is in tables that do not verify. */
async function makeHopeless(): Promise<string> {
  const directory = await temporaryDirectory();
  await makeStore(directory, true);
  const level = join(directory, 'level');
  await flip(TABLE, 0)(level);
  await flip(TABLE, 1)(level);
  await remove(/\.log$/, 0)(level);
  return directory;
}

describe('a store of which nothing verifies', () => {
  test('is refused, and left as it was', async () => {
    const directory = await makeHopeless();
    const before = await filesBelow(directory);
    for (let round = 1; round <= 2; round++) {
      await expect(open(directory)).rejects.toMatchObject({
        code: 'SOCOMM_STORE_DAMAGED',
        message: expect.stringContaining('.ldb') as string,
      });
      expect(await filesBelow(directory)).toEqual(before);
    }
    await expect(openStoredGroup(directory)).rejects.toMatchObject({ code: 'SOCOMM_STORE_DAMAGED' });
  });

  test('because nothing was ever written into it, and whose note of its files is wrong, opens', async () => {
    const directory = await temporaryDirectory();
    await stopLevelStore(await startLevelStore(directory));
    await stopLevelStore(await startLevelStore(directory));
    const path = join(directory, 'owner.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/("CURRENT": \{\s*"bytes": )\d+/, '$15'));
    const { store, found } = await open(directory);
    expect(found).toMatchObject({
      main: [],
      notes: [],
      opened: { damage: [{ document: undefined }, { what: expect.stringContaining('CURRENT has 16 bytes') as string }] },
    });
    await stopLevelStore(store);
  });

  test('begins anew, told, for who has the whole state from a live peer', async () => {
    const directory = await makeHopeless();
    const note = await readStoreNote(directory);
    const { store, found } = await open(directory, true);
    expect(found).toMatchObject({ main: [], notes: [] });
    expect(found.opened).toMatchObject({ storeId: note?.storeId });
    expect(found.opened.term).toBeGreaterThan(TERM);
    expect(found.opened.damage[0]).toMatchObject({
      what: expect.stringContaining('nothing of it verifies') as string,
      keptAs: join(directory, 'quarantine', 'store.1'),
    });
    await store.append(found.opened.term + 1, [{ ...record('main', 1), isTakeover: true }]);
    await stopLevelStore(store);
    const again = await open(directory);
    expect(again.found).toMatchObject({ main: [1], opened: { damage: [] } });
    await stopLevelStore(again.store);
  });

  test('whose folder is gone is refused, but to who has the whole state', async () => {
    const directory = await temporaryDirectory();
    await makeStore(directory, true);
    await rm(join(directory, 'level'), { recursive: true });
    await expect(open(directory)).rejects.toMatchObject({ code: 'SOCOMM_STORE_DAMAGED' });
    expect(await readdir(directory)).not.toContain('level');
    const { store, found } = await open(directory, true);
    expect(found.opened.damage.map(({ what }) => what)).toContain('there is no database');
    await stopLevelStore(store);
  });
});

/** As an opening does it, with the lock held, which a kill frees. */
async function mend(directory: string, step: (name: string) => void): Promise<void> {
  const store = new LevelStore(await levelStoreOptions(directory));
  expect(store.lock.tryAcquire()).toBe(true);
  try {
    const note = await readStoreNote(directory);
    if (note === undefined) throw new Error('no store');
    const failure = new SocommError('SOCOMM_STORE_DAMAGED', 'harmed');
    await mendStore({
      directory,
      note,
      owner: await readOwnerNote(directory),
      failure,
      isReplicaWhole: false,
      checkOwned: () => undefined,
      step,
    });
  } finally {
    store.lock.release();
  }
}

describe('mending', () => {
  const STEPS = ['clear', 'build', 'decide', 'keep', 'move away owner.json', 'move away level', 'move in level', 'clean up'];

  async function makeHarmed(): Promise<string> {
    const directory = await temporaryDirectory();
    await makeStore(directory, false);
    await flip(TABLE, 0)(join(directory, 'level'));
    return directory;
  }

  test('has the steps that are killed here', async () => {
    const steps: string[] = [];
    await mend(await makeHarmed(), (name) => steps.push(name));
    expect(steps).toEqual(STEPS);
  });

  for (const killed of STEPS) {
    test(`that was killed at "${killed}" is shown to who looks, and brought to its end by the next opening, which tells all`, async () => {
      const directory = await makeHarmed();
      const harmed = await filesBelow(join(directory, 'level'));
      await expect(
        mend(directory, (name) => {
          if (name === killed) throw new Error('killed');
        }),
      ).rejects.toThrow('killed');
      const isBetween = killed === 'move in level';
      const looked = await openStoredGroup(directory);
      expect(valuesOf(await looked.load('notes'))).toEqual(ALL.slice(5));
      await looked.close();
      const { store, found } = await open(directory);
      expect(found.notes).toEqual(ALL.slice(5));
      const kept = join(directory, 'quarantine', 'store.1');
      expect(found.opened.damage.filter(({ keptAs }) => keptAs === kept).map(({ what }) => what)).toContainEqual(
        expect.stringContaining('does not verify'),
      );
      expect(await filesBelow(join(kept, 'level'))).toEqual(harmed);
      expect(await readdir(kept)).toEqual(expect.arrayContaining(['account.json', 'level', 'owner.json', 'store.json']));
      expect(isBetween || (await readdir(join(directory, 'quarantine'))).length === 1).toBe(true);
      await stopLevelStore(store);
      const again = await open(directory);
      expect(again.found.opened.damage).toEqual([]);
      await stopLevelStore(again.store);
      expect((await readdir(directory)).filter((name) => name.startsWith('mending'))).toEqual([]);
    });

    test(`that was killed at "${killed}" leaves nothing out of a repair by hand`, async () => {
      const directory = await makeHarmed();
      await mend(directory, (name) => {
        if (name === killed) throw new Error('killed');
      }).catch((error: unknown) => expect(String(error)).toContain('killed'));
      const { documents } = await salvageStore(directory);
      expect(valuesOf(documents.get('notes') as LoadedDocument)).toEqual(ALL.slice(5));
    });
  }

  test('that finds no room leaves the store as it was, says so, and is tried again', async () => {
    const directory = await makeHarmed();
    const before = await filesBelow(directory);
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    await expect(
      mend(directory, (name) => {
        if (name === 'decide') throw full;
      }),
    ).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED', cause: full });
    expect(await filesBelow(directory)).toEqual(before);
  });

  test('where the same damage is put back keeps both', async () => {
    const directory = await makeHarmed();
    for (const kept of [['store.1'], ['store.1', 'store.2']]) {
      const { store } = await open(directory);
      await stopLevelStore(store, false);
      expect((await readdir(join(directory, 'quarantine'))).sort()).toEqual(kept);
      await rm(join(directory, 'level'), { recursive: true });
      await cp(join(directory, 'quarantine', 'store.1', 'level'), join(directory, 'level'), { recursive: true });
    }
  });
});
