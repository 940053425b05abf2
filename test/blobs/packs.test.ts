/** What files of blobs do when the disk lies, peers die, and folders hold what is none of ours. */

import { mkdir, open, readFile, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { systemCode } from '../../src/base/errors.js';
import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import { BLOB_PIECE_BYTES, SMALL_BLOB_BYTES_MAX } from '../../storage/blobs/limits.js';
import type { Damage } from '../../storage/store.js';
import { collect, inPieces, noise, sha256 } from '../contract/blob-store.js';
import { temporaryDirectory } from '../storage/temporary.js';
import { blobFolder, filesIn, makeBlobStore, usedBytes } from './folder.js';

const LARGE_BYTES = SMALL_BLOB_BYTES_MAX + 100;

test('whatever is put, in whatever pieces, comes back', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory, 20_000);
  const sizes = fc.oneof(fc.nat(2_000), fc.nat(2 * SMALL_BLOB_BYTES_MAX));
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(5), fc.integer({ min: 1, max: 300_000 }), fc.boolean(), async (bytes, seed, piece, isWhole) => {
      const content = noise(bytes, seed);
      const hash = await (isWhole ? store.put(content) : store.putStream(inPieces(content, piece)));
      expect(hash).toBe(sha256(content));
      const reader = makeBlobStore(directory);
      expect(sha256(await reader.get(hash))).toBe(hash);
      expect(sha256(await collect(store.stream(hash)))).toBe(hash);
    }),
    { numRuns: 60 },
  );
  await store.close();
});

test('small puts at one time share a sync, and packs have an end', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory, 10_000);
  await Promise.all(Array.from({ length: 50 }, (_, index) => store.put(noise(1_000, index))));
  // One batch goes into one pack, whatever its size; the next begins a new one.
  expect(await filesIn(blobFolder(directory))).toHaveLength(1);
  await store.put(noise(10, 51));
  await store.put(noise(10, 52));
  expect(await filesIn(blobFolder(directory))).toHaveLength(2);
  await store.close();
});

test('every flipped bit and every cut of a pack is found: what comes back is right, or nothing does', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory);
  const hashes = await Promise.all([noise(0, 1), noise(30, 2), noise(70, 3)].map((content) => store.put(content)));
  await store.close();
  const [name = ''] = await filesIn(blobFolder(directory));
  const path = join(blobFolder(directory), name);
  const sound = await readFile(path);
  const look = async (): Promise<number> => {
    const reader = makeBlobStore(directory);
    let right = 0;
    for (const hash of hashes) {
      const content = await reader.get(hash).catch((error: unknown) => String(systemCode(error)));
      if (typeof content === 'string') expect(content).toMatch(/^SOCOMM_BLOB_(DAMAGED|MISSING)$/);
      else expect(sha256(content)).toBe(hash);
      if (typeof content !== 'string') right++;
    }
    return right;
  };
  for (let bit = 0; bit < sound.length * 8; bit += 17) {
    const flipped = Buffer.from(sound);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    await writeFile(path, flipped);
    // One is hit, and the others are found behind it.
    expect(await look()).toBe(hashes.length - 1);
    const findings = await collectAll(makeBlobStore(directory).verify());
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ file: name });
  }
  for (let length = 0; length < sound.length; length += 3) {
    await writeFile(path, sound.subarray(0, length));
    expect(await look()).toBeLessThan(hashes.length);
  }
});

test('a torn tail is not believed, and no damage', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory);
  const whole = await store.put(noise(50, 1));
  const torn = await store.put(noise(60, 2));
  const [name = ''] = await filesIn(blobFolder(directory));
  const path = join(blobFolder(directory), name);
  await truncate(path, (await stat(path)).size - 1);
  const reader = makeBlobStore(directory);
  expect(sha256(await reader.get(whole))).toBe(whole);
  expect(await reader.size(torn)).toBeUndefined();
  expect(await collectAll(reader.verify())).toEqual([]);
  // And it can be put again.
  expect(await reader.put(noise(60, 2))).toBe(torn);
  expect(sha256(await makeBlobStore(directory).get(torn))).toBe(torn);
  await reader.close();
  await store.close();
});

