/**
 * The trial load of a big snapshot in a thread of its own: Yjs only, no native addon. It says that it has begun, so that a thread which
 * could not even be set up is told from one that the bytes have ended; then it answers whether they give the digest. Started by trial.ts.
 *
 * Bundled, it is a file that may be older than the bundle beside it: what another version asks it leaves alone, and that one does without it.
 * Loaded by anybody else it does nothing.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { PACKAGE_VERSION } from '../version.js';
import { isFaithful } from './stored-document.js';
import type { TrialAnswer, TrialTask } from './trial.js';

if (isTask(workerData)) {
  tell('begun');
  tell(isFaithful(workerData.state, workerData.digest) ? 'faithful' : 'unfaithful');
}

function isTask(data: unknown): data is TrialTask {
  return typeof data === 'object' && data !== null && 'trialOf' in data && data.trialOf === PACKAGE_VERSION;
}

function tell(answer: TrialAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
  parentPort?.postMessage(answer);
}
