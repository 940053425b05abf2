/** Who waits until all that was published has been handed over: to the transport, and to the instances of this peer. */

/** Frames and mails, counted since the beginning. */
export interface Handed {
  readonly outbox: number;
  readonly mail: number;
}

interface Drain extends Handed {
  readonly resolve: () => void;
}

export class Drains {
  #waiting: Drain[] = [];

  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves once so much has been handed over. */
  until(taken: Handed): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push({ ...taken, resolve }));
  }

  tell(handed: Handed): void {
    const isDrained = ({ outbox, mail }: Drain): boolean => outbox <= handed.outbox && mail <= handed.mail;
    const drained = this.#waiting.filter(isDrained);
    this.#waiting = this.#waiting.filter((drain) => !isDrained(drain));
    for (const { resolve } of drained) resolve();
  }

  close(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }
}
