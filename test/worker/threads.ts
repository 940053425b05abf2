/** The test's side of threads.mjs: starts a process for a scene, and reads what it came to. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { ESM } from '../process/members.js';
import type { Place } from '../process/members.js';

export interface SceneOptions {
  readonly build?: string;
  readonly workerBuild?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** For the scene. */
  readonly detail?: object;
  /** Reads the first line, and leaves the process as it is. */
  readonly staysAlive?: boolean;
}

export interface Played<Outcome> {
  readonly outcome: Outcome;
  readonly pid: number;
  readonly kill: () => Promise<void>;
}

/** What the scene `ending` comes to. */
export interface Ending {
  readonly ended: number;
  readonly updates: number;
  /** What the process holds open. */
  readonly before: { readonly descriptors: number };
  readonly after: { readonly descriptors: number };
  readonly term: number;
  readonly peers: number;
  readonly entries: number;
  readonly sockets: readonly string[];
}

const THREADS = join(import.meta.dirname, 'threads.mjs');

/** Resolves with the scene's outcome once the process has ended by itself, with code 0 and nothing to complain about. */
export function play<Outcome>(
  place: Place,
  scene: string,
  { build = ESM, workerBuild, env, detail, staysAlive = false }: SceneOptions = {},
) {
  const options = { directory: place.store, runtimeDirectory: place.sockets };
  const order = { scene, build, workerBuild, options, ...detail };
  const child = spawn(process.execPath, [THREADS, JSON.stringify(order)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  const ended = new Promise<string>((resolve) => child.once('close', (code, signal) => resolve(String(code ?? signal))));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  return new Promise<Played<Outcome>>((resolve, reject) => {
    const look = (): void => {
      const line = stdout.trim().split('\n').at(-1) ?? '';
      resolve({ outcome: JSON.parse(line) as Outcome, pid: child.pid ?? 0, kill });
    };
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (staysAlive && stdout.includes('\n')) look();
    });
    void ended.then((how) => {
      if (how === '0' && stderr === '') look();
      else reject(new Error(`the process ended with ${how}\n${stderr}${stdout}`));
    });
  });
}
