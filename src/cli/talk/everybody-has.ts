/**
 * What a publisher that comes and goes waits for. Called before the first message: that the subscriptions of those who are there
 * have reached us. After the last: that all of it has come to them. Who is stopped is not waited for longer than patience lasts.
 */

import type { Topic } from '../../index.js';

const PATIENCE_MS = 2000;
/** What a subscriber that is busy takes, and more. */
const TAKEN_BYTES_PER_MS = 5000;

/** Whether all have answered in time. `bytes`: about so much is on its way. Rejects with the signal's reason. */
export async function everybodyHas(topic: Topic<unknown>, signal: AbortSignal, bytes = 0): Promise<boolean> {
  const patience = AbortSignal.timeout(PATIENCE_MS + Math.ceil(bytes / TAKEN_BYTES_PER_MS));
  try {
    await topic.delivered({ signal: AbortSignal.any([signal, patience]) });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (patience.aborted) return false;
    throw error;
  }
}
