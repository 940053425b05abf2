import { describe, expect, it } from 'vitest';

import { simulateSeeds } from './seeds.js';

/** `SEED=466 npx vitest run test/simulation` replays one; `SEEDS=1000` runs that many. */
const first = Number(process.env['SEED'] ?? 1);
const count = process.env['SEED'] === undefined ? Number(process.env['SEEDS'] ?? 100) : 1;

describe('a group under loss, delay, partitions, kills and newcomers', () => {
  it(
    'comes to rest equal, with one writer at any time and every acknowledged change on disk',
    { timeout: 10_000 + count * 2000 },
    async () => {
      const { failures, acknowledged } = await simulateSeeds(first, count);
      expect(failures).toEqual([]);
      expect(acknowledged).toBeGreaterThan(0);
    },
  );
});
