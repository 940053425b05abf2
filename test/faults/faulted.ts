/**
 * Processes on a disk that fails when a test says so: faults.c, compiled once and preloaded. Where that cannot be (no gcc, no Linux),
 * `faultsMissing` says why. A run gives back what the process said, how it ended, and the calls that it made.
 */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { bundleBuild } from '../process/bundle.js';
import { CJS, ESM } from '../process/members.js';
import { toldBlobs } from './left-blobs.js';
import type { ToldBlobs } from './left-blobs.js';

const LIFE = join(import.meta.dirname, 'life.mjs');
const SOURCE = join(import.meta.dirname, 'faults.c');
const RUN_MS_MAX = 60_000;

export type Fault = 'ENOSPC' | 'EIO' | 'EMFILE' | 'EROFS' | 'EDQUOT' | 'short' | 'kill' | 'kill-after' | 'kill-torn';

export interface FaultPlan {
  readonly fault: Fault;
  /** The first counted call that fails, from 1. */
  readonly at: number;
  /** The last one; `'freed'`: all of them until the process frees the disk. */
  readonly to: number | 'freed';
}

export interface RunOrder {
  readonly scenario: string;
  readonly part: 'prepare' | 'run';
  readonly directory: string;
  readonly runtimeDirectory: string;
  /** For files of the run itself. */
  readonly folder: string;
  readonly plan?: FaultPlan;
}

export interface Call {
  readonly number: number;
  readonly call: string;
  /** Below the store. */
  readonly path: string;
  /** What the store was at; empty where it was nothing of the store's, as the roster. */
  readonly purpose: string;
  readonly isFaulty: boolean;
}

export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly calls: readonly Call[];
  readonly lines: readonly string[];
  readonly errors: string;
  /** The contents that it went through, the one it found first. */
  readonly states: readonly Content[];
  /** How many changes are acknowledged, and under which term at last; -1 before the first acknowledgement. */
  readonly acknowledged: number;
  readonly term: number;
  readonly refusals: readonly string[];
  /** Checkpoints that were made. */
  readonly kept: readonly string[];
  readonly blobs: ToldBlobs;
  readonly isClosed: boolean;
}

export type Content = Readonly<Record<string, unknown>>;

/** Why there are no faults here; undefined where there are. */
export const faultsMissing: string | undefined = whyMissing();

function whyMissing(): string | undefined {
  if (process.platform !== 'linux') return `LD_PRELOAD is Linux's; this is ${process.platform}`;
  return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'gcc is not installed here';
}

export class Faults {
  readonly #folder = mkdtempSync(join(tmpdir(), 'socomm-faults-'));
  readonly #library = join(this.#folder, 'faults.so');
  /** What the processes load: hundreds of them are started. It gives out what `life.mjs` patches. */
  readonly build = bundleBuild(this.#folder, ['peer.js', '../storage/level-store.js']);

  constructor() {
    const { status, stderr } = spawnSync('gcc', ['-shared', '-fPIC', '-O1', '-Wall', '-o', this.#library, SOURCE, '-ldl'], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What a process needs in its environment to meet the faults; `marker` makes them happen as long as it is there. */
  environment(directory: string, { log, plan, marker }: { log: string; plan?: FaultPlan | undefined; marker: string }): NodeJS.ProcessEnv {
    return {
      ...process.env,
      LD_PRELOAD: this.#library,
      FAULTS_UNDER: directory,
      FAULTS_LOG: log,
      ...(plan === undefined ? {} : { FAULTS_DO: plan.fault, FAULTS_AT: String(plan.at) }),
      ...(plan?.fault === 'EMFILE' ? { FAULTS_COUNT: 'opens' } : {}),
      ...(plan === undefined ? {} : plan.to === 'freed' ? { FAULTS_WHILE: marker } : { FAULTS_TO: String(plan.to) }),
    };
  }

  async run({ scenario, part, directory, runtimeDirectory, folder, plan }: RunOrder): Promise<Run> {
    const log = join(folder, 'calls');
    const marker = join(folder, 'failing');
    if (plan?.to === 'freed') writeFileSync(marker, '');
    const order = {
      build: this.build,
      other: join(dirname(CJS), 'join.js'),
      inner: ESM,
      scenario,
      part,
      directory,
      runtimeDirectory,
      marker,
    };
    const env = this.environment(directory, { log, plan, marker });
    const child = spawn(process.execPath, [LIFE, JSON.stringify(order)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const limit = setTimeout(() => child.kill('SIGABRT'), RUN_MS_MAX);
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('close', (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
    });
    clearTimeout(limit);
    return { code, signal, errors, calls: existsSync(log) ? callsIn(readFileSync(log, 'utf8'), directory) : [], ...told(output) };
  }
}

/** Lines that begin with `@` are the process's own: what the calls after it are made for. */
function callsIn(log: string, directory: string): Call[] {
  const calls: Call[] = [];
  let purpose = '';
  for (const line of log.trim().split('\n')) {
    const [, number, call = '', path = '', fault] = /^(\d+) (\w+) (.*?)( FAULT)?$/.exec(line) ?? [];
    if (number === undefined) purpose = line.slice(2);
    else calls.push({ number: Number(number), call, path: path.slice(directory.length + 1), purpose, isFaulty: fault !== undefined });
  }
  return calls;
}

function told(output: string): Pick<Run, 'lines' | 'states' | 'acknowledged' | 'term' | 'refusals' | 'kept' | 'blobs' | 'isClosed'> {
  // Without its newline a line was not said to its end.
  const lines = output.split('\n').slice(0, -1);
  const of = (word: string): string[] => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const [acknowledged, term] = of('ack').at(-1)?.split(' ').map(Number) ?? [];
  return {
    lines,
    states: of('did').map((state) => JSON.parse(state) as Content),
    acknowledged: acknowledged ?? -1,
    term: term ?? 0,
    refusals: of('refused').map((refusal) => refusal.split(' ')[0] ?? ''),
    kept: of('kept'),
    blobs: toldBlobs(lines),
    isClosed: lines.includes('closed'),
  };
}

const FILES: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'folder'],
  [/^peers/, 'roster'],
  [/^owner\.lock/, 'lock'],
  [/^owner\.json/, 'owner.json'],
  [/^store\.json/, 'store.json'],
  [/^level\/LOG/, 'logbook'],
  [/^level\/LOCK/, "LevelDB's lock"],
  [/^level\/\d+\.log/, 'log'],
  [/^level\/\d+\.(ldb|sst)/, 'table'],
  [/^level/, 'database'],
  [/^blobs\/[^.]*\.pack$/, 'pack'],
  [/^blobs\/[^.]*\.blob$/, 'large blob'],
  [/^blobs\/[^.]*\.new$/, 'unfinished blob'],
  [/^blobs\/.*\.retired$/, 'withdrawn blobs'],
];

/** What was done to which kind of file, and what for. */
export function stepOf({ call, path, purpose }: Call): string {
  const file = FILES.find(([pattern]) => pattern.test(path))?.[1] ?? path.split('/')[0] ?? path;
  return `${purpose === '' ? '' : `${purpose}, `}${file}: ${call}`;
}
