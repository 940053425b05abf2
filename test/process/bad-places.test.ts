/** Directories, files and packages that are not as they should be: a code and advice, and nothing is left behind or deleted. */

import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { CJS, ESM, GROUP, Place, ROOT } from './members.js';
import type { Member } from './members.js';
import { until } from './until.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

interface Refusal {
  readonly code: string;
  /** What the message names, beside the code: the place, and what to do. */
  readonly names: readonly string[];
}

async function refuses(member: Member, build: string, options: object, { code, names }: Refusal): Promise<void> {
  const failed = await member
    .request('failToJoin', { build, group: GROUP, options })
    .catch((error: unknown) => error as Error & { code?: string });
  expect(failed).toBeInstanceOf(Error);
  const error = failed as Error & { code?: string };
  expect({ name: error.name, code: error.code, message: error.message }).toMatchObject({ name: 'SocommError', code });
  for (const name of names) expect(error.message).toContain(name);
}

/** A store with one preset in it, closed in order. */
async function madeStore(place: Place): Promise<void> {
  const remote = await place.fork().join('maker', ESM);
  await remote.set('warm-pad', 1);
  await remote.close();
  await place.killAll();
}

interface Case {
  readonly what: string;
  readonly refusal: Refusal;
  readonly prepare: (place: Place) => object;
  /** Where a store must be there before. */
  readonly isStored?: boolean;
}

const CASES: readonly Case[] = [
  {
    what: 'a store directory that is a file',
    refusal: { code: 'SOCOMM_DIRECTORY_INVALID', names: ['is not a directory', 'SOCOMM_DIRECTORY'] },
    prepare: (place) => {
      writeFileSync(place.store, 'a file');
      return {};
    },
  },
  {
    what: 'a store directory below a file',
    refusal: { code: 'SOCOMM_DIRECTORY_INVALID', names: ['file/store', 'SOCOMM_DIRECTORY'] },
    prepare: (place) => {
      writeFileSync(join(place.folder, 'file'), '');
      return { directory: join(place.folder, 'file/store') };
    },
  },
  {
    what: 'a store directory where none can be made',
    refusal: { code: 'SOCOMM_DIRECTORY_INVALID', names: ['/proc/socomm', 'cannot be made'] },
    prepare: () => ({ directory: '/proc/socomm' }),
  },
  {
    what: 'a store of a newer format',
    isStored: true,
    refusal: { code: 'SOCOMM_STORE_NEWER', names: ['store.json', 'Update'] },
    prepare: (place) => changeStoreNote(place, (note) => ({ ...note, format: 1000 })),
  },
  {
    what: "another group's store",
    isStored: true,
    refusal: { code: 'SOCOMM_STORE_MISMATCH', names: ['com.other.synth', GROUP] },
    prepare: (place) => changeStoreNote(place, (note) => ({ ...note, group: 'com.other.synth' })),
  },
  {
    what: 'a store.json that is no JSON',
    isStored: true,
    refusal: { code: 'SOCOMM_STORE_DAMAGED', names: ['store.json', 'Restore'] },
    prepare: (place) => {
      writeFileSync(join(place.store, 'store.json'), '{ "format": 1, ');
      return {};
    },
  },
  {
    what: 'a store.json of another store id',
    isStored: true,
    refusal: { code: 'SOCOMM_STORE_MISMATCH', names: ['store.json', 'level/'] },
    prepare: (place) => changeStoreNote(place, (note) => ({ ...note, storeId: '0'.repeat(32) })),
  },
  {
    // With store.json the store would mend itself: test/process/mending.test.ts.
    what: 'a database without its CURRENT, in a store that has lost its store.json too',
    isStored: true,
    refusal: { code: 'SOCOMM_STORE_DAMAGED', names: ['CURRENT', 'Nothing was changed'] },
    prepare: (place) => {
      rmSync(join(place.store, 'level/CURRENT'));
      rmSync(join(place.store, 'store.json'));
      return {};
    },
  },
  {
    what: 'a database that is gone',
    isStored: true,
    refusal: { code: 'SOCOMM_STORE_DAMAGED', names: ['level', 'Restore'] },
    prepare: (place) => {
      rmSync(join(place.store, 'level'), { recursive: true });
      return {};
    },
  },
  {
    what: "a folder in the place of the database's CURRENT",
    isStored: true,
    refusal: { code: 'SOCOMM_STORE_FAILED', names: ['opening the store'] },
    prepare: (place) => {
      rmSync(join(place.store, 'level/CURRENT'));
      mkdirSync(join(place.store, 'level/CURRENT'));
      return {};
    },
  },
  {
    what: 'a file in the place of the database',
    refusal: { code: 'SOCOMM_STORE_FAILED', names: ['permissions'] },
    prepare: (place) => {
      mkdirSync(place.store);
      writeFileSync(join(place.store, 'level'), '');
      return {};
    },
  },
  {
    what: 'a folder in the place of the lock',
    refusal: { code: 'SOCOMM_LOCK_UNAVAILABLE', names: ['owner.lock'] },
    prepare: (place) => {
      mkdirSync(join(place.store, 'owner.lock'), { recursive: true });
      return {};
    },
  },
  {
    what: 'a runtime directory that is open to others',
    refusal: { code: 'SOCOMM_RUNTIME_DIRECTORY_UNSAFE', names: ['0755', 'chmod 700'] },
    prepare: (place) => {
      mkdirSync(place.sockets);
      chmodSync(place.sockets, 0o755);
      return {};
    },
  },
  {
    what: 'a runtime directory where none can be made',
    refusal: { code: 'SOCOMM_DIRECTORY_INVALID', names: ['/proc/socomm', 'cannot be made'] },
    prepare: () => ({ runtimeDirectory: '/proc/socomm' }),
  },
  {
    what: 'a runtime directory that is a symbolic link',
    refusal: { code: 'SOCOMM_RUNTIME_DIRECTORY_UNSAFE', names: ['symbolic link'] },
    prepare: (place) => {
      mkdirSync(join(place.folder, 'elsewhere'), { mode: 0o700 });
      symlinkSync(join(place.folder, 'elsewhere'), place.sockets);
      return {};
    },
  },
  {
    what: 'a runtime directory that is a file',
    refusal: { code: 'SOCOMM_RUNTIME_DIRECTORY_UNSAFE', names: ['is not a directory'] },
    prepare: (place) => {
      writeFileSync(place.sockets, '', { mode: 0o600 });
      return {};
    },
  },
  {
    what: 'a runtime directory whose path leaves no room for a socket',
    refusal: { code: 'SOCOMM_DIRECTORY_INVALID', names: ['too long', 'at most'] },
    prepare: (place) => ({ runtimeDirectory: join(place.folder, 'x'.repeat(100)) }),
  },
];

