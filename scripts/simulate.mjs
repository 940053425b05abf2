// @ts-check
/**
 * `npm run simulate`: a group in a made-up world, for many seeds (test/simulation). Prints what it came to, and for each seed
 * that fails what failed and the command that replays it. Exit code 1 if any did.
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { progress, runCommand, wholeNumber } from './command-line.mjs';
import { PEERS_MAX, SEEDS_MAX, atMost, compile, inTemporaryFolder, root, runSeeds } from './simulator.mjs';

const HELP = `npm run simulate -- [options]

  --seeds N    how many seeds to run (default 100, at most ${SEEDS_MAX})
  --seed S     the first seed (default 1)
  --steps N    how many things happen in each, before all heals
  --peers P    with how many peers each begins (default: the seed says; at most ${PEERS_MAX})
  --verbose    print the course of events of one seed (--seed S; implies --seeds 1)
  --help       print this
`;

await runCommand({
  help: HELP,
  read: readArguments,
  run: (options) => inTemporaryFolder((folder) => simulate(join(folder, 'compiled'), options)),
});

/**
 * @param {string} compiled
 * @param {ReturnType<typeof readArguments>} options
 * @returns {Promise<number>} The exit code.
 */
async function simulate(compiled, { seed: first, seeds: count, verbose, steps, peers }) {
  await compile({ sources: root, into: compiled });
  if (verbose) return tellOne(compiled, first, { steps, peers });
  /** @type {typeof import('../test/simulation/report.ts')} */
  const { Report } = await import(pathToFileURL(join(compiled, 'test', 'simulation', 'report.js')).href);
  const report = new Report();
  /** @type {number[]} */
  const failed = [];
  const startedAt = performance.now();
  let done = 0;
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  await runSeeds({
    compiled,
    seeds,
    order: { steps, peers },
    onResult: ({ seed, figures, failure, wallMs }) => {
      done++;
      if (figures !== undefined) report.add(figures, wallMs);
      if (failure !== undefined) {
        failed.push(seed);
        progress('');
        console.log(`seed ${seed} failed: ${failure}\n  replay: ${replay(seed, { steps, peers })}`);
      }
      progress(`${done} of ${count} seeds, ${failed.length} failed`);
    },
  });
  progress('');
  console.log(report.table(performance.now() - startedAt));
  if (failed.length === 0) return 0;
  console.log(`\n${failed.length} of ${count} seeds failed: ${failed.join(' ')}`);
  console.log('Once the bug is understood, put one of them into test/simulation/seeds/corpus.json with a sentence on what it found.');
  return 1;
}

/**
 * @param {string} compiled
 * @param {number} seed
 * @param {{ steps: number | undefined, peers: number | undefined }} options
 */
async function tellOne(compiled, seed, options) {
  /** @type {typeof import('../test/simulation/simulate.ts')} */
  const { simulate: run } = await import(pathToFileURL(join(compiled, 'test', 'simulation', 'simulate.js')).href);
  try {
    const figures = await run(seed, { ...options, tell: (text) => console.log(text) });
    console.log(`seed ${seed} is well: ${JSON.stringify(figures.counts)}`);
    return 0;
  } catch (error) {
    console.log(`seed ${seed} failed: ${error instanceof Error ? error.stack : String(error)}`);
    return 1;
  }
}

/**
 * @param {number} seed
 * @param {{ steps: number | undefined, peers: number | undefined }} options
 */
function replay(seed, { steps, peers }) {
  const more = [steps === undefined ? '' : ` --steps ${steps}`, peers === undefined ? '' : ` --peers ${peers}`].join('');
  return `npm run simulate -- --seed ${seed} --seeds 1${more}`;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      steps: { type: 'string' },
      peers: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const seeds = atMost('seeds', wholeNumber('seeds', values.seeds, 1), SEEDS_MAX) ?? (values.verbose ? 1 : 100);
  const seed = atMost('seed', wholeNumber('seed', values.seed, 0), Number.MAX_SAFE_INTEGER - SEEDS_MAX) ?? 1;
  if (values.verbose && seeds > 1) throw new Error('--verbose tells one seed: leave out --seeds, or say --seeds 1');
  const peers = atMost('peers', wholeNumber('peers', values.peers, 1), PEERS_MAX);
  return { ...values, seed, seeds, steps: wholeNumber('steps', values.steps, 1), peers };
}
