import { expect, it } from 'vitest';

import { simulateSeeds } from '../simulation/seeds.js';

const SEEDS = Number(process.env['SEEDS'] ?? 10_000);

it('a group under faults keeps its promises for thousands of seeds', { timeout: SEEDS * 2000 }, async () => {
  const { failures } = await simulateSeeds(10_000, SEEDS);
  expect(failures).toEqual([]);
});