function changeStoreNote(place: Place, change: (note: object) => object): object {
  const path = join(place.store, 'store.json');
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as object)));
  return {};
}

for (const { what, refusal, prepare, isStored = false } of CASES) {
  test(`${what} is refused with ${refusal.code}, and nothing is left behind`, async () => {
    const place = new Place();
    if (isStored) await madeStore(place);
    const options = { directory: place.store, runtimeDirectory: place.sockets, ...prepare(place) };
    const before = tablesIn(place);
    const member = place.fork();
    await refuses(member, ESM, options, refusal);
    if (!['SOCOMM_DIRECTORY_INVALID', 'SOCOMM_RUNTIME_DIRECTORY_UNSAFE'].includes(refusal.code)) expect(place.remains).toEqual([]);
    // LevelDB may have been opened, and rewrites its log then; it must not have begun anew.
    if (refusal.code === 'SOCOMM_STORE_MISMATCH') expect(tablesIn(place).length).toBeGreaterThanOrEqual(before.length);
    else expect(tablesIn(place)).toEqual(before);
    await member.request('leaveChannel');
    expect(await member.ended).toEqual({ code: 0, signal: null });
  });
}

/** The files of LevelDB that hold data. */
function tablesIn(place: Place): string[] {
  try {
    return readdirSync(join(place.store, 'level')).filter((name) => /\.(log|ldb|sst)$/.test(name));
  } catch {
    return [];
  }
}

test.skipIf(!isRoot)('a runtime directory or a store of another user is refused (needs root to make one)', async () => {
  const place = new Place();
  const options = { directory: place.store, runtimeDirectory: place.sockets };
  mkdirSync(place.sockets, { mode: 0o700 });
  chownSync(place.sockets, NOBODY, NOBODY);
  await refuses(place.fork(), ESM, options, { code: 'SOCOMM_RUNTIME_DIRECTORY_UNSAFE', names: [String(NOBODY)] });
  chownSync(place.sockets, 0, 0);
  // The refusal before came first, and left nothing behind.
  expect(existsSync(place.store)).toBe(false);
  mkdirSync(place.store);
  chownSync(place.store, NOBODY, NOBODY);
  await refuses(place.fork(), CJS, options, { code: 'SOCOMM_STORE_FOREIGN', names: [String(NOBODY)] });
});

