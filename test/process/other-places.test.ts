/**
 * The places of a group are disturbed while it lives: sockets elsewhere or out of reach, files read, deleted and replaced under a
 * live writer. No damage, no empty document, no flush that resolves for nothing; it is told, and goes on when all is back.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { canAskKernel, locksOn } from './kernel.js';
import { CJS, ESM, Place, agreedWriter, equalDigests } from './members.js';
import type { PlainOptions, Remote } from './members.js';
import { until } from './until.js';

const canUnshare = spawnSync('unshare', ['--mount', 'true']).status === 0;
if (!canUnshare) console.log('no mount namespace of its own for a process here: that way of being out of reach is not tried');

/** So that the environment decides. */
const byEnvironment = { runtimeDirectory: undefined } as unknown as PlainOptions;

function runtimeFolder(place: Place, name: string): Readonly<Record<string, string>> {
  const folder = join(place.folder, name);
  mkdirSync(folder, { mode: 0o700 });
  return { XDG_RUNTIME_DIR: folder, SOCOMM_RUNTIME_DIRECTORY: '' };
}

test('processes with different XDG_RUNTIME_DIR meet through the roster in the store', async () => {
  const place = new Place();
  const [one, other] = [runtimeFolder(place, 'x1'), runtimeFolder(place, 'x2')];
  const a = await place.fork({ env: one }).join('a', ESM, { options: byEnvironment });
  await a.set('warm-pad', 1);
  const b = await place.fork({ env: other }).join('b', CJS, { options: byEnvironment });
  expect(await b.get('warm-pad')).toBe(1);
  await b.set('warm-pad', 2);
  await b.flush();
  await until('the change has come', async () => (await a.get('warm-pad')) === 2);
  for (const name of ['x1', 'x2']) expect(readdirSync(join(place.folder, name, 'socomm')).length).toBeGreaterThan(1);
  expect((await agreedWriter([a, b])).as).toBe('a');
});

interface OutOfReach {
  readonly how: string;
  readonly isPossible: boolean;
  hide(place: Place): { readonly inNamespace?: string };
  show(place: Place): void;
}

const WAYS: readonly OutOfReach[] = [
  {
    how: 'in a folder that has been moved away',
    isPossible: true,
    hide: (place) => {
      renameSync(place.sockets, `${place.sockets}-away`);
      return {};
    },
    show: (place) => renameSync(`${place.sockets}-away`, place.sockets),
  },
  {
    how: 'hidden from the other process by a mount of its own',
    isPossible: canUnshare,
    hide: (place) => ({ inNamespace: `mount -t tmpfs none ${place.sockets}` }),
    show: () => undefined,
  },
];

for (const { how, isPossible, hide, show } of WAYS) {
  test.skipIf(!isPossible)(`sockets ${how}: join() says so, nobody gets an empty document, and the writer goes on`, async () => {
    const place = new Place();
    const writer = await place.fork().join('writer', ESM);
    await writer.set('warm-pad', 1);
    await writer.flush();
    const stranger = place.fork(hide(place));
    const order = { build: CJS, group: 'com.acme.synth', options: { directory: place.store, runtimeDirectory: join(place.folder, 'r2') } };
    await expect(stranger.request('failToJoin', order)).rejects.toMatchObject({
      name: 'SocommError',
      code: 'SOCOMM_WRITER_UNREACHABLE',
      message: expect.stringContaining(place.sockets) as string,
    });
    await writer.set('soft-pad', 2);
    await writer.flush();
    expect(await writer.role()).toBe('writer');
    show(place);
    const late = await place.fork().join('late', CJS);
    expect(await late.content()).toEqual({ 'warm-pad': 1, 'soft-pad': 2 });
  });
}

test("LevelDB's LOCK may be read and copied, also in the writer's process, beside a second copy there: one writer, and nothing is lost", async () => {
  const place = new Place();
  const member = place.fork();
  const remotes = await Promise.all([member.join('a', ESM), member.join('b', CJS), place.fork().join('c', ESM)]);
  const writer = await agreedWriter(remotes);
  const lock = join(place.store, 'level/LOCK');
  for (let round = 0; round < 5; round++) {
    for (const remote of remotes) await remote.member.request('readAndCopy', { path: lock, to: join(place.folder, 'LOCK') });
    cpSync(place.store, join(place.folder, `copy-${round}`), { recursive: true, filter: (path) => !path.includes('/peers/') });
    await Promise.all(remotes.map((remote, at) => remote.set(`round-${round}-${at}`, round)));
    await Promise.all(remotes.map((remote) => remote.flush()));
    if (canAskKernel) expect(locksOn(join(place.store, 'owner.lock'))).toBe(1);
  }
  expect((await agreedWriter(remotes)).as).toBe(writer.as);
  await place.killAll();
  const later = await place.fork().join('later', ESM);
  expect(await later.size()).toBe(15);
  expect((await later.inspect()).warnings).toEqual([]);
});

