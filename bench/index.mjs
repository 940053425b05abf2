/**
 * `npm run bench`: what socomm costs, beside what it is built on, in one run. Two child processes, alternating rounds, medians. Method: bench/README.md.
 * `npm run bench -- scale`: scale.mjs.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

import { measures } from './measures.mjs';
import { judge, measureTakeovers } from './takeover.mjs';

const ROUNDS = 15;
const KILLS = 20;

if (process.argv[2] === 'side') {
  const { serve } = await import('./side.mjs');
  await serve();
} else if (process.argv[2] === 'scale') {
  const { scale } = await import('./scale.mjs');
  process.exitCode = (await scale(process.argv.slice(3))) ? 0 : 1;
} else {
  await compare();
  console.log(`\n${judge(await measureTakeovers({ kills: KILLS })).text}`);
}

async function compare() {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-bench-'));
  const env = { ...process.env, SOCOMM_DIRECTORY: join(folder, 'stores'), SOCOMM_RUNTIME_DIRECTORY: join(folder, 'run') };
  const [writer, follower] = ['b', 'a'].map((name) => fork(import.meta.filename, ['side', name, folder], { env }));
  try {
    // The first to join is the one that writes.
    await ask(writer, 'open');
    await ask(follower, 'open');
    await ask(writer, 'meet');
    await ask(follower, 'meet');
    const sides = { writer, follower };
    const results = measures.map(() => ({ ours: [], bare: [] }));
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [index, measure] of measures.entries()) {
        // Who goes first changes, so that neither always finds the warmer machine.
        const order = round % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours'];
        for (const which of order) {
          for (const [side, task] of measure.before ?? []) await ask(sides[side], task);
          const ms = await ask(sides[measure.side], measure[which]);
          // The first round warms up.
          if (round > 0) results[index][which].push(ms);
          for (const [side, task] of measure.after ?? []) await ask(sides[side], task);
        }
      }
    }
    print(results);
    for (const child of [follower, writer]) {
      await ask(child, 'close');
      child.disconnect();
      await once(child, 'exit');
    }
  } finally {
    for (const child of [writer, follower]) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask(child, task) {
  const answered = new AbortController();
  const ended = once(child, 'exit', { signal: answered.signal }).then(() => [{ error: 'the process ended' }]);
  const answer = once(child, 'message', { signal: answered.signal });
  child.send(task);
  const [{ ms, error }] = await Promise.race([answer, ended]);
  // Nobody waits for the other one any more.
  void Promise.allSettled([answer, ended]);
  answered.abort();
  if (error !== undefined) throw new Error(`${task}: ${error}`);
  return ms;
}

function print(results) {
  const rows = results.map(({ ours, bare }, index) => {
    const ratio = median(ours.map((ms, round) => ms / bare[round]));
    return [measures[index].name, format(median(ours)), measures[index].beside, format(median(bare)), `${ratio.toFixed(1)} ×`];
  });
  const table = [['socomm', 'median', 'beside', 'median', 'ratio'], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  console.log(
    `Node ${process.version}, ${process.platform}-${process.arch}, ${cpus().length} cores; ${ROUNDS} rounds, after one to warm up\n`,
  );
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join('  '));
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function format(ms) {
  return ms < 1 ? `${Math.round(ms * 1000)} µs` : `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}
