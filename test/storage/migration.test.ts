/** A store of format 1, as version 0.1 wrote it: migrated by its owner after a copy was made, whatever kills it on the way. */

import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import * as encoding from 'lib0/encoding';
import { beforeEach, expect, test, vi } from 'vitest';

import { encodeMeta } from '../../storage/entries.js';
import { documentKey, entryCopyKey, logKey } from '../../storage/keys.js';
import { openDatabase } from '../../storage/level-open.js';
import type { Operation } from '../../storage/level-open.js';
import { LevelStore } from '../../storage/level-store.js';
import { encodeRecord } from '../../storage/records.js';
import { seal } from '../../storage/sealed.js';
import { openStoredGroup } from '../../storage/stored-group.js';
import type { LoadedDocument, OpenedStore } from '../../storage/store.js';
import { bytes, record } from '../contract/store.js';
import { GROUP, levelStoreOptions, startLevelStore, stopLevelStore, temporaryDirectory } from './temporary.js';

/** Steps of the file system and of LevelDB, counted while `armed`; from `killAt` on every one of them fails, as for a process that is no more. */
const steps = vi.hoisted(() => ({ armed: false, count: 0, killAt: Infinity, code: 'KILLED', names: [] as string[] }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const counted = Object.entries(real)
    .filter(([name]) => ['copyFile', 'mkdir', 'open', 'rename', 'rm', 'readdir', 'readFile'].includes(name))
    .map(([name, call]) => [
      name,
      (...args: readonly unknown[]) => {
        step(name);
        return (call as (...all: readonly unknown[]) => unknown)(...args);
      },
    ]);
  return { ...real, ...(Object.fromEntries(counted) as Partial<typeof real>) };
});

function step(name: string): void {
  if (!steps.armed) return;
  steps.names.push(name);
  if (++steps.count >= steps.killAt) throw Object.assign(new Error(`step ${steps.count}, ${name}`), { code: steps.code });
}

beforeEach(() => disarm());

function arm(killAt: number, code = 'KILLED'): void {
  Object.assign(steps, { armed: true, count: 0, killAt, code, names: [] });
}

function disarm(): void {
  Object.assign(steps, { armed: false, count: 0, killAt: Infinity });
}

const STORE_ID = 'ab'.repeat(16);
const STATE = new Uint8Array(3_000).fill(3);

/** `main`: a snapshot through record 2, then record 3. `notes`: a record. Batch 5, closed in order under term 4. */
async function makeFormat1(): Promise<string> {
  const directory = await temporaryDirectory();
  const chain = (document: string, number: number, offset: number, previous: number | undefined) =>
    encodeRecord(document, { number, term: 4, batch: 5, offset, previous, isTakeover: false, origins: new Map(), update: bytes(number) });
  const entry = seal('document', 'main', (encoder) => {
    encoding.writeUint8(encoder, 1 | 2);
    for (const number of [3, 2, 50]) encoding.writeVarUint(encoder, number);
    encoding.writeUint32(encoder, 77);
    for (const number of [1, STATE.length]) encoding.writeVarUint(encoder, number);
    encoding.writeUint32(encoder, crc32(STATE));
    encoding.writeVarUint8Array(encoder, bytes(9));
  });
  const chunk = seal('chunk', 'main', (encoder) => {
    for (const number of [3, 0]) encoding.writeVarUint(encoder, number);
    encoding.writeVarUint8Array(encoder, STATE);
  });
  const noSnapshot = seal('document', 'notes', (encoder) => encoding.writeUint8(encoder, 0));
  const values = {
    meta: encodeMeta({ format: 1, storeId: STORE_ID, term: 4, batch: 5, records: 4 }),
    [documentKey('main')]: entry.bytes,
    [documentKey('notes')]: noSnapshot.bytes,
    'snapshot/main/0000000000000003/00000000': chunk.bytes,
    [logKey('main', 3)]: chain('main', 3, 50, 77).bytes,
    [logKey('notes', 1)]: chain('notes', 1, 0, undefined).bytes,
  };
  const database = await openDatabase(join(directory, 'level'), 'absent');
  const operations = Object.entries(values).map(([key, value]): Operation => ({ type: 'put', key, value }));
  await database.batch(operations, { sync: true });
  await database.close();
  await writeNote(directory, 1);
  await writeFile(join(directory, 'owner.json'), JSON.stringify({ term: 4, storeId: STORE_ID, cleanBatch: 5 }));
  await writeFile(join(directory, 'owner.lock'), '');
  return directory;
}

