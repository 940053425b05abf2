import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

import { makeDirectory } from '../../src/base/make-directory.js';

const folder = mkdtempSync(join(tmpdir(), 'socomm-mkdir-'));
const racers: ChildProcess[] = [];
afterAll(() => {
  for (const racer of racers) racer.kill();
  rmSync(folder, { recursive: true, force: true });
});

it('four processes that make the same three levels at the same moment all succeed', async () => {
  for (let count = 0; count < 4; count++) racers.push(fork(new URL('make-directory-racer.mjs', import.meta.url)));
  await Promise.all(racers.map((racer) => once(racer, 'message')));
  for (let round = 0; round < 60; round++) {
    const path = join(folder, `round-${round}`, 'a', 'b');
    const at = performance.timeOrigin + performance.now() + 3;
    const answers = racers.map((racer) => once(racer, 'message'));
    for (const racer of racers) racer.send({ path, at });
    expect((await Promise.all(answers)).map(([answer]: unknown[]) => answer)).toEqual(racers.map(() => ({ made: true })));
  }
});

it('where the system makes nothing the error comes, and soon', () => {
  expect(() => makeDirectory('/proc/socomm/store', 0o700)).toThrow('ENOENT');
});
