/** Many seeds in child processes, for tests: `npm run simulate` does the same by hand, and replays one. */

import { join } from 'node:path';

import { compile, inTemporaryFolder, root, runSeeds } from '../../scripts/simulator.mjs';
import { Report } from './report.js';

/** Prints the table, and returns what failed and how to replay it. */
export async function runManySeeds(
  seeds: Iterable<number>,
): Promise<{ readonly failures: readonly string[]; readonly acknowledged: number }> {
  const report = new Report();
  const failures: string[] = [];
  const startedAt = performance.now();
  await inTemporaryFolder(async (folder) => {
    const compiled = join(folder, 'compiled');
    await compile({ sources: root, into: compiled });
    await runSeeds({
      compiled,
      seeds,
      onResult: ({ seed, figures, failure, wallMs }) => {
        if (figures !== undefined) report.add(figures, wallMs);
        if (failure !== undefined) failures.push(`seed ${seed}: ${failure}\n  replay: npm run simulate -- --seed ${seed} --seeds 1`);
      },
    });
  });
  console.log(report.table(performance.now() - startedAt));
  return { failures, acknowledged: report.acknowledged };
}
