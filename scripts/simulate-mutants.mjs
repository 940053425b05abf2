// @ts-check
/**
 * `npm run simulate:mutants`: plants one bug after the other into a copy of the sources, and runs the simulator until a
 * seed fails. A simulator that misses a planted bug, or complains without one, is not done: exit code 1.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { runCommand, wholeNumber } from './command-line.mjs';
import { MUTANTS } from './mutants.mjs';
import { SEEDS_MAX, atMost, compile, copySources, inTemporaryFolder, readCorpus, runSeeds } from './simulator.mjs';

/** @typedef {{ name: string, caught: string | undefined, seed: number | undefined, seeds: number, wallMs: number }} Verdict */

const HELP = `npm run simulate:mutants -- [options]

  --only TEXT   those whose name contains the text; may be given more than once
  --seeds N     give a planted bug up after so many seeds (default 400)
  --help        print this
`;

const SEEDS_DEFAULT = 400;
const WITHOUT = 'without a planted bug';
/** The unchanged sources must stand so many; fewer where only some bugs are planted. */
const CLEAN_SEEDS = 40;
const CLEAN_SEEDS_FOR_SOME = 5;

await runCommand({ help: HELP, read: readArguments, run: judgeAll });

/**
 * @param {{ only: string[], seeds: number }} options
 * @returns {Promise<number>} The exit code.
 */
async function judgeAll({ only, seeds }) {
  const chosen = MUTANTS.filter(({ name }) => only.some((text) => name.includes(text)));
  if (chosen.length === 0) {
    process.stderr.write(
      `no planted bug has '${only.join("' or '")}' in its name; there are:\n${MUTANTS.map(({ name }) => `  ${name}`).join('\n')}\n`,
    );
    return 1;
  }
  const cleanSeeds = chosen.length === MUTANTS.length ? CLEAN_SEEDS : CLEAN_SEEDS_FOR_SOME;
  const startedAt = performance.now();
  return inTemporaryFolder(async (folder) => {
    const queue = [undefined, ...chosen].map((mutant, index) => ({ mutant, folder: join(folder, String(index)) }));
    let failures = 0;
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const verdict = await judge(next.folder, next.mutant, next.mutant === undefined ? cleanSeeds : seeds);
        const isWell = (verdict.caught === undefined) === (next.mutant === undefined);
        if (!isWell) failures++;
        console.log(line(verdict, isWell));
      }
    };
    // All are waited for, also after one has failed: they use the folder that is removed afterwards.
    const ends = await Promise.allSettled(Array.from({ length: availableParallelism() }, work));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(`\n${chosen.length} planted bugs, ${failures === 0 ? 'all caught' : `${failures} verdicts are wrong`}, ${seconds} s`);
    return failures === 0 ? 0 : 1;
  });
}

/**
 * @param {string} folder
 * @param {import('./mutants.mjs').Mutant | undefined} mutant
 * @param {number} seedsMax
 * @returns {Promise<Verdict>}
 */
async function judge(folder, mutant, seedsMax) {
  const startedAt = performance.now();
  /** @type {Verdict} */
  const verdict = { name: mutant?.name ?? WITHOUT, caught: undefined, seed: undefined, seeds: 0, wallMs: 0 };
  await mkdir(folder, { recursive: true });
  const sources = join(folder, 'sources');
  const compiled = join(folder, 'compiled');
  copySources(sources);
  if (mutant !== undefined) for (const edit of [mutant, ...(mutant.also ?? [])]) plant(sources, mutant.name, edit);
  await compile({ sources, into: compiled });
  await runSeeds({
    compiled,
    processes: 1,
    seeds: [...readCorpus(), ...Array.from({ length: seedsMax }, (_, index) => index + 1)],
    onResult: ({ seed, failure }) => {
      verdict.seeds++;
      if (failure === undefined) return true;
      verdict.seed = seed;
      verdict.caught = failure;
      return false;
    },
  });
  return { ...verdict, wallMs: performance.now() - startedAt };
}

/**
 * @param {string} sources
 * @param {string} name
 * @param {import('./mutants.mjs').Edit} edit
 */
function plant(sources, name, { file, find, replacement }) {
  const path = join(sources, file);
  const parts = readFileSync(path, 'utf8').split(find);
  if (parts.length !== 2) {
    throw new Error(
      `the planted bug '${name}' does not apply: its text stands ${parts.length - 1} times in ${file}, not once; bring scripts/mutants.mjs up to date`,
    );
  }
  writeFileSync(path, parts.join(replacement));
}

/**
 * @param {Verdict} verdict
 * @param {boolean} isWell
 */
function line({ name, caught, seed, seeds, wallMs }, isWell) {
  const [reason = ''] = (caught ?? '').split('\n');
  const what = caught === undefined ? 'no seed fails' : `seed ${seed}: ${reason.slice(0, 110)}`;
  const cost = `${seeds} seeds, ${(wallMs / 1000).toFixed(1)} s`;
  return `${isWell ? 'ok    ' : 'WRONG '} ${name.padEnd(48)} ${cost.padEnd(18)} ${what}`;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [''] },
      seeds: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  return { ...values, seeds: atMost('seeds', wholeNumber('seeds', values.seeds, 1), SEEDS_MAX) ?? SEEDS_DEFAULT };
}
