import { expect, it } from 'vitest';

import { runManySeeds } from '../simulation/many-seeds.js';

const SEEDS = Number(process.env['SEEDS'] ?? 10_000);
/** Others than every day's. */
const FIRST = 100_000;

it('a group under faults keeps its promises for thousands of seeds', { timeout: 60_000 + SEEDS * 1000 }, async () => {
  const { failures } = await runManySeeds(Array.from({ length: SEEDS }, (_, index) => FIRST + index));
  expect(failures).toEqual([]);
});