interface Disturbance {
  readonly what: string;
  /** Codes by which it may be told. */
  readonly codes: RegExp;
  disturb(place: Place): void;
  /** What must be so while it lasts. */
  check?(place: Place): void;
  restore(place: Place): void;
}

const away = (place: Place) => `${place.store}-away`;
const foreign = (place: Place) => join(place.folder, 'foreign');

const DISTURBANCES: readonly Disturbance[] = [
  {
    what: 'renamed, and renamed back,',
    codes: /SOCOMM_STORE_GONE/,
    disturb: (place) => renameSync(place.store, away(place)),
    check: (place) => expect(existsSync(place.store)).toBe(false),
    restore: (place) => renameSync(away(place), place.store),
  },
  {
    what: 'deleted, and put back from a copy,',
    codes: /SOCOMM_STORE_GONE/,
    disturb: (place) => {
      cpSync(place.store, away(place), { recursive: true, filter: (path) => !path.endsWith('.lock') || path.endsWith('owner.lock') });
      rmSync(place.store, { recursive: true });
    },
    check: (place) => expect(existsSync(place.store)).toBe(false),
    restore: (place) => renameSync(away(place), place.store),
  },
  {
    what: "replaced by another group's store, and put back,",
    codes: /SOCOMM_STORE_(MISMATCH|IN_USE)/,
    disturb: (place) => {
      renameSync(place.store, away(place));
      cpSync(foreign(place), place.store, { recursive: true });
    },
    check: (place) => {
      const note = JSON.parse(readFileSync(join(place.store, 'store.json'), 'utf8')) as { group: string };
      expect(note.group).toBe('com.other.synth');
      expect(readdirSync(join(place.store, 'level')).toSorted()).toEqual(readdirSync(join(foreign(place), 'level')).toSorted());
    },
    restore: (place) => {
      rmSync(place.store, { recursive: true });
      renameSync(away(place), place.store);
    },
  },
  {
    what: 'replaced by a file, and put back,',
    codes: /SOCOMM_(STORE_GONE|STORE_IN_USE|LOCK_UNAVAILABLE)/,
    disturb: (place) => {
      renameSync(place.store, away(place));
      writeFileSync(place.store, 'a file');
    },
    check: (place) => expect(readFileSync(place.store, 'utf8')).toBe('a file'),
    restore: (place) => {
      rmSync(place.store);
      renameSync(away(place), place.store);
    },
  },
];

async function makeForeignStore(place: Place): Promise<void> {
  const remote = await place.fork().join('foreign', ESM, { group: 'com.other.synth', options: { directory: foreign(place) } });
  await remote.set('theirs', true);
  await remote.close();
}

/** By a warning, or by `stalled` with its reason. */
function isTold(remotes: readonly Remote[], codes: RegExp): boolean {
  return remotes.some((remote) =>
    [...remote.heard('warning'), ...remote.heard('stalled')].some(({ detail }) => codes.test(JSON.stringify(detail))),
  );
}

for (const { what, codes, disturb, check, restore } of DISTURBANCES) {
  test(`a store directory that is ${what} under a live writer: told, nothing confirmed meanwhile, and all of it durable afterwards`, async () => {
    const place = new Place();
    await makeForeignStore(place);
    const remotes = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS)]);
    const [a, b] = remotes;
    await a.set('before', 1);
    await a.flush();
    disturb(place);
    await b.set('during', 2);
    // Either it says what is the matter, or it has nothing to say in time; it must not resolve.
    await expect(b.flush({ timeoutMs: 2500 })).rejects.toMatchObject({ name: 'SocommError' });
    await until('it is told', () => isTold(remotes, codes));
    check?.(place);
    await equalDigests(remotes);
    restore(place);
    await until(
      'a flush resolves',
      () =>
        a.flush({ timeoutMs: 5000 }).then(
          () => true,
          () => false,
        ),
      40_000,
    );
    await b.flush({ timeoutMs: 20_000 });
    await place.killAll();
    const found = await place.fork().join('later', ESM);
    expect(await found.content()).toEqual({ before: 1, during: 2 });
  }, 60_000);
}

test('a store directory that is replaced by an empty one is told; what a flush then confirms is in the directory that has the name', async () => {
  const place = new Place();
  const remotes = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS)]);
  const [a, b] = remotes;
  await a.set('before', 1);
  await a.flush();
  renameSync(place.store, away(place));
  mkdirSync(place.store, { mode: 0o700 });
  await b.set('during', 2);
  const isConfirmed = await b.flush({ timeoutMs: 5000 }).then(
    () => true,
    () => false,
  );
  await until('it is told', () => isTold(remotes, /SOCOMM_STORE_/));
  await place.killAll();
  const kept = await place.fork().join('kept', ESM, { options: { directory: away(place) } });
  expect(await kept.get('before')).toBe(1);
  if (isConfirmed) expect(await (await place.fork().join('later', ESM)).content()).toEqual({ before: 1, during: 2 });
  console.log(`an empty directory in the store's place: flush ${isConfirmed ? 'resolved, and all is in it' : 'was refused'}`);
});
