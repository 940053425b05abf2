import { defineConfig } from 'vitest/config';

const isCi = process.env['CI'] !== undefined;

export default defineConfig({
  test: {
    // ZeroMQ and LevelDB abort the process when a worker thread that holds them ends: forks, never threads.
    pool: 'forks',
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // The counts that .ci/run prints at its end.
    reporters: isCi ? ['default', 'json'] : ['default'],
    outputFile: { json: 'coverage/test-report.json' },
  },
});
