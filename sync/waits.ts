/** What callers wait for, by number: each wait ends with its outcome, or with its caller's signal. */

export interface WaitSteps {
  readonly begin: (number: number) => void;
  /** The caller gave it up. */
  readonly cancel: (number: number) => void;
}

export class Waits<Outcome> {
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  #count = 0;

  /** Resolves with what `settle` is given; rejects with the signal's reason. */
  wait(signal: AbortSignal | undefined, { begin, cancel }: WaitSteps): Promise<Outcome> {
    const number = ++this.#count;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.delete(number);
        cancel(number);
        reject(signal?.reason);
      };
      if (signal?.aborted === true) return reject(signal.reason);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.set(number, (outcome) => {
        signal?.removeEventListener('abort', abort);
        resolve(outcome);
      });
      begin(number);
    });
  }

  settle(number: number, outcome: Outcome): void {
    this.#waiting.get(number)?.(outcome);
    this.#waiting.delete(number);
  }

  settleAll(outcome: Outcome): void {
    for (const number of [...this.#waiting.keys()]) this.settle(number, outcome);
  }
}
