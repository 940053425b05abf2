/**
 * Who will take over next does it once before, on a store of its own that is thrown away: else it would do everything for the first
 * time in its life at the very moment in which all wait for it, and V8 would compile half of it on the way (15 ms of processor).
 * Once in a life, by the first three in line, and never while there is something to do: what nobody needs is not begun.
 */

import type { Clock } from '../base/clock.js';

/** Long enough for those who come together to have come, and for whoever has just lost a writer to have another. */
export const REHEARSAL_AFTER_MS = 1000;
/** So many in line rehearse: where two writers go within a second, the next one has; before it, it has not even loaded LevelDB. */
export const REHEARSED_IN_LINE = 3;

export interface RehearsalOptions {
  readonly clock: Clock;
  /** Undefined where there is nothing to rehearse. Never rejects, and stops at the signal. */
  readonly rehearse: ((signal: AbortSignal) => Promise<unknown>) | undefined;
  /** Asked when the time has come: this peer follows, and stands near enough. */
  readonly isDue: () => boolean;
}

export class Rehearsal {
  readonly #options: RehearsalOptions;
  readonly #ending = new AbortController();
  #cancelWait: (() => void) | undefined;
  #underWay: Promise<unknown> | undefined;

  constructor(options: RehearsalOptions) {
    this.#options = options;
  }

  /** Somebody came or went: it may be our turn to rehearse. */
  look(): void {
    const { clock, rehearse, isDue } = this.#options;
    // Who waits goes on waiting: where somebody always comes or goes it would never come about.
    if (rehearse === undefined || this.#cancelWait !== undefined || this.#underWay !== undefined || this.#ending.signal.aborted) return;
    this.#cancelWait = clock.after(REHEARSAL_AFTER_MS, () => {
      this.#cancelWait = undefined;
      if (isDue()) this.#underWay = rehearse(this.#ending.signal);
    });
  }

  /** In earnest now, or over. Resolves when nothing of it is left. */
  async end(): Promise<void> {
    this.#cancelWait?.();
    this.#ending.abort();
    await this.#underWay;
  }
}