function writeNote(directory: string, format: number): Promise<void> {
  return writeFile(join(directory, 'store.json'), JSON.stringify({ format, storeId: STORE_ID, group: GROUP, packageVersion: '0.1.0' }));
}

async function formatIn(directory: string): Promise<unknown> {
  return (JSON.parse(await readFile(join(directory, 'store.json'), 'utf8')) as { format: unknown }).format;
}

interface Content {
  readonly opened: Omit<OpenedStore, 'wasClean'>;
  readonly main: LoadedDocument;
  readonly notes: LoadedDocument;
}

const CONTENT: Content = {
  opened: { storeId: STORE_ID, term: 4, documents: expect.anything() as never, damage: [] },
  main: { snapshot: STATE, updates: [bytes(3)], damage: [] },
  notes: { snapshot: undefined, updates: [bytes(1)], damage: [] },
};

/** Opens for writing, reads everything, closes in order. */
async function openForWriting(directory: string): Promise<Content> {
  const store = new LevelStore(await levelStoreOptions(directory));
  expect(store.lock.tryAcquire()).toBe(true);
  try {
    const { wasClean: _, ...opened } = await store.open();
    return { opened, main: await store.load('main'), notes: await store.load('notes') };
  } finally {
    await stopLevelStore(store);
  }
}

/** Opens without writing. */
async function look(directory: string): Promise<Content> {
  const group = await openStoredGroup(directory);
  try {
    const { wasClean: _, ...opened } = group.opened;
    return { opened, main: await group.load('main'), notes: await group.load('notes') };
  } finally {
    await group.close();
  }
}

test('its content is the same, store.json says the new format, and the copy is there and can be opened', async () => {
  const directory = await makeFormat1();
  expect(await openForWriting(directory)).toEqual(CONTENT);
  expect(await formatIn(directory)).toBe(2);
  expect(await readdir(join(directory, 'backups'))).toEqual(['format-1-5']);
  const backup = join(directory, 'backups', 'format-1-5');
  expect((await readdir(backup)).sort()).toEqual(['level', 'owner.json', 'store.json']);
  expect(await readdir(join(backup, 'level'))).not.toContain('LOCK');
  expect(await formatIn(backup)).toBe(1);
  expect(await look(backup)).toEqual(CONTENT);
  // Once is enough, and what format 1 did not have is there.
  expect(await openForWriting(directory)).toEqual(CONTENT);
  expect(await readdir(join(directory, 'backups'))).toEqual(['format-1-5']);
  const database = await openDatabase(join(directory, 'level'), 'present');
  expect(await database.get(entryCopyKey('main', 3))).toEqual(await database.get(documentKey('main')));
  await database.close();
});

test('looking at it migrates nothing', async () => {
  const directory = await makeFormat1();
  expect(await look(directory)).toEqual(CONTENT);
  expect(await formatIn(directory)).toBe(1);
  expect((await readdir(directory)).sort()).toEqual(['level', 'owner.json', 'owner.lock', 'store.json']);
});

test('it goes on in the new format: a snapshot keeps the one of format 1 as the older generation', async () => {
  const directory = await makeFormat1();
  const store = await startLevelStore(directory);
  await store.append(5, [record('main', 4)]);
  await store.replace(5, { document: 'main', state: new Uint8Array(100).fill(9), stateVector: bytes(1), through: 4 });
  expect(store.documents()[0]?.olderBytes).toBeGreaterThan(STATE.length);
  await stopLevelStore(store);
  const database = await openDatabase(join(directory, 'level'), 'present');
  await database.batch([{ type: 'del', key: 'snapshot/main/0000000000000008/00000000' }], { sync: true });
  await database.close();
  const { main } = await openForWriting(directory);
  expect({ snapshot: main.snapshot, updates: main.updates }).toEqual({ snapshot: STATE, updates: [bytes(3), bytes(4)] });
});

