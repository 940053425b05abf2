/**
 * Notices that this process was away (stopped, or suspended): a timer of its own comes much too late. What was sent meanwhile may
 * have been dropped at the mark of a queue, and its tails with it. It runs only while somebody subscribes to something.
 */

import type { Clock } from '../src/base/clock.js';
import { ABSENT_MS, WATCH_INTERVAL_MS } from './limits.js';

export class Watch {
  readonly #clock: Clock;
  readonly #wasAbsent: () => void;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, wasAbsent: () => void) {
    this.#clock = clock;
    this.#wasAbsent = wasAbsent;
  }

  /** Idempotent. */
  start(): void {
    if (this.#cancelTimer !== undefined) return;
    const dueMs = this.#clock.now() + WATCH_INTERVAL_MS;
    this.#cancelTimer = this.#clock.after(WATCH_INTERVAL_MS, () => {
      this.#cancelTimer = undefined;
      this.start();
      if (this.#clock.now() - dueMs > ABSENT_MS) this.#wasAbsent();
    });
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
