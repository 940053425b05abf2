/** What is subscribed to at the transport: counted, as several instances of a peer may want the same; ended with the last. */

import type { Transport } from '../sync/transport.js';

export class SubscribedKeys {
  readonly #transport: Pick<Transport, 'subscribe' | 'unsubscribe'>;
  readonly #counts = new Map<string, number>();

  constructor(transport: Pick<Transport, 'subscribe' | 'unsubscribe'>) {
    this.#transport = transport;
  }

  add(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    if (count === 0) this.#transport.subscribe(key);
  }

  remove(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    if (count > 1) return void this.#counts.set(key, count - 1);
    if (this.#counts.delete(key)) this.#transport.unsubscribe(key);
  }

  close(): void {
    for (const key of this.#counts.keys()) this.#transport.unsubscribe(key);
    this.#counts.clear();
  }
}
