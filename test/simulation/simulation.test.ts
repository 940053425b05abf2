/** The simulator over many seeds, in child processes: `npm run simulate` does the same by hand, and replays one. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { inTemporaryFolder, compile, readCorpus, root, runSeeds } from '../../scripts/simulator.mjs';
import { Report } from './report.js';
import { simulate } from './simulate.js';

const isCi = process.env['CI'] !== undefined;
const count = Number(process.env['SEEDS'] ?? (isCi ? 1000 : 150));

describe('a group under loss, delay, partitions, kills, stops, clock jumps and newcomers', () => {
  it(
    'comes to rest equal, with one writer at any time and every acknowledged change on disk',
    { timeout: 60_000 + count * 1000 },
    async () => {
      const report = new Report();
      const failures: string[] = [];
      const startedAt = performance.now();
      await inTemporaryFolder(async (folder) => {
        const compiled = join(folder, 'compiled');
        await compile({ sources: root, into: compiled });
        await runSeeds({
          compiled,
          seeds: new Set([...readCorpus(), ...Array.from({ length: count }, (_, index) => index + 1)]),
          onResult: ({ seed, figures, failure, wallMs }) => {
            if (figures !== undefined) report.add(figures, wallMs);
            if (failure !== undefined) failures.push(`seed ${seed}: ${failure}\n  replay: npm run simulate -- --seed ${seed} --seeds 1`);
          },
        });
      });
      console.log(report.table(performance.now() - startedAt));
      expect(failures).toEqual([]);
      expect(report.acknowledged).toBeGreaterThan(count);
    },
  );

  it('takes the same course for the same seed, to the last byte', async () => {
    const [once, again, other] = [await simulate(7), await simulate(7), await simulate(8)];
    expect(again.fingerprint).toBe(once.fingerprint);
    expect(other.fingerprint).not.toBe(once.fingerprint);
  });
});
