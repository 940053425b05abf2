/**
 * When the next batch may begin: after a rest at once; while changes keep coming and nobody waits for one of them to be
 * durable, not before a few milliseconds have passed since the last batch. Each batch costs a sync of the disk and time of two
 * processors, and those who exchange changes wait for the processor behind it. Whoever waits for the store (a `flush()`, a turn
 * between two batches, the end of the office) is never made to wait for the pace. Why: docs/decisions/0023-batches-keep-a-pace.md.
 */

import type { Clock } from '../base/clock.js';

/** Between the end of a batch and the beginning of the next. */
export const BATCH_PACE_MS = 10;

export class Pace {
  readonly #clock: Clock;
  #restUntil = -Infinity;
  #hurry: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A batch is done. */
  noteBatch(): void {
    this.#restUntil = this.#clock.now() + BATCH_PACE_MS;
  }

  /** Resolves when the next batch may begin, or at `hurry()`. Undefined: now. */
  rest(): Promise<void> | undefined {
    const ms = this.#restUntil - this.#clock.now();
    if (ms <= 0) return undefined;
    return new Promise((resolve) => {
      const over = (): void => {
        cancel();
        this.#hurry = undefined;
        resolve();
      };
      const cancel = this.#clock.after(ms, over);
      this.#hurry = over;
    });
  }

  /** Somebody waits: the next batch may begin at once, and a rest that has begun is over. */
  hurry(): void {
    this.#restUntil = -Infinity;
    this.#hurry?.();
  }
}
