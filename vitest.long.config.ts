import { defineConfig } from 'vitest/config';

/** What takes too long for every day: soak, thousands of seeds, long torture. One file at a time, so that figures mean something. */
export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/long/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60 * 60_000,
    hookTimeout: 60_000,
    passWithNoTests: true,
  },
});
