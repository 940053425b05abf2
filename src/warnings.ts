/** What was handled and somebody should know of: logged, told as an event, and kept for `inspect()` up to a limit. */

import type { Clock } from './base/clock.js';
import type { Emitter } from './base/emitter.js';
import type { Log } from './base/log.js';
import type { InstanceEvents, Warning } from './events.js';

/** The oldest go first. */
export const WARNINGS_KEPT_MAX = 100;

export interface WarningsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Emitter<InstanceEvents>;
}

export class Warnings {
  readonly #options: WarningsOptions;
  readonly #kept: Warning[] = [];
  #isTelling = false;

  constructor(options: WarningsOptions) {
    this.#options = options;
  }

  get kept(): readonly Warning[] {
    return this.#kept;
  }

  raise(code: string, message: string): void {
    const { clock, log, events } = this.#options;
    const warning = { code, message, at: clock.wallTime() };
    this.#kept.push(warning);
    if (this.#kept.length > WARNINGS_KEPT_MAX) this.#kept.shift();
    log({ level: 'warn', code, message });
    // A listener of warnings that throws is a warning itself: kept and logged, but not told to it again.
    if (this.#isTelling) return;
    this.#isTelling = true;
    events.emit('warning', warning);
    this.#isTelling = false;
  }
}
