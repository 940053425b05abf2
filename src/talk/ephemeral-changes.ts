/**
 * Changes of ephemeral values as an async iterator. While its reader is busy only the latest of each instance and key is kept, so
 * it needs no more memory than the values that there are, and those that the reader has seen and must hear are gone.
 */

import type { EphemeralChange } from './ephemeral.js';

type Result<Value> = IteratorResult<EphemeralChange<Value>>;

export class EphemeralChanges<Value> implements AsyncIterableIterator<EphemeralChange<Value>> {
  readonly #onEnd: () => void;
  readonly #waiting = new Map<string, EphemeralChange<Value>>();
  /** Values that the reader knows of. */
  readonly #seen = new Set<string>();
  readonly #readers: ((result: Result<Value>) => void)[] = [];
  #isOpen = true;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  tell(changes: readonly EphemeralChange<Value>[]): void {
    if (!this.#isOpen) return;
    for (const change of changes) this.#keep(change);
    while (this.#readers.length > 0) {
      const value = this.#take();
      if (value === undefined) return;
      this.#readers.shift()?.({ done: false, value });
    }
  }

  next(): Promise<Result<Value>> {
    const value = this.#take();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (!this.#isOpen) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<Result<Value>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#waiting.clear();
    this.#seen.clear();
    this.#onEnd();
    for (const resolve of this.#readers.splice(0)) resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  #keep(change: EphemeralChange<Value>): void {
    const id = idOf(change);
    // What came and went unseen is not worth a word.
    if (change.value === undefined && !this.#seen.has(id)) this.#waiting.delete(id);
    else this.#waiting.set(id, change);
  }

  #take(): EphemeralChange<Value> | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    const [id, change] = first;
    this.#waiting.delete(id);
    if (change.value === undefined) this.#seen.delete(id);
    else this.#seen.add(id);
    return change;
  }
}

function idOf({ from, key }: EphemeralChange<unknown>): string {
  return `${from}/${key}`;
}