test.each([100, LARGE_BYTES])('a damaged one of %i bytes is told and kept aside, and a put heals it', async (bytes) => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory);
  const hash = await store.put(noise(bytes, 1));
  await spoil(directory, -5);
  const reader = makeBlobStore(directory);
  const told: Damage[] = [];
  reader.onDamage((damage) => told.push(damage));
  await expect(reader.get(hash)).rejects.toMatchObject({ code: 'SOCOMM_BLOB_DAMAGED' });
  await expect(collect(reader.stream(hash))).rejects.toMatchObject({ code: 'SOCOMM_BLOB_DAMAGED' });
  expect(told).toHaveLength(1);
  expect((await readFile(told[0]?.keptAs ?? '')).length).toBe(bytes);
  await reader.put(noise(bytes, 1));
  expect(sha256(await reader.get(hash))).toBe(hash);
  expect(sha256(await makeBlobStore(directory).get(hash))).toBe(hash);
  await reader.close();
  await store.close();
});

test('a put is not taken in by what is there and damaged', async () => {
  const directory = await temporaryDirectory();
  const [first, second] = [makeBlobStore(directory), makeBlobStore(directory)];
  for (const bytes of [100, LARGE_BYTES]) {
    const hash = await first.put(noise(bytes, 1));
    await spoil(directory, -5);
    await second.put(noise(bytes, 1));
    expect(sha256(await makeBlobStore(directory).get(hash))).toBe(hash);
  }
  await first.close();
  await second.close();
});

test('a stream of what is damaged never ends well, and gives its last piece to nobody', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory);
  const bytes = 3 * BLOB_PIECE_BYTES;
  const hash = await store.put(noise(bytes, 1));
  await spoil(directory, 10);
  let given = 0;
  const read = async (): Promise<void> => {
    for await (const piece of store.stream(hash)) given += piece.length;
  };
  await expect(read()).rejects.toMatchObject({ code: 'SOCOMM_BLOB_DAMAGED' });
  expect(given).toBe(bytes - BLOB_PIECE_BYTES);
});

test('where one copy is damaged, a healthy one in another pack is given', async () => {
  const directory = await temporaryDirectory();
  const [first, second] = [makeBlobStore(directory), makeBlobStore(directory)];
  const content = noise(1000, 7);
  // Two who put the same at once write it twice.
  await Promise.all([first.put(content), second.put(content)]);
  const names = await filesIn(blobFolder(directory));
  expect(names).toHaveLength(2);
  for (const name of names) {
    const path = join(blobFolder(directory), name);
    const sound = await readFile(path);
    await spoil(directory, -5, name);
    expect(sha256(await makeBlobStore(directory).get(sha256(content)))).toBe(sha256(content));
    await writeFile(path, sound);
  }
  await first.close();
  await second.close();
});

test('what moves while somebody reads it is found at its new place', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory);
  const hash = await store.put(noise(4 * BLOB_PIECE_BYTES, 1));
  const [name = ''] = await filesIn(blobFolder(directory));
  const stream = store.stream(hash)[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  const first = await stream.next();
  if (first.done !== true) pieces.push(first.value);
  await rename(join(blobFolder(directory), name), join(blobFolder(directory), `${hash}-00000000.blob`));
  for (let next = await stream.next(); next.done !== true; next = await stream.next()) pieces.push(next.value);
  expect(sha256(Buffer.concat(pieces))).toBe(hash);
});

test('files that are none of ours are left alone and disturb nobody', async () => {
  const directory = await temporaryDirectory();
  const folder = blobFolder(directory);
  await mkdir(folder);
  for (const name of ['README', '..pack', `${'0'.repeat(63)}-00000000.blob`, `${'0'.repeat(16)}-1.pack`])
    await writeFile(join(folder, name), 'SBL1');
  const store = makeBlobStore(directory);
  const hash = await store.put(noise(10, 1));
  expect((await store.list()).map((each) => each.hash)).toEqual([hash]);
  await (await store.retire(new Set())).finish(new Set());
  expect(await filesIn(folder)).toEqual(expect.arrayContaining(['README', '..pack', `${'0'.repeat(63)}-00000000.blob`]));
  await store.close();
});

