/** The bodies of a real library, put by one peer and read by another: as many at once as there are, and one after the other. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { sha256 } from '../contract/blob-store.js';
import { temporaryDirectory } from '../storage/temporary.js';
import { blobFolder, filesIn, makeBlobStore } from './folder.js';

const LIBRARY = join(import.meta.dirname, '../../../shared/data/amsynth/amsynth-presets.jsonl.gz');
const isMissing = !existsSync(LIBRARY);

describe.skipIf(isMissing)(`the bodies of a real library${isMissing ? ` (skipped: ${LIBRARY} missing)` : ''}`, () => {
  test('3,482 at once take few syncs, and all come back', async () => {
    const bodies = gunzipSync(readFileSync(LIBRARY))
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Buffer.from(line));
    expect(bodies).toHaveLength(3482);
    const directory = await temporaryDirectory();
    const store = makeBlobStore(directory);
    const begun = performance.now();
    const hashes = await Promise.all(bodies.map((body) => store.put(body)));
    const putMs = performance.now() - begun;
    expect(await filesIn(blobFolder(directory))).toHaveLength(1);
    const reader = makeBlobStore(directory);
    const reading = performance.now();
    for (const [index, hash] of hashes.entries()) expect(sha256(await reader.get(hash))).toBe(sha256(bodies[index] as Buffer));
    const readMs = performance.now() - reading;
    const again = performance.now();
    await Promise.all(bodies.map((body) => reader.put(body)));
    const againMs = performance.now() - again;
    expect(await filesIn(blobFolder(directory))).toHaveLength(1);
    const single = performance.now();
    for (let index = 0; index < 200; index++) await store.put(Buffer.from(`one after the other ${index}`));
    const singleMs = performance.now() - single;
    const perSecond = (count: number, ms: number): string => `${Math.round(count / (ms / 1000)).toLocaleString('en')}/s`;
    const bytes = bodies.reduce((sum, { length }) => sum + length, 0);
    console.log(
      `${bodies.length} bodies (${(bytes / 1e6).toFixed(1)} MB): put at once ${putMs.toFixed(0)} ms (${perSecond(bodies.length, putMs)}); ` +
        `read one by one ${readMs.toFixed(0)} ms (${perSecond(bodies.length, readMs)}); put again ${againMs.toFixed(0)} ms; ` +
        `put one after the other ${perSecond(200, singleMs)}`,
    );
    await store.close();
    await reader.close();
  });
});
