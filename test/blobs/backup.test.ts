/** Blobs are carried with the documents that name them: backups, restores, copies of stores, and what the doctor says. Real peers, a real disk. */

import { open, readdir, rm, truncate } from 'node:fs/promises';
import { join as pathOf } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { examineGroup } from '../../src/groups/examine-group.js';
import { restoreGroup } from '../../src/groups/restore-group.js';
import type { Instance } from '../../src/instance.js';
import { join } from '../../src/join.js';
import { openStore } from '../../src/store.js';
import { SMALL_BLOB_BYTES_MAX } from '../../storage/blobs/limits.js';
import { noise, sha256 } from '../contract/blob-store.js';
import { temporaryDirectory } from '../storage/temporary.js';

const GROUP = 'com.acme.synth';
const SMALL = noise(5_000, 1);
const LARGE = noise(3 * SMALL_BLOB_BYTES_MAX, 2);
const UNNAMED = noise(700, 3);

interface Scene {
  readonly folder: string;
  readonly place: { readonly directory: string; readonly runtimeDirectory: string };
  start(): Promise<Instance>;
}

async function scene(): Promise<Scene> {
  const folder = await temporaryDirectory();
  const place = { directory: pathOf(folder, 's'), runtimeDirectory: pathOf(folder, 'r') };
  return {
    folder,
    place,
    start: async () => {
      const instance = await join(GROUP, { ...place, replica: 'own' });
      onTestFinished(() => instance.close());
      return instance;
    },
  };
}

async function fill(instance: Instance): Promise<void> {
  const presets = instance.doc.getMap('presets');
  presets.set('small', { body: await instance.blobs.put(SMALL) });
  presets.set('large', await instance.blobs.put(LARGE));
  await instance.blobs.put(UNNAMED);
  await instance.flush();
}

test('a backup holds what its documents name and nothing else, and a restore brings it back', async () => {
  const { folder, place, start } = await scene();
  const first = await start();
  await fill(first);
  const path = pathOf(folder, 'a.socomm');
  const made = await first.backup(path);
  expect(made).toMatchObject({ documents: 1, blobs: 2 });
  expect(made.bytes).toBeGreaterThan(SMALL.length + LARGE.length);
  const view = await openStore(path);
  expect(await view.verify()).toMatchObject({ isSound: true, documents: 1, blobs: 2 });
  await view.close();
  await first.close();
  await rm(place.directory, { recursive: true });

  expect(await restoreGroup(GROUP, path, place)).toMatchObject({ documents: 1, blobs: 2 });
  const again = await start();
  expect(sha256(await again.blobs.get(sha256(SMALL)))).toBe(sha256(SMALL));
  expect(sha256(await again.blobs.get(again.doc.getMap('presets').get('large') as string))).toBe(sha256(LARGE));
  expect(await again.blobs.has(sha256(UNNAMED))).toBe(false);
});

test('every cut of a backup is told, and a damaged blob keeps it from being restored', async () => {
  const { folder, place, start } = await scene();
  const first = await start();
  await fill(first);
  const path = pathOf(folder, 'a.socomm');
  const { bytes } = await first.backup(path);
  await first.close();
  const file = await open(path, 'r+');
  await file.write(Buffer.from([1, 2, 3, 4]), 0, 4, bytes - 1000);
  await file.close();
  const view = await openStore(path);
  expect(await view.verify()).toMatchObject({ isSound: false, findings: [{ kind: 'blob' }] });
  await view.close();
  // Where the store has sound ones of its own it needs none of these.
  await restoreGroup(GROUP, path, place);
  await rm(place.directory, { recursive: true });
  await expect(restoreGroup(GROUP, path, place)).rejects.toMatchObject({ code: 'SOCOMM_BACKUP_DAMAGED' });
  await truncate(path, bytes - 1);
  await expect(openStore(path)).rejects.toMatchObject({ code: 'SOCOMM_BACKUP_DAMAGED' });
});

test('a store that is set aside by a restore keeps its blobs, and another store can be restored from it', async () => {
  const { folder, place, start } = await scene();
  const first = await start();
  const empty = pathOf(folder, 'empty.socomm');
  await first.backup(empty);
  await fill(first);
  await first.close();
  const { kept = '' } = await restoreGroup(GROUP, empty, place);
  expect((await readdir(pathOf(kept, 'blobs'))).length).toBeGreaterThan(0);
  await rm(pathOf(place.directory, 'blobs'), { recursive: true });
  await restoreGroup(GROUP, kept, place);
  const again = await start();
  expect(sha256(await again.blobs.get(sha256(SMALL)))).toBe(sha256(SMALL));
  expect(sha256(await again.blobs.get(sha256(LARGE)))).toBe(sha256(LARGE));
});

test('the doctor reads every blob', async () => {
  const { place, start } = await scene();
  const first = await start();
  await fill(first);
  await first.close();
  expect(await examineGroup(GROUP, place)).toMatchObject({ verification: { blobs: 3, isSound: true } });
  const folder = pathOf(place.directory, 'blobs');
  for (const name of await readdir(folder)) {
    const file = await open(pathOf(folder, name), 'r+');
    await file.write(Buffer.from([9]), 0, 1, 200);
    await file.close();
  }
  const { findings } = await examineGroup(GROUP, place);
  expect(
    findings
      .filter(({ severity }) => severity === 'damage')
      .map(({ what }) => what.slice(0, 69))
      .sort(),
  ).toEqual([sha256(SMALL), sha256(LARGE)].map((hash) => `blob ${hash}`).sort());
});