test('an older level under a newer store.json, and a newer one under an older, are brought to one format', async () => {
  const older = await makeFormat1();
  await writeNote(older, 2);
  expect(await openForWriting(older)).toEqual(CONTENT);
  expect(await readdir(join(older, 'backups'))).toEqual(['format-1-5']);
  const newer = await makeFormat1();
  await openForWriting(newer);
  await writeNote(newer, 1);
  expect(await openForWriting(newer)).toEqual(CONTENT);
  expect(await formatIn(newer)).toBe(2);
  expect(await readdir(join(newer, 'backups'))).toEqual(['format-1-5']);
});

/** Opens with a fault at the step; LevelDB's batch is a step before and after it. */
async function openWithFault(directory: string, killAt: number, code?: string): Promise<unknown> {
  const store = new LevelStore({
    ...(await levelStoreOptions(directory)),
    open: async (location, presence) => {
      step('open LevelDB');
      const database = await openDatabase(location, presence);
      const batch = database.batch.bind(database);
      database.batch = async (operations, how) => {
        step('before the batch');
        await batch(operations, how);
        step('after the batch');
      };
      return database;
    },
  });
  expect(store.lock.tryAcquire()).toBe(true);
  arm(killAt, code);
  const failure = await store.open().then(
    () => undefined,
    (error: unknown) => error,
  );
  disarm();
  await store.close({ clean: false });
  store.lock.release();
  return failure;
}

test('killed at any step it opens, is migrated, and has a whole copy', async () => {
  const model = await makeFormat1();
  const copy = join(await temporaryDirectory(), 'copy');
  let killAt = 0;
  for (let failure: unknown = 'none yet'; failure !== undefined;) {
    await rm(copy, { recursive: true, force: true });
    await cp(model, copy, { recursive: true });
    failure = await openWithFault(copy, ++killAt);
    const backups = await readdir(join(copy, 'backups')).catch((): string[] => []);
    const isNamed = backups.includes('format-1-5');
    // Complete or absent.
    if (isNamed) expect(await look(join(copy, 'backups', 'format-1-5')), `killed at ${killAt}`).toEqual(CONTENT);
    if ((await formatIn(copy)) === 2) expect(isNamed).toBe(true);
    expect(await look(copy), `killed at ${killAt}`).toEqual(CONTENT);
    expect(await openForWriting(copy), `killed at ${killAt}`).toEqual(CONTENT);
    expect(await formatIn(copy)).toBe(2);
    expect(await readdir(join(copy, 'backups')), `killed at ${killAt}`).toEqual(['format-1-5']);
  }
  expect(killAt).toBeGreaterThan(20);
  console.log(`migration: killed at each of ${killAt - 1} steps`);
});

test('a copy that cannot be made refuses the opening and leaves the store as it was', async () => {
  const directory = await makeFormat1();
  await readdir(join(directory, 'level'));
  const before = await contentOf(directory);
  for (const at of ['mkdir', 'copyFile'] as const) {
    arm(Infinity);
    const dry = join(await temporaryDirectory(), 'dry');
    disarm();
    await cp(directory, dry, { recursive: true });
    await openWithFault(dry, Infinity);
    const killAt = steps.names.indexOf(at) + 1;
    const failure = await openWithFault(directory, killAt, 'ENOSPC');
    expect(failure).toMatchObject({ code: 'SOCOMM_STORE_FAILED', message: expect.stringContaining('ENOSPC') as string });
    await rm(join(directory, 'backups'), { recursive: true, force: true });
    expect(await contentOf(directory)).toEqual(before);
  }
  expect(await openForWriting(directory)).toEqual(CONTENT);
});

test('a file where the folder of backups belongs refuses the opening and leaves the store as it was', async () => {
  const directory = await makeFormat1();
  await writeFile(join(directory, 'backups'), 'no folder');
  const before = await contentOf(directory);
  const store = new LevelStore(await levelStoreOptions(directory));
  store.lock.tryAcquire();
  await expect(store.open()).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
  expect(await contentOf(directory)).toEqual(before);
  await rm(join(directory, 'backups'));
  await mkdir(join(directory, 'backups'));
  expect(await store.open()).toMatchObject({ damage: [] });
  await stopLevelStore(store);
});

async function contentOf(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[path] = (await readFile(path)).toString('base64');
  }
  return files;
}
