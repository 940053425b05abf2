/** What else is to be done with the store, one thing at a time, each between two batches; what was not begun when the office ends is refused. */

import { SocommError } from '../base/errors.js';

interface Turn {
  readonly work: () => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Turns {
  readonly #waiting: Turn[] = [];
  #end: { readonly error: unknown } | undefined;

  /** Why nothing more is taken. */
  get ending(): unknown {
    return this.#end?.error;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) reject(this.#end.error);
      else this.#waiting.push({ work, resolve, reject });
    });
  }

  /** Does the next one, if there is any. Rejects with what whoever added it gets, too: nothing more may be written then. */
  async take(): Promise<void> {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    try {
      await next.work();
      next.resolve();
    } catch (error) {
      next.reject(error);
      throw error;
    }
  }

  /** Refuses what waits, and all that may come. Idempotent: the first error stays. */
  end(error: unknown): void {
    this.#end ??= { error };
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end.error);
  }
}

export function closedWhileWriting(): SocommError {
  return new SocommError('SOCOMM_CLOSED', 'closed while the store was being written');
}
