/**
 * When the last number of a key is repeated: after a silence of `TAIL_REPEAT_MS`, then after twice as long each time, `TAIL_REPEATS_MAX`
 * times. So the loss of a last message is seen soon, and nothing is said once all has long been said. One timer for all keys; none
 * while nothing is due.
 */

import type { Clock } from '../src/base/clock.js';
import { TAIL_REPEAT_MS, TAIL_REPEATS_MAX } from './limits.js';

export class Tails {
  readonly #clock: Clock;
  readonly #repeat: (key: string) => void;
  /** By how often a key's number has been repeated: when it is due. All of one step wait equally long, so each is in order. */
  readonly #steps: readonly Map<string, number>[] = Array.from({ length: TAIL_REPEATS_MAX }, () => new Map<string, number>());
  readonly #stepOf = new Map<string, number>();
  /** The one that stands last in the first step. */
  #newest: string | undefined;
  #timerDueMs = Infinity;
  #cancelTimer: () => void = () => undefined;

  constructor(clock: Clock, repeat: (key: string) => void) {
    this.#clock = clock;
    this.#repeat = repeat;
  }

  /** Something new was sent under the key. */
  sent(key: string): void {
    const dueMs = this.#clock.now() + TAIL_REPEAT_MS;
    if (key === this.#newest) this.#steps[0]?.set(key, dueMs);
    else this.#place(key, 0, dueMs);
    this.#newest = key;
    this.#arm(dueMs);
  }

  forget(key: string): void {
    if (key === this.#newest) this.#newest = undefined;
    const step = this.#stepOf.get(key);
    if (step === undefined) return;
    this.#stepOf.delete(key);
    this.#steps[step]?.delete(key);
  }

  close(): void {
    this.#cancelTimer();
    this.#newest = undefined;
    this.#stepOf.clear();
    this.#steps.forEach((keys) => keys.clear());
  }

  #place(key: string, step: number, dueMs: number): void {
    this.forget(key);
    const keys = this.#steps[step];
    if (keys === undefined) return; // said often enough
    keys.set(key, dueMs);
    this.#stepOf.set(key, step);
  }

  #arm(dueMs: number): void {
    if (dueMs >= this.#timerDueMs) return;
    this.#cancelTimer();
    this.#timerDueMs = dueMs;
    this.#cancelTimer = this.#clock.after(dueMs - this.#clock.now(), () => this.#ring());
  }

  #ring(): void {
    this.#timerDueMs = Infinity;
    const now = this.#clock.now();
    for (const [step, keys] of this.#steps.entries()) {
      for (const [key, dueMs] of keys) {
        if (dueMs > now) break;
        this.#place(key, step + 1, now + TAIL_REPEAT_MS * 2 ** (step + 1));
        this.#repeat(key);
      }
    }
    for (const keys of this.#steps) {
      const [dueMs] = keys.values();
      if (dueMs !== undefined) this.#arm(dueMs);
    }
  }
}
