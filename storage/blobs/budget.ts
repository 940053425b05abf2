/** So much of something at a time; who comes later waits, in order. What asks for more than there is gets it alone. */

export class Budget {
  readonly #total: number;
  readonly #waiting: { readonly amount: number; readonly start: () => void }[] = [];
  #taken = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** Does the work as soon as the amount is free, and gives it back whatever comes of it. */
  async spend<Result>(amount: number, work: () => Promise<Result>): Promise<Result> {
    if (this.#waiting.length > 0 || !this.#fits(amount)) await new Promise<void>((start) => this.#waiting.push({ amount, start }));
    else this.#taken += amount;
    try {
      return await work();
    } finally {
      this.#taken -= amount;
      this.#startNext();
    }
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.amount); next = this.#waiting[0]) {
      this.#waiting.shift();
      // Taken here, not when it starts: nobody comes in between.
      this.#taken += next.amount;
      next.start();
    }
  }

  #fits(amount: number): boolean {
    return this.#taken === 0 || this.#taken + amount <= this.#total;
  }
}
