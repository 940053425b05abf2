/**
 * The contrast: two copies of bare `level` on one directory. Runs contrast-experiment.ts in a process of its own, in a
 * scratch directory that is gone afterwards, and says what happened, whatever that was.
 */

import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { unreachable } from '../../base/errors.js';
import type { ContrastNews } from './contrast-experiment.js';
import type { ContrastOutcome, DemoEvent } from './events.js';
import { programFile } from './program-file.js';

const EXPERIMENT_TIMEOUT_MS = 10_000;

export async function runContrast(emit: (event: DemoEvent) => void, signal: AbortSignal): Promise<ContrastOutcome> {
  const scratch = await mkdtemp(join(tmpdir(), 'socomm-contrast-'));
  try {
    return await experiment(scratch, emit, signal);
  } finally {
    // A crashed process may leave files that are still being let go of.
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

function experiment(scratch: string, emit: (event: DemoEvent) => void, signal: AbortSignal): Promise<ContrastOutcome> {
  const path = programFile('contrast-experiment');
  const child = fork(path, [scratch], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const totals = { 1: 0, 2: 0 };
  const acknowledged = (): number => totals[1] + totals[2];
  let outcome: ContrastOutcome | undefined;
  const hear = (news: ContrastNews): void => {
    switch (news.kind) {
      case 'opened':
        return emit({ kind: 'bare-opened', copy: news.copy, toWrite: news.toWrite });
      case 'refused':
        return emit({ kind: 'bare-refused', during: news.during, code: news.code });
      case 'acknowledged':
        totals[news.copy] += news.records;
        return emit({ kind: 'bare-acknowledged', copy: news.copy, total: totals[news.copy] });
      case 'reopened':
        outcome = { kind: 'counted', acknowledged: acknowledged(), found: news.found };
        return;
      case 'unreadable':
        outcome = { kind: 'unreadable', acknowledged: acknowledged(), code: news.code };
        return;
      default:
        return unreachable(news);
    }
  };
  return new Promise((resolve, reject) => {
    const stop = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(stop, EXPERIMENT_TIMEOUT_MS);
    signal.addEventListener('abort', stop, { once: true });
    child.on('message', (news) => hear(news as ContrastNews));
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (signal.aborted) return reject(signal.reason as Error);
      resolve(outcome ?? { kind: 'crashed', acknowledged: acknowledged(), signal: killedBy ?? `exit code ${code}` });
    });
  });
}
