/** The end of a peer: the writer is asked, for a limited time, to take what it has not confirmed; what it does not confirm is spilled. */

import type { Synchronizer } from '../sync/synchronizer.js';
import type { Clock } from './base/clock.js';
import { describe } from './base/errors.js';
import type { Spiller } from './spill/spiller.js';
import type { Warnings } from './warnings.js';

/** Why what this peer has is not known to be durable; undefined where a writer has said that it is. Numbers everything that was written. */
export async function whyUnconfirmed(synchronizer: Synchronizer, clock: Clock, limitMs: number): Promise<string | undefined> {
  synchronizer.drain();
  const { documents, writer, stallReason } = synchronizer.state;
  // Who has written nothing has nothing to ask for; but what it has of others may be lost with it where nobody writes.
  if ([...documents.values()].every(({ ownSeq }) => ownSeq === 0))
    return writer === undefined || stallReason !== undefined ? 'no writer answers that could confirm it' : undefined;
  const limit = new AbortController();
  const cancel = clock.after(limitMs, () => limit.abort());
  try {
    const outcome = await synchronizer.flush(limit.signal);
    return outcome.ok ? undefined : `nobody here may write to disk, or can (${outcome.code})`;
  } catch (error) {
    if (!limit.signal.aborted) throw error;
    return `the writer did not confirm it within ${limitMs} ms`;
  } finally {
    cancel();
  }
}

/** Saves what was not confirmed, and tells what became of it. */
export async function saveUnconfirmed(spiller: Spiller, warnings: Warnings, unconfirmed: string | undefined): Promise<void> {
  const outcome = await spiller.close(unconfirmed === undefined);
  const what = `what this peer had last is not confirmed (${unconfirmed ?? ''})`;
  if (outcome === 'spilled') warnings.raise('spilled', `${what}; it is saved in ${spiller.location}, and the next writer takes it in`);
  if (outcome === 'failed') warnings.raise('closed-unconfirmed', `${what}, and could not be saved in ${spiller.location} either`);
}

/** As the process ends, within one turn. Never throws. */
export function saveAtOnce(warnings: Warnings, save: () => void): void {
  try {
    save();
  } catch (error) {
    warnings.raise('closed-unconfirmed', `the process ended, and what this peer had last could not be saved: ${describe(error)}`);
  }
}
