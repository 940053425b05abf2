// @ts-check
/**
 * `npm run fuzz`: frames of rubbish into live peers (test/fuzz/fuzz.ts). Prints what became of them, and of each problem the bytes and the
 * command that goes the same way again. Exit code 1 if there was one.
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { progress, runCommand, wholeNumber } from './command-line.mjs';
import { compile, inTemporaryFolder, root } from './simulator.mjs';

const HELP = `npm run fuzz -- [options]

  --frames N   how many frames (default 50000)
  --seed S     where chance begins (default: another each time)
  --help       print this
`;

await runCommand({
  help: HELP,
  read: readArguments,
  run: (options) => inTemporaryFolder((folder) => run(join(folder, 'compiled'), options)),
});

/**
 * @param {string} compiled
 * @param {ReturnType<typeof readArguments>} options
 * @returns {Promise<number>} The exit code.
 */
async function run(compiled, { frames, seed }) {
  await compile({ sources: root, into: compiled, tests: 'test/fuzz' });
  /** @type {typeof import('../test/fuzz/fuzz.ts')} */
  const { fuzz, tableOf } = await import(pathToFileURL(join(compiled, 'test', 'fuzz', 'fuzz.js')).href);
  console.log(`seed ${seed}, ${frames} frames`);
  const figures = await fuzz({ frames, seed, progress: (done) => progress(`${done} of ${frames} frames`) });
  progress('');
  console.log(tableOf(figures));
  for (const problem of figures.problems) console.log(`\n${problem}`);
  if (figures.problems.length === 0) return 0;
  console.log(`\n${figures.problems.length} problems; replay: npm run fuzz -- --frames ${frames} --seed ${seed}`);
  return 1;
}

function readArguments() {
  const { values } = parseArgs({
    options: { frames: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  const frames = wholeNumber('frames', values.frames, 1) ?? 50_000;
  const seed = wholeNumber('seed', values.seed, 0) ?? Math.floor(Math.random() * 2 ** 31);
  return { frames, seed, help: values.help };
}
