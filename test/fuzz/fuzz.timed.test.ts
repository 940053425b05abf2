/** The fuzzer for every day. `npm run fuzz -- --frames 1000000` goes on for longer; `FUZZ_SEED=7 npx vitest run test/fuzz` goes another way. */

import { expect, test } from 'vitest';

import { fuzz, tableOf } from './fuzz.js';

const FRAMES = Number(process.env['FUZZ_FRAMES'] ?? 50_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);

test(`${FRAMES} frames of rubbish leave peers alive, quick and of one mind`, { timeout: 180_000 }, async () => {
  const figures = await fuzz({ frames: FRAMES, seed });
  console.log(`seed ${seed}\n${tableOf(figures)}`);
  expect(figures.problems.map((problem) => `${problem}\n  replay: npm run fuzz -- --frames ${FRAMES} --seed ${seed}`)).toEqual([]);
});
