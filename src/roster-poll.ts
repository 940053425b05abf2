/** The slow poll of the roster: the safety net under hellos that were lost. */

import type { Synchronizer } from '../sync/synchronizer.js';
import { describe } from './base/errors.js';
import type { Random } from './base/random.js';

/** The roster is read again this often, give or take a half. */
export const ROSTER_POLL_MS = 10_000;

export interface RosterPollOptions {
  readonly random: Random;
  readonly synchronizer: Synchronizer;
  readonly failed: (message: string) => void;
}

export class RosterPoll {
  readonly #options: RosterPollOptions;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(options: RosterPollOptions) {
    this.#options = options;
    this.#wait();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #wait(): void {
    const { random, synchronizer } = this.#options;
    this.#cancel = synchronizer.loose.after(ROSTER_POLL_MS * (0.5 + random.fraction()), () => void this.#meet());
  }

  async #meet(): Promise<void> {
    try {
      await this.#options.synchronizer.meet();
    } catch (error) {
      if (!this.#isStopped) this.#options.failed(describe(error));
    }
    if (!this.#isStopped) this.#wait();
  }
}