test.skipIf(!isRoot)('a store that may be read and not written is refused (needs root to become somebody whom modes concern)', async () => {
  const place = new Place();
  chmodSync(place.folder, 0o755);
  for (const [folder, mode] of [
    [place.store, 0o555],
    [place.sockets, 0o700],
  ] as const) {
    mkdirSync(folder);
    chmodSync(folder, mode);
    chownSync(folder, NOBODY, NOBODY);
  }
  const options = { directory: place.store, runtimeDirectory: place.sockets };
  await refuses(place.fork({ uid: NOBODY }), ESM, options, { code: 'SOCOMM_DIRECTORY_INVALID', names: ['is not writable'] });
});

/** A copy of the package, and of all that it needs, but for the binaries of one package. */
function copyWithout(packageName: string, build: 'esm' | 'cjs', place: Place): string {
  const copy = join(place.folder, 'copy');
  mkdirSync(join(copy, 'node_modules'), { recursive: true });
  cpSync(join(ROOT, 'dist', build), join(copy, 'dist', build), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    const [from, to] = [join(ROOT, 'node_modules', name), join(copy, 'node_modules', name)];
    // What needs the package is to find this copy of it, so it is copied too.
    if (name === packageName || name === 'level')
      cpSync(from, to, { recursive: true, filter: (path) => !/\/(prebuilds|build)(\/|$)/.test(path) });
    else symlinkSync(from, to);
  }
  return join(copy, `dist/${build}/src/index.js`);
}

for (const [packageName, build] of [
  ['zeromq', 'esm'],
  ['fs-native-extensions', 'cjs'],
  ['fs-native-extensions', 'esm'],
  ['classic-level', 'esm'],
] as const) {
  test(`without the binary of ${packageName} join says which package and platform (${build})`, async () => {
    const place = new Place();
    const options = { directory: place.store, runtimeDirectory: place.sockets };
    await refuses(place.fork(), copyWithout(packageName, build, place), options, {
      code: 'SOCOMM_NATIVE_MISSING',
      names: [packageName, `${process.platform}-${process.arch}`, 'external'],
    });
    expect(place.remains).toEqual([]);
  });
}

test('without the binary of LevelDB one joins a group in which somebody writes, and says why nobody does when the writer has gone', async () => {
  const place = new Place();
  const writer = await place.fork().join('writer', ESM);
  await writer.set('warm-pad', 1);
  const follower = await place.fork().join('follower', copyWithout('classic-level', 'esm', place));
  expect(await follower.get('warm-pad')).toBe(1);
  await follower.set('bright-lead', 2);
  await follower.flush();
  await writer.close();
  const { detail } = await follower.hears('warning', ({ code }) => code === 'writing-failed');
  expect(detail['message']).toContain('SOCOMM_NATIVE_MISSING');
  expect(await follower.get('bright-lead')).toBe(2);
});

test('a writer whose sockets cannot be reached from here is named with both paths, and no empty document is given out', async () => {
  const place = new Place();
  const writer = await place.fork().join('writer', ESM);
  await writer.set('warm-pad', 1);
  // As from another sandbox: the same store, and no way to the other's sockets.
  const names = readdirSync(place.sockets);
  expect(names).toHaveLength(4);
  for (const name of names) rmSync(join(place.sockets, name));
  const options = { directory: place.store, runtimeDirectory: join(place.folder, 'r2') };
  // Messages need not be reachable to agree.
  const both = names.filter((name) => name.endsWith('.p') || name.endsWith('.r'));
  await refuses(place.fork(), CJS, options, { code: 'SOCOMM_WRITER_UNREACHABLE', names: [...both, 'SOCOMM_RUNTIME_DIRECTORY'] });
});

test('two runtime directories on one store meet all the same, where the sockets can be reached', async () => {
  const place = new Place();
  const a = await place.fork().join('a', ESM);
  await a.set('warm-pad', 1);
  const b = await place.fork().join('b', CJS, { options: { runtimeDirectory: join(place.folder, 'r2') } });
  expect(await b.get('warm-pad')).toBe(1);
  await b.set('warm-pad', 2);
  await until('the change has come', async () => (await a.get('warm-pad')) === 2);
});
