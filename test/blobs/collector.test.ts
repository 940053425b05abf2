/** What the writer removes, and above all what it does not. */

import { expect, test } from 'vitest';

import { BLOB_GRACE_MS } from '../../src/blobs/limits.js';
import { ReferenceScan } from '../../src/blobs/reference-scan.js';
import { noise, sha256 } from '../contract/blob-store.js';
import { collectorScene } from './collector-scene.js';
import { blobFolder, filesIn, makeBlobStore, usedBytes } from './folder.js';

test('what nothing names goes after a grace, and what something names stays', async () => {
  const scene = await collectorScene();
  const other = makeBlobStore(scene.directory);
  const [dead, named] = [await other.put(noise(1000, 1)), await other.put(noise(1000, 2))];
  await other.close();
  scene.stored.set('main', `{"body":"${named}"}`);
  await scene.firstLook();
  await scene.look();
  expect(await scene.shelf.store.size(dead)).toBeUndefined();
  expect(sha256(await scene.shelf.get(named))).toBe(named);
});

test('nothing goes before the grace is over, counted while this peer writes', async () => {
  const scene = await collectorScene();
  const other = makeBlobStore(scene.directory);
  const dead = await other.put(noise(1000, 1));
  await other.close();
  await scene.firstLook();
  scene.isWriter = false;
  await scene.look();
  scene.isWriter = true;
  await scene.look();
  expect(await scene.shelf.store.size(dead)).toBe(1000);
  await scene.look();
  expect(await scene.shelf.store.size(dead)).toBeUndefined();
});

test('what is named again within the grace begins a new one', async () => {
  const scene = await collectorScene();
  const other = makeBlobStore(scene.directory);
  const hash = await other.put(noise(1000, 1));
  await other.close();
  await scene.firstLook();
  scene.stored.set('main', hash);
  await scene.look();
  scene.stored.set('main', '');
  await scene.look();
  expect(await scene.shelf.store.size(hash)).toBe(1000);
  await scene.look();
  expect(await scene.shelf.store.size(hash)).toBeUndefined();
});

test('what was put here of late stays until a document may have named it', async () => {
  const scene = await collectorScene();
  const hash = await scene.shelf.put(noise(1000, 1));
  await scene.firstLook();
  // Put again just before: it costs no write, and the collector must know.
  await scene.clock.advance(BLOB_GRACE_MS - 1000);
  const before = await usedBytes(blobFolder(scene.directory));
  await scene.shelf.put(noise(1000, 1));
  expect(await usedBytes(blobFolder(scene.directory))).toBe(before);
  await scene.clock.advance(1000);
  await scene.settled();
  expect(await scene.shelf.store.size(hash)).toBe(1000);
  await scene.look();
  expect(await scene.shelf.store.size(hash)).toBeUndefined();
});

test('where a peer does not answer nothing is removed, and all can be read and need not be written again', async () => {
  const scene = await collectorScene();
  const other = makeBlobStore(scene.directory);
  const hash = await other.put(noise(1000, 1));
  scene.peers = async () => undefined;
  await scene.firstLook();
  await scene.look();
  const before = await filesIn(blobFolder(scene.directory));
  await other.put(noise(1000, 1));
  expect(await filesIn(blobFolder(scene.directory))).toEqual(before);
  expect(sha256(await other.get(hash))).toBe(hash);
  await other.close();
});

test('what a peer needs stays, though no document that the writer knows names it', async () => {
  const scene = await collectorScene();
  const other = makeBlobStore(scene.directory);
  const [needed, dead] = [await other.put(noise(1000, 1)), await other.put(noise(1000, 2))];
  await other.close();
  scene.peers = async (candidates) => new Set([...candidates].filter((hash) => hash === needed));
  await scene.firstLook();
  await scene.look();
  expect(await scene.shelf.store.size(dead)).toBeUndefined();
  expect(sha256(await scene.shelf.get(needed))).toBe(needed);
});

test('what an open document names stays, and what comes to be named while peers are asked', async () => {
  const scene = await collectorScene();
  const other = makeBlobStore(scene.directory);
  const [open, late, dead] = [await other.put(noise(10, 1)), await other.put(noise(10, 2)), await other.put(noise(10, 3))];
  await other.close();
  scene.replicas.set(
    'main',
    scene.replica(() => open),
  );
  scene.peers = async () => {
    scene.stored.set('opened-and-closed-meanwhile', late);
    return new Set();
  };
  await scene.firstLook();
  await scene.look();
  expect(await scene.shelf.store.size(dead)).toBeUndefined();
  for (const hash of [open, late]) expect(sha256(await scene.shelf.get(hash))).toBe(hash);
});

test('a put of what is being withdrawn is there afterwards', async () => {
  const scene = await collectorScene();
  const other = makeBlobStore(scene.directory);
  const content = noise(1000, 1);
  const hash = await other.put(content);
  scene.peers = async () => {
    await other.put(content);
    return new Set();
  };
  await scene.firstLook();
  await scene.look();
  expect(sha256(await makeBlobStore(scene.directory).get(hash))).toBe(hash);
  await other.close();
});

test('a source that cannot be read stops the collection, and is told', async () => {
  const scene = await collectorScene();
  const other = makeBlobStore(scene.directory);
  const hash = await other.put(noise(10, 1));
  await other.close();
  await scene.firstLook();
  scene.stored.get = () => undefined;
  scene.stored.values = () => {
    throw new Error('unreadable');
  };
  await scene.look();
  expect(await scene.shelf.store.size(hash)).toBe(10);
  expect(scene.warnings.kept.map(({ code }) => code)).toEqual(['blobs-not-collected']);
});

test('a name is found wherever it stands: at every place, between other digits, and only whole', async () => {
  const hash = sha256(noise(1, 1));
  for (let before = 0; before < 130; before++) {
    for (const around of ['.', 'a', '"']) {
      const scan = new ReferenceScan(new Set([hash]));
      await scan.read(Buffer.from(`${around.repeat(before)}${hash}${around.repeat(7)}`));
      expect([...scan.found]).toEqual([hash]);
    }
  }
  const scan = new ReferenceScan(new Set([hash]));
  await scan.read(Buffer.from(`${hash.slice(1)} ${hash.slice(0, 63)}-${hash.toUpperCase()}`));
  expect([...scan.found]).toEqual([]);
});
