/** Ordered release: what is acquired goes in, and comes out in reverse order, failures combined. */

type Release = () => void | Promise<void>;

export class Scope {
  readonly #releases: { readonly name: string; readonly release: Release }[] = [];
  #closing: Promise<void> | undefined;

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** Takes charge of something. In a scope that is already closing it is released at once. */
  add(name: string, release: Release): void {
    if (this.#closing !== undefined) {
      this.#closing = Promise.allSettled([this.#closing, release()]).then(rethrow);
      return;
    }
    this.#releases.push({ name, release });
  }

  /** Releases everything, the last one first, each even if another fails. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#releaseAll();
    return this.#closing;
  }

  async #releaseAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const { name, release } of this.#releases.reverse()) {
      try {
        await release();
      } catch (error) {
        failures.push(new Error(`${name} could not be released`, { cause: error }));
      }
    }
    this.#releases.length = 0;
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'several things could not be released');
  }
}

function rethrow(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
