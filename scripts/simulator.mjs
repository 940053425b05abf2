// @ts-check
/**
 * What `simulate` and `simulate:mutants` share: the sources and the simulator compiled into a folder of their own, and
 * child processes that run seeds there. Nothing of it needs a build, or leaves anything behind.
 */

import { fork, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('../test/simulation/worker.ts').Order} Order */
/** @typedef {import('../test/simulation/worker.ts').Result} Result */

export const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
export const SOURCES = ['src', 'sync', 'storage', 'talk', 'test/simulation'];

/** What makes a folder's files ES modules, to the compiler as to Node. */
const MODULES = '{ "type": "module" }\n';

/** A seed that takes longer hangs: no virtual time passes, or far too much. */
const SEED_MS_MAX = 60_000;
/** With how many peers that is enough; the pairs of a mesh, and so the work, grow by the square. */
const PEERS_FOR_SEED_MS_MAX = 8;

/** Seeds of one run: some days of work. */
export const SEEDS_MAX = 1_000_000;
/** Peers that a run begins with: more than anybody has waited for. */
export const PEERS_MAX = 100;

/**
 * Throws, with words for people, where a number on the command line is too high.
 * @template {number | undefined} T
 * @param {string} name
 * @param {T} number
 * @param {number} most
 * @returns {T}
 */
export function atMost(name, number, most) {
  if (number !== undefined && number > most) throw new Error(`--${name} takes at most ${most}, not ${number}`);
  return number;
}

/** @param {number} [peers] With how many the seed begins, where that was asked for. */
function seedMsMax(peers = 0) {
  return Math.ceil(SEED_MS_MAX * Math.max(1, peers / PEERS_FOR_SEED_MS_MAX) ** 2);
}

/**
 * Calls `work` with an empty folder, in which the dependencies are found, and removes it afterwards.
 * @template T
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inTemporaryFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'socomm-simulate-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Seeds that found a bug once.
 * @returns {number[]}
 */
export function readCorpus() {
  /** @type {{ seed: number }[]} */
  const corpus = JSON.parse(readFileSync(join(root, 'test', 'simulation', 'seeds', 'corpus.json'), 'utf8'));
  return corpus.map(({ seed }) => seed);
}

/**
 * A copy of the sources, to be changed.
 * @param {string} folder
 */
export function copySources(folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), MODULES);
  for (const source of SOURCES) cpSync(join(root, source), join(folder, source), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
}

/**
 * Compiles without checking types: that is `npm run lint`'s business, and a planted bug may leave an import unused.
 * @param {{ sources: string, into: string, tests?: string }} folders `tests`: which of the tests' folders comes along.
 */
export async function compile({ sources, into, tests = 'test/simulation' }) {
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, 'package.json'), MODULES);
  const project = join(into, 'tsconfig.json');
  const compilerOptions = { rootDir: sources, outDir: into, declaration: false, incremental: false, noCheck: true };
  const include = ['src', 'sync', 'storage', tests].map((source) => `${sources}/${source}`);
  const exclude = [`${sources}/${tests}/*.test.ts`];
  writeFileSync(project, JSON.stringify({ extends: join(root, 'tsconfig.esm.json'), compilerOptions, include, exclude }));
  await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, '--project', project], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(undefined) : reject(new Error(`the simulator does not compile:\n${output}`))));
  });
}

/**
 * Runs seeds in child processes, and hands each result over as it comes; stops early where `onResult` returns false.
 * @param {object} options
 * @param {string} options.compiled
 * @param {Iterable<number>} options.seeds
 * @param {Omit<Order, 'seed'>} [options.order]
 * @param {number} [options.processes]
 * @param {(result: Result) => boolean | void} options.onResult
 */
export async function runSeeds({ compiled, seeds, order = {}, processes = availableParallelism(), onResult }) {
  const queue = seeds[Symbol.iterator]();
  let isOver = false;
  /** @param {Result} result */
  const take = (result) => {
    if (!isOver) isOver = onResult(result) === false;
  };
  /** @returns {number | undefined} */
  const next = () => {
    if (isOver) return undefined;
    const { done, value } = queue.next();
    return done === true ? undefined : value;
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.max(1, processes) }, () => runWorkers({ compiled, order, next, take })));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/**
 * One worker after the other: a seed that hangs takes its process with it.
 * @param {{ compiled: string, order: Omit<Order, 'seed'>, next: () => number | undefined, take: (result: Result) => void }} options
 */
async function runWorkers({ compiled, order, next, take }) {
  for (let seed = next(); seed !== undefined; seed = await runWorker({ compiled, order, next, take, seed }));
}

/**
 * Resolves with a seed that waits to be run, if this process ended before all were.
 * @param {{ compiled: string, order: Omit<Order, 'seed'>, next: () => number | undefined, take: (result: Result) => void, seed: number }} options
 * @returns {Promise<number | undefined>}
 */
function runWorker({ compiled, order, next, take, seed }) {
  return new Promise((resolve, reject) => {
    const child = fork(join(compiled, 'test', 'simulation', 'worker.js'), { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    let current = seed;
    let errors = '';
    /** @type {NodeJS.Timeout | undefined} */
    let limit;
    let hasRun = false;
    /** @type {number | undefined} */
    let following;
    const limitMs = seedMsMax(order.peers);
    const give = () => {
      limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
      child.send({ ...order, seed: current });
    };
    child.stderr?.on('data', (chunk) => (errors = (errors + chunk).slice(-4000)));
    child.on('error', reject);
    child.on('message', (/** @type {Result} */ result) => {
      clearTimeout(limit);
      hasRun = true;
      take(result);
      following = next();
      if (!child.connected) return; // something was left uncaught: it ends by itself
      if (following === undefined) return child.disconnect();
      current = following;
      give();
    });
    child.on('exit', (code, signal) => {
      clearTimeout(limit);
      if (code === 0) return resolve(undefined);
      if (signal === 'SIGKILL') {
        take({ seed: current, wallMs: limitMs, failure: `no end after ${limitMs / 1000} s` });
        return resolve(next());
      }
      if (hasRun) return resolve(following);
      reject(new Error(`the simulator does not start: it ended with ${code ?? signal}:\n${errors}`));
    });
    give();
  });
}
