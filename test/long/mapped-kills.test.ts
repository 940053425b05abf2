/** As test/mapped/kills.test.ts, some hundred times. */

import { expect, it } from 'vitest';
import { killWriters } from '../mapped/kills.js';

it('three hundred writers that are killed in the middle of it leave whole values, and nothing else is read', async () => {
  const { reads, ...wrong } = await killWriters({ count: 300 });
  expect(wrong).toEqual({ torn: 0, tornAfter: 0, lostAfter: 0 });
  expect(reads).toBeGreaterThan(100_000);
});
