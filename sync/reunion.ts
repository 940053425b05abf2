/** When the roster is read again between its polls: after a lost connection, and at once where the engine asks for it. */

import type { Clock } from '../src/base/clock.js';
import type { PeerId } from '../src/base/ids.js';

/** Not in the moment in which somebody takes over. */
export const REUNION_MS = 150;

export interface ReunionOptions {
  readonly clock: Clock;
  /** Reads the roster; who is `heard` need not be looked at. */
  readonly meet: (heard?: ReadonlySet<PeerId>) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

export class Reunion {
  readonly #options: ReunionOptions;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(options: ReunionOptions) {
    this.#options = options;
  }

  /** A kill closes the sockets a moment before it frees the lock: looks for who is still there, shortly. */
  soon(): void {
    this.#cancel();
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.after(REUNION_MS, () => this.now());
  }

  now(heard?: ReadonlySet<PeerId>): void {
    this.#options.meet(heard).catch(this.#options.failed);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }
}
