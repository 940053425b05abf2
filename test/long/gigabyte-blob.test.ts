/** 1 GiB put from a source and read as a stream: memory does not grow with it. */

import { expect, test } from 'vitest';

import { makeBlobStore } from '../blobs/folder.js';
import { temporaryDirectory } from '../storage/temporary.js';

const MIB = 1024 * 1024;
const BYTES = 1024 * MIB;
const GROWTH_BYTES_MAX = 80 * MIB;

test('1 GiB goes in and out in constant memory, and one byte more is refused', async () => {
  const directory = await temporaryDirectory();
  const store = makeBlobStore(directory);
  const rssAtStart = process.memoryUsage().rss;
  let peak = 0;
  const look = (): void => void (peak = Math.max(peak, process.memoryUsage().rss));
  const piece = new Uint8Array(256 * 1024);
  const source = async function* (bytes: number): AsyncGenerator<Uint8Array> {
    for (let given = 0; given < bytes; given += piece.length) {
      piece.fill(given / piece.length);
      look();
      yield bytes - given < piece.length ? piece.subarray(0, bytes - given) : piece;
    }
  };
  const putting = performance.now();
  const hash = await store.putStream(source(BYTES));
  const putS = (performance.now() - putting) / 1000;
  const reader = makeBlobStore(directory);
  const reading = performance.now();
  let read = 0;
  for await (const part of reader.stream(hash)) {
    read += part.length;
    look();
  }
  const readS = (performance.now() - reading) / 1000;
  console.log(
    `1 GiB: put ${putS.toFixed(1)} s (${(1024 / putS).toFixed(0)} MiB/s), read and verified ${readS.toFixed(1)} s ` +
      `(${(1024 / readS).toFixed(0)} MiB/s); resident memory grew by ${((peak - rssAtStart) / MIB).toFixed(0)} MiB`,
  );
  expect(read).toBe(BYTES);
  expect(peak - rssAtStart).toBeLessThan(GROWTH_BYTES_MAX);
  await expect(store.putStream(source(BYTES + 1))).rejects.toMatchObject({ code: 'SOCOMM_TOO_LARGE' });
  expect(await store.list()).toEqual([{ hash, bytes: BYTES }]);
  await store.close();
});
