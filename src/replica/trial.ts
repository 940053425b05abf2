/**
 * Whether a snapshot can be read back: loaded on trial before it replaces anything. A small one here and now; a big one in a worker thread, so that it
 * does not hold the loop. The thread has Yjs only, no more memory than this one, and an end; it never keeps the process alive. Where there is no worker (an
 * application in one bundled file, which did not bring its own: docs/PACKAGING.md) the trial is made here. What ends the thread, or does not end, does not count as readable.
 */

import { existsSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.js';
import { PACKAGE_VERSION } from '../version.js';
import { isFaithful } from './stored-document.js';
import type { WholeState } from './stored-document.js';
import { trialWorkerFile } from './trial-file.js';

/** A snapshot from this size on is tried in a worker ... */
export const TRIAL_IN_WORKER_BYTES_MIN = 1024 * 1024;
/** ... and one of so many structs: what was overwritten is small in bytes, and long to read. */
export const TRIAL_IN_WORKER_STRUCTS_MIN = 5000;
/** A trial that takes longer has failed. */
export const TRIAL_MS_MAX = 60_000;

export type Trial = Pick<WholeState, 'state' | 'digest' | 'structs'>;

/** What is sent to the worker, and what it answers. */
export interface TrialTask extends Pick<Trial, 'state' | 'digest'> {
  /** The version of the package that asks. */
  readonly trialOf: string;
}
export type TrialAnswer = 'begun' | 'faithful' | 'unfaithful';

export interface TrialOptions {
  readonly clock: Clock;
  /** Ends the trial; it then counts as failed, and its worker is gone when the promise resolves. */
  readonly signal: AbortSignal;
  /** Default: the one that is built beside this file. */
  readonly workerFile?: string | undefined;
  /** Default: TRIAL_MS_MAX. */
  readonly limitMs?: number;
}

/** Resolves with whether the snapshot (encoding V2) gives a document of that digest, whole. Never rejects. */
export async function tryOut(trial: Trial, options: TrialOptions): Promise<boolean> {
  const isBig = trial.state.length >= TRIAL_IN_WORKER_BYTES_MIN || trial.structs >= TRIAL_IN_WORKER_STRUCTS_MIN;
  const answer = isBig ? await askWorker(trial, options) : 'no worker';
  if (answer !== 'no worker') return answer === 'faithful';
  return !options.signal.aborted && isFaithful(trial.state, trial.digest);
}

type Outcome = 'faithful' | 'unfaithful' | 'no worker';

async function askWorker(
  trial: Trial,
  { clock, signal, workerFile = trialWorkerFile(), limitMs = TRIAL_MS_MAX }: TrialOptions,
): Promise<Outcome> {
  const worker = signal.aborted ? undefined : startWorker(workerFile, trial);
  if (worker === undefined) return 'no worker';
  const outcome = await new Promise<Outcome>((resolve) => {
    let hasBegun = false;
    const giveUp = (): void => resolve('unfaithful');
    const cancel = clock.after(limitMs, giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
    worker.on('message', (answer: TrialAnswer) => {
      if (answer === 'begun') hasBegun = true;
      else resolve(answer);
    });
    // Out of memory, too: this thread would have been, and the process with it. What an error means is seen at the exit, which follows each: errors
    // come by a port of their own, ahead of messages that were posted before them; behind an exit comes nothing.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      cancel();
      signal.removeEventListener('abort', giveUp);
      resolve(hasBegun ? 'unfaithful' : 'no worker');
    });
    // Last: to listen is to hold the process.
    worker.unref();
  });
  await worker.terminate();
  return outcome;
}

/** Undefined where there is no file, or the host of the process allows no threads. */
function startWorker(file: string | undefined, { state, digest }: Trial): Worker | undefined {
  if (file === undefined || !existsSync(file)) return undefined;
  // A copy of its own, handed over without a further one: the snapshot itself goes to the store.
  const bytes = state.slice();
  const task: TrialTask = { trialOf: PACKAGE_VERSION, state: bytes, digest };
  try {
    return new Worker(file, {
      workerData: task,
      transferList: [bytes.buffer],
      name: 'socomm: trial load',
      execArgv: [],
      // What this thread can hold, that one can.
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(getHeapStatistics().heap_size_limit / 2 ** 20) },
    });
  } catch {
    return undefined; // whatever the reason: the trial is made without it
  }
}
