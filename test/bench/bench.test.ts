/** Every question of the bench starts, is answered, and ends in the table of the bars. What it measures here means nothing, and nothing of it is asserted. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const BENCH = fileURLToPath(new URL('../../bench/index.mjs', import.meta.url));
const QUESTIONS = fileURLToPath(new URL('../../bench/questions/', import.meta.url));

interface Answer {
  readonly name: string;
  readonly rows: readonly { readonly bars: readonly { readonly isMet: boolean }[] }[];
}

test('the bench answers every question when it is smoked', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-smoke-'));
  try {
    const json = join(folder, 'results.json');
    const { stdout, stderr, status } = spawnSync(process.execPath, [BENCH, '--smoke', `--json=${json}`], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { answers } = JSON.parse(readFileSync(json, 'utf8')) as { answers: readonly Answer[] };
    expect(answers.map(({ name }) => `${name}.mjs`).toSorted()).toEqual(readdirSync(QUESTIONS).toSorted());
    for (const { name, rows } of answers) expect(rows.length, name).toBeGreaterThan(0);
    const bars = answers.flatMap(({ rows }) => rows.flatMap((row) => row.bars));
    expect(bars.length).toBeGreaterThan(0);
    // One line for each bar, at the end.
    expect(stdout.match(/ {2}(met|missed)$/gm)).toHaveLength(bars.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the bench refuses a question that it does not have, and a size that nobody knows', () => {
  for (const [word, named] of [
    ['nothing', 'nothing'],
    ['--sizes=3', 'sizes'],
  ] as const) {
    const { stderr, status } = spawnSync(process.execPath, [BENCH, word], { encoding: 'utf8' });
    expect(stderr).toContain(`'${named}'`);
    expect(status).toBe(1);
  }
});
