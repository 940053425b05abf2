/**
 * One listener for each signal, however many wait for it: an application gives one signal to hundreds of calls, of many instances, and
 * Node warns of a leak where each of them listens for itself.
 */

export class SharedSignals {
  readonly #waiting = new Map<AbortSignal, Set<() => void>>();

  /** Calls `aborted` once, if it comes to that: not for a signal that is aborted already. Returns what ends it; the last one ends the listener. */
  watch(signal: AbortSignal, aborted: () => void): () => void {
    const waiting = this.#waiting.get(signal) ?? new Set();
    if (waiting.size === 0) {
      this.#waiting.set(signal, waiting);
      signal.addEventListener('abort', this.#aborted, { once: true });
    }
    waiting.add(aborted);
    return () => {
      if (!waiting.delete(aborted) || waiting.size > 0) return;
      this.#waiting.delete(signal);
      signal.removeEventListener('abort', this.#aborted);
    };
  }

  readonly #aborted = ({ target }: Event): void => {
    const signal = target as AbortSignal;
    const waiting = this.#waiting.get(signal);
    this.#waiting.delete(signal);
    for (const aborted of [...(waiting ?? [])]) aborted();
  };
}
