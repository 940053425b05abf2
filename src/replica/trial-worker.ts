/**
 * The trial load of a big snapshot in a thread of its own: Yjs only, no native addon. It says that it has begun, so that a thread which
 * could not even be set up is told from one that the bytes have ended; then it answers whether they give the digest. Started by trial.ts.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { isFaithful } from './stored-document.js';
import type { TrialAnswer, TrialTask } from './trial.js';

const { state, digest } = workerData as TrialTask;

tell('begun');
tell(isFaithful(state, digest) ? 'faithful' : 'unfaithful');

function tell(answer: TrialAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
  parentPort?.postMessage(answer);
}
