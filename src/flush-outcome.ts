/** Asking for a flush: what may be asked, and what comes of it, which is the engine's word but for one look around. */

import type { FlushOutcome } from '../sync/synchronizer.js';
import { canAnyoneWrite } from '../sync/membership.js';
import { isSocommError } from './base/errors.js';
import type { Peer } from './peer.js';
import { checkSignal } from './talk/arguments.js';

export interface FlushOptions {
  readonly signal?: AbortSignal;
  /** Rejects with SOCOMM_FLUSH_TIMEOUT after this long. Default: no limit. */
  readonly timeoutMs?: number;
}

/**
 * Before it is said that nobody may write, the roster is read once more: whoever has just joined may be in it, may even have told its
 * own caller so, and not have said hello to us yet.
 */
export async function flushOutcome({ synchronizer }: Peer, signal: AbortSignal): Promise<FlushOutcome> {
  const outcome = await synchronizer.flush(signal);
  if (outcome.ok || outcome.code !== 'SOCOMM_NO_WRITER') return outcome;
  try {
    await synchronizer.meet();
  } catch (error) {
    // Where the roster cannot be read, the word stands; the slow poll tells of the roster.
    if (isSocommError(error)) return outcome;
    throw error;
  }
  return canAnyoneWrite(synchronizer.state) ? synchronizer.flush(signal) : outcome;
}

/** Throws a TypeError for a programmer's mistake. */
export function checkFlushOptions({ signal, timeoutMs }: { readonly signal: unknown; readonly timeoutMs: number | undefined }): void {
  checkSignal(signal);
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) throw new TypeError(`timeoutMs is a number of milliseconds; got ${String(timeoutMs)}`);
}
