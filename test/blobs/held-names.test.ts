/** What was set aside compressed may name any blob that was there, and keeps them: through the peer's own sources, on a real disk. */

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { StoreNames } from '../../src/blobs/name-sources.js';
import { ReferenceScan } from '../../src/blobs/reference-scan.js';
import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import type { FileBlobStore } from '../../storage/blobs/file-blob-store.js';
import { MemoryStore } from '../../storage/memory-store.js';
import { noise, sha256 } from '../contract/blob-store.js';
import { temporaryDirectory } from '../storage/temporary.js';
import { filesIn, makeBlobStore } from './folder.js';

const [BEFORE, LATER] = [noise(100, 1), noise(100, 2)];

/** What is named, of all that is there, as the collection looks for it. */
async function named(blobs: FileBlobStore): Promise<ReadonlySet<BlobHash>> {
  const store = new MemoryStore();
  store.lock.tryAcquire();
  await store.open();
  const scan = new ReferenceScan(new Set((await blobs.list()).map(({ hash }) => hash)));
  await new StoreNames({ store, blobs, replicas: new Map() }).readAll(scan);
  return scan.found;
}

test.each([
  ['a snapshot', 'main.snapshot-12.0a1b2c3d.bin'],
  ['a database that was damaged', 'level.0a1b2c3d'],
])('%s in quarantine keeps the blobs that were there when it was met, as long as it lies there', async (_, name) => {
  const directory = await temporaryDirectory();
  const blobs = makeBlobStore(directory);
  const before = await blobs.put(BEFORE);
  expect(await named(blobs)).toEqual(new Set());
  const path = join(directory, 'quarantine', name);
  await mkdir(join(directory, 'quarantine'));
  if (name.endsWith('.bin')) await writeFile(path, 'deflated');
  else await mkdir(path);
  expect(await named(blobs)).toEqual(new Set([before]));
  const later = await blobs.put(LATER);
  expect(await named(blobs)).toEqual(new Set([before]));
  // Whoever writes next finds the note.
  const next = makeBlobStore(directory);
  expect(await named(next)).toEqual(new Set([before]));
  expect(sha256(await next.get(later))).toBe(later);
  await rm(path, { recursive: true });
  expect(await named(next)).toEqual(new Set());
  expect((await filesIn(next.location)).filter((file) => !file.endsWith('.pack'))).toEqual([]);
  await Promise.all([blobs.close(), next.close()]);
});

test('a note that was half written, or cannot be read, is made anew', async () => {
  const directory = await temporaryDirectory();
  const blobs = makeBlobStore(directory);
  const before = await blobs.put(BEFORE);
  await mkdir(join(directory, 'quarantine', 'store.1'), { recursive: true });
  await named(blobs);
  const note = (await readdir(blobs.location)).find((name) => name.startsWith('held-')) ?? '';
  for (const damage of ['', '["quaran']) {
    await writeFile(join(blobs.location, note), damage);
    await writeFile(join(blobs.location, `${note}.new`), damage);
    expect(await named(blobs)).toEqual(new Set([before]));
    expect((await readdir(blobs.location)).filter((name) => name.startsWith('held-'))).toEqual([note]);
  }
  await blobs.close();
});
