/**
 * For how long a piece of work has held the loop. It counts from the first work after a turn of the loop, not over what was awaited: then others had
 * it. That a turn has gone by is seen by one that is asked for when work begins.
 */

import type { Clock } from '../../base/clock.js';
import { turn } from '../../base/turn.js';

export class HeldTime {
  readonly #clock: Pick<Clock, 'now'>;
  #sinceMs = 0;
  #isHeld = false;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Work begins, or goes on. */
  note(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#sinceMs = this.#clock.now();
    void turn().then(() => (this.#isHeld = false));
  }

  get ms(): number {
    return this.#isHeld ? this.#clock.now() - this.#sinceMs : 0;
  }
}
