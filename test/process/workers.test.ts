/** Worker threads where nobody hosts them: the addons would take the process down with the first that ends, so they are kept from there. Where somebody does: test/worker. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { CJS, ESM, Place } from './members.js';

const WORKERS_HOST = join(import.meta.dirname, 'workers.mjs');
const ROUNDS = 5;

interface Outcome {
  readonly refusals: Readonly<Record<string, number>>;
  readonly taken: number;
  readonly size: number;
  readonly term: number;
}

for (const [kind, build] of [
  ['ESM', ESM],
  ['CJS', CJS],
] as const) {
  test(`a worker thread that nobody hosts is refused with a code (${kind}), and workers that are ended while they write or join leave the process whole`, async () => {
    const place = new Place();
    const order = { build, directory: place.store, runtimeDirectory: place.sockets, rounds: ROUNDS };
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [WORKERS_HOST, JSON.stringify(order)], {
      encoding: 'utf8',
      timeout: 25_000,
    });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    const outcome = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Outcome;
    console.log(`${kind}: ${5 * ROUNDS} workers ended, ${outcome.taken} updates came from them; ${JSON.stringify(outcome.refusals)}`);
    expect(outcome.refusals).toEqual({ SOCOMM_NOT_MAIN_THREAD: 2 * ROUNDS });
    expect(outcome.taken).toBeGreaterThan(ROUNDS);
    const found = await place.fork().join('later', build);
    expect(await found.size()).toBe(outcome.size);
  });
}
