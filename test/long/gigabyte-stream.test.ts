/** 1 GiB through a stream to another process: the memory of neither grows with it. */

import { expect, test } from 'vitest';
import { met, TalkPlace } from '../talking/talk-processes.js';

const MIB = 1024 * 1024;
const CARRIED_BYTES = 1024 * MIB;
/** The same as for 128 MiB (test/talking/streams-process.test.ts). */
const GROWTH_BYTES_MAX = 80 * MIB;

test('1 GiB passes through a stream in constant memory', async () => {
  const place = new TalkPlace();
  const [here, there] = [await place.here(), await place.there()];
  await met(here, there.id);
  const stream = await here.openStream(there.id, 'sink');
  const piece = new Uint8Array(256 * 1024).fill(7);
  const rssAtStart = process.memoryUsage().rss;
  let ownPeak = 0;
  const begun = performance.now();
  for (let sent = 0; sent < CARRIED_BYTES; sent += piece.length) {
    await stream.write(piece);
    if (sent % (8 * MIB) === 0) ownPeak = Math.max(ownPeak, process.memoryUsage().rss);
  }
  await stream.end();
  const told: Uint8Array[] = [];
  for await (const part of stream) told.push(part);
  const seconds = (performance.now() - begun) / 1000;
  const { bytes, peak } = JSON.parse(Buffer.concat(told).toString()) as { bytes: number; peak: number };
  console.log(
    `1 GiB in ${seconds.toFixed(1)} s (${(1024 / seconds).toFixed(0)} MiB/s); resident memory grew by ` +
      `${((ownPeak - rssAtStart) / MIB).toFixed(0)} MiB at the writer, ${((peak - there.rssAtStart) / MIB).toFixed(0)} MiB at the reader`,
  );
  expect(bytes).toBe(CARRIED_BYTES);
  expect(peak - there.rssAtStart).toBeLessThan(GROWTH_BYTES_MAX);
  expect(ownPeak - rssAtStart).toBeLessThan(GROWTH_BYTES_MAX);
});
