/** What is waited for on behalf of something that may end first: its end ends the wait. No listeners on one signal, of which there could be hundreds. */

export type LimitedWork<Result> = (signal: AbortSignal, end: (reason: unknown) => void) => Promise<Result>;

export class Ending {
  readonly #waits = new Set<AbortController>();
  #end: { readonly reason: unknown } | undefined;

  /** Waits for `work` until the caller's signal, the work's own `end`, or the end of all gives it up. */
  async waiting<Result>(given: AbortSignal | undefined, work: LimitedWork<Result>): Promise<Result> {
    given?.throwIfAborted();
    if (this.#end !== undefined) throw this.#end.reason;
    const wait = new AbortController();
    const abort = (): void => wait.abort(given?.reason);
    given?.addEventListener('abort', abort, { once: true });
    this.#waits.add(wait);
    try {
      return await work(wait.signal, (reason) => wait.abort(reason));
    } finally {
      this.#waits.delete(wait);
      given?.removeEventListener('abort', abort);
    }
  }

  /** Ends what is waited for, and what would be. */
  end(reason: unknown): void {
    this.#end ??= { reason };
    for (const wait of this.#waits) wait.abort(reason);
  }
}
