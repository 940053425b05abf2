// @ts-check
/**
 * `npm run torture`: real processes with several copies each on one store, killed, stopped and restarted by chance (test/torture). Prints
 * what it came to. Exit code 1 if anything acknowledged is missing, a term did not grow, or two wrote at once; then the folder is kept.
 */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { table, torture } from '../test/torture/torture.mjs';
import { build } from './build.mjs';
import { runCommand, wholeNumber } from './command-line.mjs';
import { atMost } from './simulator.mjs';

const HELP = `npm run torture -- [options]

  --seconds N    how long (default 20)
  --processes P  how many live at a time (default 3)
  --copies C     loaded copies of the package in each (default 2)
  --seed S       what is done to whom (default: by chance)
  --no-lock      everybody is told to have the lock: shows that violations are found
  --help         print this
`;

const SECONDS_MAX = 86_400;
const PROCESSES_MAX = 64;
const COPIES_MAX = 16;
const SEED_MAX = 2 ** 31;
const PRINTED_VIOLATIONS_MAX = 20;

await runCommand({ help: HELP, read: readArguments, run });

/**
 * @param {ReturnType<typeof readArguments>} options
 * @returns {Promise<number>} The exit code.
 */
async function run({ seconds, processes, copies, seed, hasLock }) {
  const { errors } = await build();
  if (errors !== '') {
    process.stderr.write(errors);
    return 1;
  }
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'socomm-torture-')));
  console.log(`torture: ${processes} processes of ${copies} copies for ${seconds} s, seed ${seed}${hasLock ? '' : ', without the lock'}`);
  const outcome = await torture({ folder, seconds, processes, copies, seed, hasLock });
  console.log(table({ ...outcome, violations: outcome.violations.slice(0, PRINTED_VIOLATIONS_MAX) }));
  if (outcome.violations.length === 0) {
    rmSync(folder, { recursive: true, force: true });
    return 0;
  }
  const without = hasLock ? '' : ' --no-lock';
  console.log(`\nwhat is left lies in ${folder}: all violations, the journal, what each process said and its standard error`);
  console.log(`again: npm run torture -- --seconds ${seconds} --processes ${processes} --copies ${copies} --seed ${seed}${without}`);
  return 1;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      processes: { type: 'string' },
      copies: { type: 'string' },
      seed: { type: 'string' },
      'no-lock': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  /** @type {(name: 'seconds' | 'processes' | 'copies' | 'seed', least: number, most: number) => number | undefined} */
  const number = (name, least, most) => atMost(name, wholeNumber(name, values[name], least), most);
  return {
    help: values.help,
    hasLock: !values['no-lock'],
    seconds: number('seconds', 1, SECONDS_MAX) ?? 20,
    processes: number('processes', 1, PROCESSES_MAX) ?? 3,
    copies: number('copies', 1, COPIES_MAX) ?? 2,
    seed: number('seed', 0, SEED_MAX) ?? Math.floor(Math.random() * SEED_MAX),
  };
}
