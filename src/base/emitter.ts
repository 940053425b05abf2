/** Events of a closed set. A listener that throws, or rejects later, is reported and stops nobody else. */

import { callListener } from './listener.js';

export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => unknown>>();
  readonly #onThrow: (error: unknown, event: keyof Events) => void;

  constructor(onThrow: (error: unknown, event: keyof Events) => void) {
    this.#onThrow = onThrow;
  }

  /** Returns the function that ends the subscription. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // A function of its own for each call, so that one listener given twice is called, and ended, twice.
    const entry = (event: Events[Name]): unknown => listener(event);
    listeners.add(entry);
    return () => void listeners.delete(entry);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      callListener(listener as (event: Events[Name]) => unknown, [event], (error) => this.#onThrow(error, name));
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
