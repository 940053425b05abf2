import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

const isCi = process.env['CI'] !== undefined;

/** Files that hold a time against a bar: alone on the machine, after all others (CONTRIBUTING.md, "Time in tests"). */
const TIMED = 'test/**/*.timed.test.ts';
const LONG = 'test/long/**';

export default defineConfig({
  test: {
    // ZeroMQ and LevelDB abort the process when a worker thread that holds them ends: forks, never threads.
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // The counts that .ci/run prints at its end.
    reporters: isCi ? ['default', 'json'] : ['default'],
    outputFile: { json: 'coverage/test-report.json' },
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: [LONG, TIMED],
          // One more than there are processors: most wait for processes of their own.
          maxWorkers: availableParallelism() + 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'timed',
          include: [TIMED],
          exclude: [LONG],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
