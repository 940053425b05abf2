/**
 * Hands what is to be published to the transport, one by one, at the pace that the transport takes it. It begins in a microtask,
 * so that all of one tick has gathered; while the transport is busy, more gathers. It owns no queue: it asks for the next.
 */

import type { Transport } from '../sync/transport.js';

export interface Published {
  readonly key: string;
  readonly frame: Uint8Array;
  readonly body?: Uint8Array | undefined;
}

const BEGIN = Promise.resolve();

export class Pump {
  readonly #transport: Pick<Transport, 'publish'>;
  readonly #next: () => Published | undefined;
  #isRunning = false;

  /** `next`: what is to go now, if anything; called only when it goes. */
  constructor(transport: Pick<Transport, 'publish'>, next: () => Published | undefined) {
    this.#transport = transport;
    this.#next = next;
  }

  /** There is something. */
  wake(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void BEGIN.then(this.#run);
  }

  /** Hands over all at once, without waiting for the transport: for the end. */
  empty(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) void this.#publish(next);
  }

  readonly #run = async (): Promise<void> => {
    for (let next = this.#next(); next !== undefined; next = this.#next()) await this.#publish(next);
    this.#isRunning = false;
  };

  #publish({ key, frame, body }: Published): Promise<void> {
    return this.#transport.publish(key, frame, body);
  }
}
