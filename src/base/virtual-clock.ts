/**
 * Time that stands still until it is told to go: what makes tests and the simulator repeatable. Timers run in the
 * order in which they are due, those of one instant in the order in which they were made; between any two of them
 * every promise chain that can go on without time passing does so.
 */

import type { Clock } from './clock.js';
import { assert } from './errors.js';
import { turn } from './turn.js';

/** Timers that may run without time passing, before it is called a loop without end. */
const TIMERS_PER_INSTANT_MAX = 100_000;

/** 1 January 2026, so that files and logs of a simulation look alike in every run. */
const WALL_TIME_AT_START_MS = Date.UTC(2026, 0, 1);

interface Timer {
  readonly dueMs: number;
  readonly serial: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #nowMs = 0;
  #serial = 0;
  /** The next one last, so that taking it costs nothing. */
  readonly #timers: Timer[] = [];
  #advancing: Promise<void> = Promise.resolve();

  now(): number {
    return this.#nowMs;
  }

  wallTime(): number {
    return WALL_TIME_AT_START_MS + this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + (delayMs > 0 ? delayMs : 0), serial: this.#serial++, callback };
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    return () => {
      const place = this.#placeOf(timer);
      if (this.#timers[place] === timer) this.#timers.splice(place, 1);
    };
  }

  /** How many timers wait. */
  get pendingCount(): number {
    return this.#timers.length;
  }

  /** When the next timer is due, on the scale of `now()`. */
  get nextDueMs(): number | undefined {
    return this.#timers.at(-1)?.dueMs;
  }

  /**
   * Lets `ms` pass and resolves when all that falls into them has run. Calls are done one after the other. A timer
   * that throws stops its call, which rejects; time then stands at that timer.
   */
  advance(ms: number): Promise<void> {
    const run = this.#advancing.then(() => this.#runUntil(this.#nowMs + ms));
    this.#advancing = run.catch(() => undefined); // the caller has `run`; a failed call must not block the next
    return run;
  }

  async #runUntil(endMs: number): Promise<void> {
    let instantMs = this.#nowMs;
    let timersInInstant = 0;
    await turn();
    for (let next = this.#timers.at(-1); next !== undefined && next.dueMs <= endMs; next = this.#timers.at(-1)) {
      timersInInstant = next.dueMs === instantMs ? timersInInstant + 1 : 0;
      assert(timersInInstant < TIMERS_PER_INSTANT_MAX, `timers come to rest at ${instantMs} ms`);
      instantMs = next.dueMs;
      this.#timers.pop();
      this.#nowMs = next.dueMs;
      next.callback();
      await turn();
    }
    this.#nowMs = endMs;
  }

  /** Where a timer stands, or would stand: binary search, latest first. */
  #placeOf(timer: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle] as Timer;
      const isLater = other.dueMs === timer.dueMs ? other.serial > timer.serial : other.dueMs > timer.dueMs;
      if (isLater) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
