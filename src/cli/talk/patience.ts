/** Waits for others who may be stopped: not for ever. */

import { pause, systemClock } from '../../base/clock.js';

const PATIENCE_MS = 2000;

/** Whether it came about in time. Rejects as `work` does; who is interrupted meanwhile is not kept. */
export async function within(work: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  const done = new AbortController();
  const ended = AbortSignal.any([signal, done.signal]);
  try {
    return await Promise.race([work.then(() => true), pause(systemClock, PATIENCE_MS, ended).then(() => false)]);
  } finally {
    done.abort();
  }
}
