/** One timer for the next moment of many: set to an earlier one it goes off then, set to a later one it stays as it is. */

import type { Clock } from '../src/base/clock.js';

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Infinity for never. */
  set(at: number): void {
    if (this.#set !== undefined && this.#set.at <= at) return;
    this.stop();
    if (at === Infinity) return;
    const cancel = this.#clock.after(Math.max(0, Math.ceil(at - this.#clock.now())), () => {
      this.#set = undefined;
      this.#ring();
    });
    this.#set = { at, cancel };
  }

  stop(): void {
    this.#set?.cancel();
    this.#set = undefined;
  }
}
