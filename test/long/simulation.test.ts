import { join } from 'node:path';
import { expect, it } from 'vitest';

import { compile, inTemporaryFolder, root, runSeeds } from '../../scripts/simulator.mjs';
import { Report } from '../simulation/report.js';

const SEEDS = Number(process.env['SEEDS'] ?? 10_000);
/** Others than every day's. */
const FIRST = 100_000;

it('a group under faults keeps its promises for thousands of seeds', { timeout: 60_000 + SEEDS * 1000 }, async () => {
  const report = new Report();
  const failures: string[] = [];
  const startedAt = performance.now();
  await inTemporaryFolder(async (folder) => {
    const compiled = join(folder, 'compiled');
    await compile({ sources: root, into: compiled });
    await runSeeds({
      compiled,
      seeds: Array.from({ length: SEEDS }, (_, index) => FIRST + index),
      onResult: ({ seed, figures, failure, wallMs }) => {
        if (figures !== undefined) report.add(figures, wallMs);
        if (failure !== undefined) failures.push(`seed ${seed}: ${failure}`);
      },
    });
  });
  console.log(report.table(performance.now() - startedAt));
  expect(failures).toEqual([]);
});
