/**
 * Whoever puts or collects is killed at each step on the disk, or the disk refuses it: nothing that was acknowledged is lost, nothing
 * that is needed goes, and whoever comes next goes on. The file system is the real one, behind a switch.
 */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeEach, expect, test, vi } from 'vitest';

import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import { SMALL_BLOB_BYTES_MAX } from '../../storage/blobs/limits.js';
import { PACK_HEAD_BYTES } from '../../storage/blobs/pack-entry.js';
import type { FileBlobStore } from '../../storage/blobs/file-blob-store.js';
import { noise, sha256 } from '../contract/blob-store.js';
import { temporaryDirectory } from '../storage/temporary.js';
import { blobFolder, filesIn, makeBlobStore } from './folder.js';

type Fault = 'kill' | 'full once' | 'full for long';

/** Counts what changes the disk. */
const disk = vi.hoisted(() => ({
  steps: 0,
  failAt: Infinity,
  fault: 'kill' as string,
  /** Whether this step must not happen; it never does after a kill. */
  step(): boolean {
    this.steps++;
    if (this.steps < this.failAt) return false;
    return this.fault === 'full once' ? this.steps === this.failAt : this.fault === 'kill' || this.steps < this.failAt + 12;
  },
  refuse(): never {
    throw Object.assign(new Error(`refused by the test (${this.fault})`), { code: this.fault === 'kill' ? 'EKILLED' : 'ENOSPC' });
  },
}));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const guarded =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> =>
      disk.step() ? disk.refuse() : work(...args);
  return {
    ...real,
    rename: guarded(real.rename),
    rm: guarded(real.rm),
    mkdir: guarded(real.mkdir),
    open: async (path: string, flags: string, mode?: number) => {
      if (flags === 'wx' && disk.step()) disk.refuse();
      const file = await real.open(path, flags, mode);
      const { sync, truncate } = file;
      const write = file.write.bind(file) as (bytes: Buffer, at: number, length: number, place: number) => Promise<unknown>;
      file.sync = guarded(sync.bind(file));
      file.truncate = guarded(truncate.bind(file));
      const writeAt = write.bind(file) as (bytes: Uint8Array, at: number, length: number, place: number) => Promise<unknown>;
      file.write = (async (bytes: Uint8Array, at: number, length: number, place: number) => {
        if (!disk.step()) return writeAt(bytes, at, length, place);
        // Half of it comes to the disk.
        await writeAt(bytes, at, length >> 1, place);
        return disk.refuse();
      }) as typeof file.write;
      return file;
    },
  };
});

beforeEach(() => {
  disk.failAt = Infinity;
});

const LARGE = noise(SMALL_BLOB_BYTES_MAX + 1000, 100);

/** Runs it with a fault at the first step, at the second, and so on, until it comes through untouched. */
async function atEveryStep(fault: Fault, work: (directory: string, arm: () => void, rescue: () => void) => Promise<void>): Promise<number> {
  for (let failAt = 1; ; failAt++) {
    const directory = await temporaryDirectory();
    let isHit = false;
    const arm = (): void => void Object.assign(disk, { steps: 0, failAt, fault });
    const rescue = (): void => {
      isHit = disk.steps >= failAt;
      disk.failAt = Infinity;
    };
    await work(directory, arm, rescue);
    if (!isHit) return failAt - 1;
  }
}

test.each(['kill', 'full once', 'full for long'] as const)(
  'puts with "%s" at any step lose nothing that was acknowledged',
  async (fault) => {
    const contents = [noise(100, 1), noise(3000, 2), LARGE, noise(50, 3), noise(70, 4)];
    const steps = await atEveryStep(fault, async (directory, arm, rescue) => {
      const store = makeBlobStore(directory);
      const acknowledged: BlobHash[] = [];
      const put = (content: Uint8Array): Promise<unknown> => store.put(content).then((hash) => acknowledged.push(hash));
      const told: unknown[] = [];
      arm();
      for (const group of [contents.slice(0, 2), contents.slice(2, 4), contents.slice(4)])
        for (const result of await Promise.allSettled(group.map(put))) if (result.status === 'rejected') told.push(result.reason);
      rescue();
      for (const reason of told) expect(reason).toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
      expect(acknowledged.length + told.length).toBe(contents.length);
      if (fault !== 'kill') for (const hash of acknowledged) expect(sha256(await store.get(hash))).toBe(hash);
      const reader = makeBlobStore(directory);
      for (const hash of acknowledged) expect(sha256(await reader.get(hash))).toBe(hash);
      // The same store goes on where it was not killed, another one in any case.
      const next = fault === 'kill' ? reader : store;
      for (const content of contents) await next.put(content);
      const last = makeBlobStore(directory);
      for (const content of contents) expect(sha256(await last.get(sha256(content)))).toBe(sha256(content));
      for (const each of [store, reader]) await each.close();
    });
    expect(steps).toBeGreaterThan(10);
  },
);

test.each(['kill', 'full once', 'full for long'] as const)(
  'a collection with "%s" at any step removes nothing that is needed',
  async (fault) => {
    const dead = [1, 2, 3, 4].map((seed) => noise(500, seed));
    const live = [11, 12].map((seed) => noise(400, seed));
    const steps = await atEveryStep(fault, async (directory, arm, rescue) => {
      const owner = makeBlobStore(directory);
      await Promise.all([...dead, ...live].map((content) => owner.put(content)));
      const [needed, gone] = [await owner.put(LARGE), await owner.put(LARGE.slice(1))];
      const candidates = new Set([...dead.map(sha256), needed, gone, sha256(live[1] as Uint8Array)]);
      const stay = [needed, ...live.map(sha256)];
      const collector = makeBlobStore(directory);
      arm();
      await collect(collector, candidates, new Set(stay)).catch((error: unknown) =>
        expect(error).toMatchObject({ code: 'SOCOMM_STORE_FAILED' }),
      );
      rescue();
      // Who had it all in its index, and who has not.
      for (const reader of [owner, makeBlobStore(directory)]) for (const hash of stay) expect(sha256(await reader.get(hash))).toBe(hash);
      const next = makeBlobStore(directory);
      await collect(next, candidates, new Set(stay));
      const last = makeBlobStore(directory);
      for (const hash of stay) expect(sha256(await last.get(hash))).toBe(hash);
      for (const hash of [...dead.map(sha256), gone]) expect(await last.size(hash)).toBeUndefined();
      for (const each of [owner, collector, next]) await each.close();
    });
    expect(steps).toBeGreaterThan(8);
  },
);

test('after a failed sync its pack is left for good: a second sync of the same pages would say that all is well', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory);
  await store.put(noise(100, 1));
  const [name = ''] = await filesIn(blobFolder(directory));
  // The next steps are the write and the sync.
  Object.assign(disk, { steps: 0, failAt: 2, fault: 'full once' });
  await expect(store.put(noise(100, 2))).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
  disk.failAt = Infinity;
  const before = (await stat(join(blobFolder(directory), name))).size;
  expect(before).toBe(PACK_HEAD_BYTES + 100);
  await store.put(noise(100, 2));
  expect(await filesIn(blobFolder(directory))).toHaveLength(2);
  expect((await stat(join(blobFolder(directory), name))).size).toBe(before);
  await store.close();
});

async function collect(store: FileBlobStore, candidates: ReadonlySet<BlobHash>, needed: ReadonlySet<BlobHash>): Promise<void> {
  const retirement = await store.retire(candidates);
  await retirement.finish(needed);
}
