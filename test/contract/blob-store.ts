/** What every store of blobs does, whatever it lies on. Each implementation brings a harness and runs this suite. */

import { createHash } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import type { BlobStore } from '../../storage/blobs/blob-store.js';
import { BLOB_PIECE_BYTES, SMALL_BLOB_BYTES_MAX } from '../../storage/blobs/limits.js';

export interface BlobStoreHarness {
  /** A further store on the same disk, as another peer has one. */
  create(): BlobStore;
  /** As if the peer of this store were killed. */
  crash(store: BlobStore): Promise<void>;
  /** Bytes on the disk, of everything. */
  usedBytes(): Promise<number>;
  cleanUp(): Promise<void>;
}

export const SIZES = [0, 1, 44, 1000, SMALL_BLOB_BYTES_MAX - 1, SMALL_BLOB_BYTES_MAX, SMALL_BLOB_BYTES_MAX + 1, 3 * BLOB_PIECE_BYTES + 7];

export function testBlobStore(name: string, makeHarness: () => Promise<BlobStoreHarness>): void {
  describe(name, () => {
    let harness: BlobStoreHarness;
    let store: BlobStore;

    beforeEach(async () => {
      harness = await makeHarness();
      store = harness.create();
    });
    afterEach(() => harness.cleanUp());

    describe.each(SIZES)('of %i bytes', (bytes) => {
      test('comes back as it was put, here and at another peer', async () => {
        const content = noise(bytes, bytes);
        const hash = await store.put(content);
        expect(hash).toBe(sha256(content));
        for (const each of [store, harness.create()]) {
          expect(sha256(await each.get(hash))).toBe(hash);
          expect(sha256(await collect(each.stream(hash)))).toBe(hash);
          expect(await each.size(hash)).toBe(bytes);
        }
      });

      test('is the same from a source, in whatever pieces', async () => {
        const content = noise(bytes, bytes);
        const hash = await store.putStream(inPieces(content, 100_003));
        expect(hash).toBe(sha256(content));
        expect(sha256(await store.get(hash))).toBe(hash);
      });

      test('survives a crash of who put it', async () => {
        const hash = await store.put(noise(bytes, 3));
        await harness.crash(store);
        expect(sha256(await harness.create().get(hash))).toBe(hash);
      });

      test('is written once, whoever puts it again', async () => {
        const content = noise(bytes, 4);
        await store.put(content);
        const before = await harness.usedBytes();
        const other = harness.create();
        await Promise.all([store.put(content), store.putStream(inPieces(content, 5_000)), other.put(content)]);
        await other.putStream(inPieces(content, 50_000));
        expect(await harness.usedBytes()).toBe(before);
      });
    });

    test('what was never put is missing, and no error where only its size is asked', async () => {
      const hash = sha256(noise(9, 9));
      expect(await store.size(hash)).toBeUndefined();
      await expect(store.get(hash)).rejects.toMatchObject({ code: 'SOCOMM_BLOB_MISSING' });
      await expect(collect(store.stream(hash))).rejects.toMatchObject({ code: 'SOCOMM_BLOB_MISSING' });
    });

    test('what others put after we have looked is found', async () => {
      const hash = sha256(noise(100, 1));
      expect(await store.size(hash)).toBeUndefined();
      const other = harness.create();
      for (let round = 0; round < 3; round++) {
        const put = await other.put(noise(100, round));
        expect(sha256(await store.get(put))).toBe(put);
      }
      expect((await store.list()).length).toBe(3);
    });

    test('many puts at once, of two peers, some of the same, all come back', async () => {
      const other = harness.create();
      const contents = Array.from({ length: 300 }, (_, index) => noise(index * 7, index));
      const hashes = await Promise.all([...contents.map((each) => store.put(each)), ...contents.map((each) => other.put(each))]);
      expect(hashes).toEqual([...contents, ...contents].map(sha256));
      const third = harness.create();
      for (const hash of hashes) expect(sha256(await third.get(hash))).toBe(hash);
      expect((await third.list()).length).toBe(new Set(hashes).size);
    });

    test('a source that throws leaves nothing, and its error is told', async () => {
      const before = await harness.usedBytes();
      const broken = new RangeError('the source broke');
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield noise(2 * BLOB_PIECE_BYTES, 1);
        throw broken;
      };
      await expect(store.putStream(failing())).rejects.toBe(broken);
      expect(await harness.usedBytes()).toBe(before);
      expect(await store.list()).toEqual([]);
    });

    test('what one changes in what it got is nobody else’s', async () => {
      const content = noise(500, 2);
      const hash = await store.put(content);
      content.fill(0);
      (await store.get(hash)).fill(1);
      expect(sha256(await store.get(hash))).toBe(hash);
    });

    describe('what is withdrawn', () => {
      const contents = [noise(100, 1), noise(200, 2), noise(SMALL_BLOB_BYTES_MAX + 5, 3)];
      let hashes: BlobHash[];

      beforeEach(async () => {
        hashes = [];
        for (const content of contents) hashes.push(await store.put(content));
      });

      test('can still be read, and goes when it is finished', async () => {
        const other = harness.create();
        await other.get(hashes[0] as BlobHash);
        const retirement = await store.retire(new Set(hashes));
        expect(retirement.hashes).toEqual(new Set(hashes));
        for (const each of [store, other]) for (const hash of hashes) expect(sha256(await each.get(hash))).toBe(hash);
        expect(await retirement.finish(new Set())).toMatchObject({ blobs: 3 });
        for (const each of [store, other]) for (const hash of hashes) expect(await each.size(hash)).toBeUndefined();
        expect(await harness.usedBytes()).toBe(0);
      });

      test('stays where it is needed', async () => {
        const [first, second, large] = hashes as [BlobHash, BlobHash, BlobHash];
        const other = harness.create();
        await other.get(second);
        const retirement = await store.retire(new Set([first, second, large]));
        expect(await retirement.finish(new Set([second, large]))).toMatchObject({ blobs: 1 });
        for (const each of [store, other, harness.create()]) {
          expect(await each.size(first)).toBeUndefined();
          expect(sha256(await each.get(second))).toBe(second);
          expect(sha256(await each.get(large))).toBe(large);
        }
      });

      test('is not counted on by who puts the same, and so is there in the end', async () => {
        const other = harness.create();
        // It has seen them all, and knows where they lie.
        for (const content of contents) await other.put(content);
        const retirement = await store.retire(new Set(hashes));
        for (const content of contents) await other.put(content);
        await retirement.finish(new Set());
        for (const each of [store, other, harness.create()]) for (const hash of hashes) expect(sha256(await each.get(hash))).toBe(hash);
      });

      test('is all there when it was cancelled, and needs no second writing', async () => {
        const retirement = await store.retire(new Set(hashes));
        await retirement.cancel();
        const before = await harness.usedBytes();
        const other = harness.create();
        for (const content of contents) expect(sha256(await other.get(await other.put(content)))).toBe(sha256(content));
        expect(await harness.usedBytes()).toBe(before);
      });

      test('is taken up by the next when who withdrew it was killed', async () => {
        const [first, second, large] = hashes as [BlobHash, BlobHash, BlobHash];
        await store.retire(new Set(hashes));
        await harness.crash(store);
        const next = harness.create();
        for (const hash of hashes) expect(sha256(await next.get(hash))).toBe(hash);
        const retirement = await next.retire(new Set([first]));
        await retirement.finish(new Set());
        const reader = harness.create();
        expect(await reader.size(first)).toBeUndefined();
        for (const hash of [second, large]) expect(sha256(await reader.get(hash))).toBe(hash);
      });

      test('takes nothing with it that was put since, by whomever', async () => {
        const other = harness.create();
        await other.put(noise(300, 4));
        const retirement = await store.retire(new Set([...hashes, sha256(noise(300, 4))]));
        const late = await Promise.all([store.put(noise(400, 5)), other.put(noise(500, 6))]);
        await retirement.finish(new Set());
        for (const hash of late) expect(sha256(await harness.create().get(hash))).toBe(hash);
      });
    });

    test('after the end nothing goes in or out', async () => {
      const hash = await store.put(noise(5, 5));
      await store.close();
      await store.close();
      await expect(store.put(noise(6, 6))).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
      await expect(store.get(hash)).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
    });
  });
}

/** The same for the same seed. */
export function noise(bytes: number, seed: number): Uint8Array {
  const content = new Uint8Array(bytes);
  let state = (seed + 1) * 2_654_435_761;
  for (let at = 0; at < bytes; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    content[at] = state >>> 24;
  }
  return content;
}

export function sha256(content: Uint8Array): BlobHash {
  return createHash('sha256').update(content).digest('hex') as BlobHash;
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(Uint8Array.from(piece));
  return Buffer.concat(all);
}

/** The pieces' memory is used again, as a source may. */
export async function* inPieces(content: Uint8Array, bytes: number): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(bytes);
  for (let at = 0; at < content.length; at += bytes) {
    const part = content.subarray(at, at + bytes);
    piece.set(part);
    yield piece.subarray(0, part.length);
  }
}
