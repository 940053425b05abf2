// @ts-check
/**
 * `node bench/talking.mjs [rounds] [pattern of questions]`: what talking costs beside bare zeromq.js doing the same between the same processes, in one run, ours
 * and bare in alternation. One process talks, up to eight listen. Method and what it says: bench/README.md.
 */

import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

const SIDE = new URL('talking-side.mjs', import.meta.url);
const ROUNDS = 5;
const LISTENERS = 8;

/** What is measured: a task of the talking side; `unit` of the figure that comes back, and the bar, if there is one, for ours ÷ bare. */
export const questions = [
  {
    name: 'publish 100 B, gathered, 1 → 1',
    task: 'publish',
    options: { bytes: 100, burst: 100, count: 500_000, listeners: 1 },
    unit: 'per s',
    atLeast: 0.7,
  },
  {
    name: 'publish 100 B, gathered, 1 → 8',
    task: 'publish',
    options: { bytes: 100, burst: 100, count: 100_000, listeners: 8 },
    unit: 'per s',
    atLeast: 0.7,
  },
  {
    name: 'publish 10 KB, gathered, 1 → 1',
    task: 'publish',
    options: { bytes: 10_000, burst: 6, count: 24_000, listeners: 1 },
    unit: 'per s',
    atLeast: 0.7,
  },
  {
    name: 'publish 10 KB, gathered, 1 → 8',
    task: 'publish',
    options: { bytes: 10_000, burst: 6, count: 6_000, listeners: 8 },
    unit: 'per s',
    atLeast: 0.7,
  },
  {
    name: 'publish 100 B, one by one, 1 → 1',
    task: 'publish',
    options: { bytes: 100, burst: 1, count: 20_000, listeners: 1 },
    unit: 'per s',
  },
  {
    name: 'publish 10 KB, one by one, 1 → 1',
    task: 'publish',
    options: { bytes: 10_000, burst: 1, count: 10_000, listeners: 1 },
    unit: 'per s',
  },
  { name: 'request round trip, 100 B', task: 'request', options: { bytes: 100, count: 2_000 }, unit: 'µs', atMost: 1.5 },
  { name: 'stream', task: 'stream', options: { megabytes: 256 }, unit: 'MB/s' },
];

if (process.argv[1] === import.meta.filename) await main(Number(process.argv[2] ?? ROUNDS), new RegExp(process.argv[3] ?? ''));

/**
 * @param {number} rounds
 * @param {RegExp} only Of the questions.
 */
async function main(rounds, only) {
  const results = await measureTalking({ rounds, only });
  console.log(
    `Node ${process.version}, ${process.platform}-${process.arch}, ${cpus().length} cores; ${rounds} rounds, after one to warm up\n`,
  );
  console.log(table(results));
}

/**
 * @param {{ rounds: number, only?: RegExp, share?: number }} options `share`: of the messages; with fewer than all, the figures mean little.
 * @returns {Promise<{ name: string, unit: string, ours: number, bare: number, ratio: number, bar: string, isMet: boolean, rounds: { ours: number[], bare: number[] } }[]>}
 */
export async function measureTalking({ rounds, only = /(?:)/, share = 1 }) {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-b-'));
  const env = { ...process.env, SOCOMM_DIRECTORY: join(folder, 'stores'), SOCOMM_RUNTIME_DIRECTORY: join(folder, 'run') };
  const talking = fork(SIDE, ['talk', folder, '0'], { env });
  const listening = Array.from({ length: LISTENERS }, (_, at) => fork(SIDE, ['listen', folder, String(at)], { env }));
  const all = [talking, ...listening];
  const chosen = questions.filter(({ name }) => only.test(name));
  const figures = chosen.map(() => ({ ours: /** @type {number[]} */ ([]), bare: /** @type {number[]} */ ([]) }));
  try {
    for (const side of all) await ask(side, 'open');
    for (const side of listening) await ask(side, 'connect');
    await ask(talking, 'meet', { listeners: LISTENERS });
    for (let round = 0; round <= rounds; round++) {
      for (const [at, { task, options: whole }] of chosen.entries()) {
        const options = shareOf(whole, share);
        /** @type {('ours' | 'bare')[]} */
        const order = round % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours'];
        for (const way of order) {
          const heard = listening.map((side, place) =>
            ask(side, 'hear', { ...options, way, task, isMeant: place < (options.listeners ?? 1) }),
          );
          await Promise.all(heard);
          const { figure } = await ask(talking, task, { ...options, way });
          if (round > 0) figures[at]?.[way].push(figure);
        }
      }
    }
    for (const side of all) {
      await ask(side, 'close');
      side.disconnect();
    }
  } finally {
    for (const side of all) {
      if (side.exitCode === null) side.kill('SIGKILL');
    }
    rmSync(folder, { recursive: true, force: true });
  }
  return chosen.map(({ name, unit, atLeast, atMost }, at) => {
    const { ours, bare } = /** @type {{ ours: number[], bare: number[] }} */ (figures[at]);
    const ratio = median(ours.map((each, round) => each / (bare[round] ?? NaN)));
    const isMet = (atLeast === undefined || ratio >= atLeast) && (atMost === undefined || ratio <= atMost);
    const bar = atLeast !== undefined ? `≥ ${atLeast}` : atMost !== undefined ? `≤ ${atMost}` : '';
    return { name, unit, ours: median(ours), bare: median(bare), ratio, bar, isMet, rounds: { ours, bare } };
  });
}

/**
 * @param {any} options
 * @param {number} share
 */
function shareOf(options, share) {
  if (share === 1) return options;
  const some = (/** @type {number | undefined} */ all) => (all === undefined ? undefined : Math.ceil(all * share));
  return { ...options, count: some(options.count), megabytes: some(options.megabytes) };
}

/** @param {Awaited<ReturnType<typeof measureTalking>>} results */
function table(results) {
  const head = ['', 'socomm', 'zeromq.js', '', 'ratio', 'bar'];
  const rows = results.map(({ name, unit, ours, bare, ratio, bar, isMet }) => [
    name,
    show(ours),
    show(bare),
    unit,
    `${ratio.toFixed(2)} ×`,
    bar === '' ? '' : `${bar}${isMet ? '' : '  MISSED'}`,
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** @param {number} figure */
function show(figure) {
  return figure >= 1000 ? Math.round(figure).toLocaleString('en') : figure.toFixed(1);
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/**
 * @param {import('node:child_process').ChildProcess} side
 * @param {string} task
 * @param {object} [options]
 * @returns {Promise<any>}
 */
async function ask(side, task, options = {}) {
  const answered = new Promise((resolve, reject) => {
    const onMessage = (/** @type {any} */ message) => {
      if (message.task !== task) return;
      side.off('message', onMessage);
      side.off('exit', onExit);
      if (message.error === undefined) resolve(message);
      else reject(new Error(`${task}: ${message.error}`));
    };
    const onExit = (/** @type {number | null} */ code, /** @type {string | null} */ signal) =>
      reject(new Error(`a side ended with ${code ?? signal}`));
    side.on('message', onMessage);
    side.once('exit', onExit);
  });
  side.send({ task, options });
  return answered;
}
