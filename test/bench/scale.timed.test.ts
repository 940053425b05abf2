/** The bench of scale starts, goes through all of its rows, and says of each bar whether it is met: with sizes at which the figures mean nothing. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const BENCH = fileURLToPath(new URL('../../bench/index.mjs', import.meta.url));
const TINY = {
  ...{ presets: 60, instances: 4, processes: 2, settleMs: 1, idleSeconds: 0.1, rounds: 1, imported: 40 },
  ...{ knobSeconds: 1, knobInstances: 4, gestures: 16, restMs: 50 },
};

test('the bench of scale goes through all rows and judges each by its bar', () => {
  const sizes = Object.entries(TINY).map(([name, value]) => `--${name}=${value}`);
  const { stdout, stderr, status } = spawnSync(process.execPath, [BENCH, 'scale', ...sizes], { encoding: 'utf8', timeout: 25_000 });
  expect(stderr).toBe('');
  const judged = stdout.match(/^ {2}bar .*: (met|MISSED)$/gm) ?? [];
  expect(judged).toHaveLength(14);
  for (const what of ['instances', 'from cold', 'newcomer', 'from disk', 'presets imported', 'settings map'])
    expect(stdout).toContain(what);
  // With a bar missed, as well it may be at such sizes, it ends with 1.
  expect(status).toBe(judged.some((line) => line.endsWith('MISSED')) ? 1 : 0);
});

test('the bench of scale refuses a row that it does not have', () => {
  const { stderr, status } = spawnSync(process.execPath, [BENCH, 'scale', 'nothing'], { encoding: 'utf8' });
  expect(stderr).toContain("'nothing' is none of the rows");
  expect(status).toBe(1);
});
