import { describe, expect, it } from 'vitest';

import { readCorpus } from '../../scripts/simulator.mjs';
import { runManySeeds } from './many-seeds.js';
import { simulate } from './simulate.js';

const isCi = process.env['CI'] !== undefined;
const count = Number(process.env['SEEDS'] ?? (isCi ? 1000 : 150));

describe('a group under loss, delay, partitions, kills, stops, clock jumps and newcomers', () => {
  it(
    'comes to rest equal, with one writer at any time and every acknowledged change on disk',
    { timeout: 60_000 + count * 1000 },
    async () => {
      const seeds = new Set([...readCorpus(), ...Array.from({ length: count }, (_, index) => index + 1)]);
      const { failures, acknowledged } = await runManySeeds(seeds);
      expect(failures).toEqual([]);
      expect(acknowledged).toBeGreaterThan(count);
    },
  );

  it('takes the same course for the same seed, to the last byte', async () => {
    const [once, again, other] = [await simulate(7), await simulate(7), await simulate(8)];
    expect(again.fingerprint).toBe(once.fingerprint);
    expect(other.fingerprint).not.toBe(once.fingerprint);
  });
});
