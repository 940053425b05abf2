/**
 * One process's own clock over the virtual one that all share. It may jump, as that of a laptop that slept: timers that
 * fell due meanwhile run at once, late. And while the process is stopped, its timers wait; time goes on without it.
 */

import type { Clock } from '../../src/base/clock.js';

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
  cancel: () => void;
}

export class SkewedClock implements Clock {
  readonly #shared: Clock;
  /** In the order in which they were made. */
  readonly #timers = new Set<Timer>();
  #aheadMs = 0;
  #wallAheadMs = 0;
  #overdue: Timer[] | undefined;

  constructor(shared: Clock) {
    this.#shared = shared;
  }

  now(): number {
    return this.#shared.now() + this.#aheadMs;
  }

  wallTime(): number {
    return this.#shared.wallTime() + this.#wallAheadMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.now() + Math.max(0, delayMs), callback, cancel: () => undefined };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => {
      this.#timers.delete(timer);
      timer.cancel();
    };
  }

  /** Forward only: `now()` never goes back. */
  jump(ms: number): void {
    this.#aheadMs += ms;
    this.#wallAheadMs += ms;
    for (const timer of [...this.#timers].toSorted((a, b) => a.dueMs - b.dueMs)) {
      timer.cancel();
      this.#arm(timer);
    }
  }

  /** Somebody sets the time of day, forth or back. */
  setWallTime(byMs: number): void {
    this.#wallAheadMs += byMs;
  }

  get isStopped(): boolean {
    return this.#overdue !== undefined;
  }

  stop(): void {
    this.#overdue ??= [];
  }

  goOn(): void {
    const overdue = this.#overdue ?? [];
    this.#overdue = undefined;
    for (const timer of overdue) if (this.#timers.has(timer)) this.#arm(timer);
  }

  #arm(timer: Timer): void {
    timer.cancel = this.#shared.after(Math.max(0, timer.dueMs - this.now()), () => this.#fire(timer));
  }

  #fire(timer: Timer): void {
    if (this.#overdue !== undefined) {
      this.#overdue.push(timer);
      return;
    }
    this.#timers.delete(timer);
    timer.callback();
  }
}
