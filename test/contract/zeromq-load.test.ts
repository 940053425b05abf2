/** What a stopped reader costs the process that publishes at full load: real processes, one of them stopped. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FRAME_UPDATES_BYTES_MAX } from '../../sync/limits.js';
import { PUBLISHED_HIGH_WATER_FRAMES } from '../../sync/zeromq/sockets.js';
import { LoadProcess } from './load-process.js';

const MEBIBYTE = 1024 * 1024;
/** Buffers that JavaScript has not yet collected, and the queue of the publisher itself. */
const SLACK_BYTES = 160 * MEBIBYTE;

let runtimeDirectory: string;
const started: LoadProcess[] = [];

beforeEach(() => {
  runtimeDirectory = mkdtempSync(join(tmpdir(), 'socomm-load-'));
});

afterEach(() => {
  for (const each of started.splice(0)) each.close();
  rmSync(runtimeDirectory, { recursive: true, force: true });
});

async function start(): Promise<LoadProcess> {
  const load = await LoadProcess.start(runtimeDirectory);
  started.push(load);
  return load;
}

describe('ZeroMQ at full load', () => {
  it(
    'keeps the memory of a publisher bounded whose readers are stopped, and reaches them when they go on',
    { timeout: 60_000 },
    async () => {
      const [writer, ...readers] = [await start(), await start(), await start()];
      for (const reader of readers) reader.child.send({ kind: 'follow', peer: writer.address, keys: ['d/'] });
      while ((await writer.report()).subscriptions < readers.length);
      for (const reader of readers) reader.stop();
      const { startRss, maxRss, frames } = await writer.flood('d/x', FRAME_UPDATES_BYTES_MAX, 8000);
      expect(frames).toBeGreaterThan(4 * PUBLISHED_HIGH_WATER_FRAMES);
      const grownBytes = maxRss - startRss;
      expect(grownBytes).toBeLessThan(PUBLISHED_HIGH_WATER_FRAMES * FRAME_UPDATES_BYTES_MAX + SLACK_BYTES);
      for (const reader of readers) {
        reader.goOn();
        while (!(await reader.heard()).includes('end')) writer.child.send({ kind: 'publish', key: 'd/x', message: 'end' });
        const heard = (await reader.heard()).filter((text) => text !== 'end').map(Number);
        expect(heard[0]).toBe(0);
        expect(heard.length).toBeLessThan(frames);
        expect(heard.every((number, index) => index === 0 || number > Number(heard[index - 1]))).toBe(true);
      }
    },
  );
});
