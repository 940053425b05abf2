/** What is waited for on behalf of something that may end first: its end ends the wait. No listeners on one signal, of which there could be hundreds. */

import type { SharedSignals } from './base/shared-signals.js';

export type LimitedWork<Result> = (signal: AbortSignal, end: (reason: unknown) => void) => Promise<Result>;

export class Ending {
  readonly #signals: SharedSignals;
  readonly #waits = new Set<AbortController>();
  #end: { readonly reason: unknown } | undefined;

  /** `signals`: through which the callers' signals are watched. */
  constructor(signals: SharedSignals) {
    this.#signals = signals;
  }

  /** Waits for `work` until the caller's signal, the work's own `end`, or the end of all gives it up. */
  async waiting<Result>(given: AbortSignal | undefined, work: LimitedWork<Result>): Promise<Result> {
    given?.throwIfAborted();
    if (this.#end !== undefined) throw this.#end.reason;
    const wait = new AbortController();
    const unwatch = given && this.#signals.watch(given, () => wait.abort(given.reason));
    this.#waits.add(wait);
    try {
      return await work(wait.signal, (reason) => wait.abort(reason));
    } finally {
      this.#waits.delete(wait);
      unwatch?.();
    }
  }

  /** Ends what is waited for, and what would be. */
  end(reason: unknown): void {
    this.#end ??= { reason };
    for (const wait of this.#waits) wait.abort(reason);
  }
}
