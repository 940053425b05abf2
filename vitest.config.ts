import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // ZeroMQ and LevelDB abort the process when a worker thread that holds them ends: forks, never threads.
    pool: 'forks',
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