test('the folder is only its user’s, and what is in it too', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory);
  await store.put(noise(10, 1));
  await store.put(noise(LARGE_BYTES, 1));
  expect((await stat(blobFolder(directory))).mode & 0o777).toBe(0o700);
  for (const name of await readdir(blobFolder(directory))) expect((await stat(join(blobFolder(directory), name))).mode & 0o777).toBe(0o600);
  await store.close();
});

test('a store directory that is gone stays gone', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory);
  await rm(directory, { recursive: true });
  await expect(store.put(noise(10, 1))).rejects.toMatchObject({ code: 'SOCOMM_STORE_GONE' });
  await expect(store.put(noise(LARGE_BYTES, 1))).rejects.toMatchObject({ code: 'SOCOMM_STORE_GONE' });
  await mkdir(directory);
  await store.put(noise(10, 1));
  await rm(directory, { recursive: true });
  await expect(store.put(noise(20, 2))).rejects.toMatchObject({ code: 'SOCOMM_STORE_GONE' });
  await store.close();
});

test('a pack that is withdrawn while its owner appends costs nothing that was acknowledged', async () => {
  const directory = await temporaryDirectory();
  const [owner, collector] = [makeBlobStore(directory), makeBlobStore(directory)];
  const hashes: BlobHash[] = [];
  const enough = new AbortController();
  const putting = (async () => {
    for (let index = 0; !enough.signal.aborted; index++) hashes.push(await owner.put(noise(200, index)));
  })();
  for (let round = 0; round < 8; round++) {
    // Whatever was never put goes; so all packs are rewritten as soon as half of them is copied twice.
    const before = new Set(hashes);
    const retirement = await collector.retire(before);
    await retirement.finish(before);
  }
  enough.abort();
  await putting;
  const reader = makeBlobStore(directory);
  for (const hash of hashes) expect(sha256(await reader.get(hash))).toBe(hash);
  await owner.close();
  await collector.close();
});

test('what was being written when somebody was killed goes when it has not grown between two collections', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory);
  await mkdir(blobFolder(directory));
  await writeFile(join(blobFolder(directory), `${'a'.repeat(16)}.new`), 'half');
  await (await store.retire(new Set())).finish(new Set());
  expect(await filesIn(blobFolder(directory))).toHaveLength(1);
  await (await store.retire(new Set())).finish(new Set());
  expect(await filesIn(blobFolder(directory))).toEqual([]);
});

test('many small packs of many runs become few', async () => {
  const directory = await temporaryDirectory();
  const hashes: BlobHash[] = [];
  for (let run = 0; run < 40; run++) {
    const store = makeBlobStore(directory);
    hashes.push(await store.put(noise(100, run)));
    await store.close();
  }
  expect(await filesIn(blobFolder(directory))).toHaveLength(40);
  const before = await usedBytes(blobFolder(directory));
  const collector = makeBlobStore(directory);
  await (await collector.retire(new Set())).finish(new Set());
  expect(await filesIn(blobFolder(directory))).toHaveLength(1);
  expect(await usedBytes(blobFolder(directory))).toBe(before);
  for (const hash of hashes) expect(sha256(await makeBlobStore(directory).get(hash))).toBe(hash);
  await collector.close();
});

/** Flips a bit in a file, by default the only one of its folder; counted from the end where negative. */
async function spoil(directory: string, at: number, name?: string): Promise<void> {
  const names = await filesIn(blobFolder(directory));
  const path = join(blobFolder(directory), name ?? names.at(-1) ?? '');
  const file = await open(path, 'r+');
  const place = at < 0 ? (await file.stat()).size + at : at;
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, place);
  byte[0] = (byte[0] as number) ^ 16;
  await file.write(byte, 0, 1, place);
  await file.close();
}

async function collectAll<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
