/** When whoever asked no longer waits: his signal, or a time that is over. */

import { CANCELLED, failure } from '../../talk/channel/failure.js';
import type { Failure } from '../../talk/channel/failure.js';
import type { Clock } from '../base/clock.js';
import { SocommError } from '../base/errors.js';
import { messageOf } from './request-error.js';
import type { SharedSignals } from '../base/shared-signals.js';

export interface Patience {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Through which the signal is watched. */
  readonly signals: SharedSignals;
}

/** `told` is what the other end hears. */
export type GiveUp = (reason: unknown, told: Failure) => void;

/** Calls `giveUp` at most once, never within this call. Returns what ends the watch; undefined where there is nothing to watch. */
export function watchPatience(clock: Clock, { signal, timeoutMs, signals }: Patience, giveUp: GiveUp): (() => void) | undefined {
  if (signal === undefined && timeoutMs === undefined) return undefined;
  const aborted = (): void => {
    end();
    giveUp(signal?.reason, cancelled(signal?.reason));
  };
  const cancelTimer =
    timeoutMs === undefined
      ? undefined
      : clock.after(timeoutMs, () => {
          end();
          const error = new SocommError('SOCOMM_REQUEST_TIMEOUT', `no answer within ${timeoutMs} ms`);
          giveUp(error, failure(error.code, error.message));
        });
  const unwatch = signal === undefined ? undefined : signals.watch(signal, aborted);
  const end = (): void => {
    cancelTimer?.();
    unwatch?.();
  };
  return end;
}

export function cancelled(reason: unknown): Failure {
  return failure(CANCELLED, reason === undefined ? 'no longer wanted' : messageOf(reason));
}

export function checkTimeout(timeoutMs: unknown): void {
  if (timeoutMs === undefined || (typeof timeoutMs === 'number' && timeoutMs >= 0)) return;
  throw new TypeError(`'timeoutMs' is a number of milliseconds; got ${typeof timeoutMs === 'number' ? timeoutMs : typeof timeoutMs}`);
}
