/** A time limit on work that waits for others (`--timeout seconds`). */

import { CliError } from './exit.js';

/** Runs `work` with a signal that is also aborted when the time is up. Errors: timedOut. */
export async function withDeadline<T>(
  timeoutSeconds: number | undefined,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (timeoutSeconds === undefined) return work(outer);
  const reason = new CliError('timedOut', `not done within ${timeoutSeconds} s`);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(reason), timeoutSeconds * 1000);
  try {
    return await work(AbortSignal.any([outer, limit.signal]));
  } catch (error) {
    // Whatever the abort looks like by the time it gets here: its reason says more.
    if (limit.signal.aborted && !outer.aborted && !(error instanceof CliError))
      throw new CliError('timedOut', reason.message, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
