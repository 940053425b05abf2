/**
 * A clock for what need not be on time: polls that are a safety net. While something wakes the process often (`woken()`), a long wait has
 * no timer: it ends then, a little early rather than late. To wake a process that rests costs more than most of what it does then, and forty
 * rest on one machine; a timer that is taken back still wakes it, for Node leaves the system's timer as it is. Short waits are kept to the millisecond.
 */

import type { Clock } from './clock.js';

/** Waits from this on may end early … */
export const LOOSE_FROM_MS = 1400;
/** … by this much: a pulse comes each second, and now and then a little late. Who rests hears each other one, and may end a wait as much late. */
export const LOOSE_MS = 1050;

interface Waiting {
  readonly dueAt: number;
  readonly callback: () => void;
  /** Takes back its timer; undefined while it has none. */
  cancel: (() => void) | undefined;
}

export class LooseClock implements Clock {
  readonly #clock: Clock;
  readonly #isWokenOften: () => boolean;
  readonly #waiting = new Set<Waiting>();

  constructor(clock: Clock, isWokenOften: () => boolean) {
    this.#clock = clock;
    this.#isWokenOften = isWokenOften;
  }

  now(): number {
    return this.#clock.now();
  }

  wallTime(): number {
    return this.#clock.wallTime();
  }

  after(delayMs: number, callback: () => void): () => void {
    if (!(delayMs >= LOOSE_FROM_MS)) return this.#clock.after(delayMs, callback);
    const waiting: Waiting = { dueAt: this.#clock.now() + delayMs, callback, cancel: undefined };
    this.#waiting.add(waiting);
    this.settle();
    return () => this.#end(waiting);
  }

  /** The process is awake: what is nearly due is done now. */
  woken(): void {
    const now = this.#clock.now();
    for (const waiting of [...this.#waiting].filter(({ dueAt }) => dueAt - LOOSE_MS <= now)) this.#go(waiting);
  }

  /** To be called when nothing may wake the process any more: then each wait gets a timer. */
  settle(): void {
    if (this.#isWokenOften()) return;
    for (const waiting of this.#waiting)
      waiting.cancel ??= this.#clock.after(Math.max(0, waiting.dueAt - this.#clock.now()), () => this.#go(waiting));
  }

  #go(waiting: Waiting): void {
    // One that went before it may have taken it back.
    if (!this.#waiting.has(waiting)) return;
    this.#end(waiting);
    waiting.callback();
  }

  #end(waiting: Waiting): void {
    waiting.cancel?.();
    this.#waiting.delete(waiting);
  }
}
