/**
 * Spares Yjs the encoding of an update that nobody reads, or that is there already: it encodes each transaction anew for whoever listens to `update`,
 * which for a whole library costs as much as taking it in. Listeners are hidden between two events that Yjs emits around that, and are back before
 * anything else is told. Where somebody besides us listens, everything is as ever.
 *
 *   afterTransactionCleanup ──hide──► (no `update`) ──► beforeObserverCalls of the next one, or afterAllTransactions ──restore──►
 */

import type * as Y from 'yjs';
import type { GuardedListener } from './guard.js';

export interface UnencodedHost {
  readonly doc: Y.Doc;
  /** What stands for the update of this transaction; undefined where it has to be encoded. */
  standIn(transaction: Y.Transaction): Uint8Array | undefined;
  /** In place of the event. */
  told(update: Uint8Array, transaction: Y.Transaction): void;
}

export class Unencoded {
  readonly #host: UnencodedHost;
  readonly #observers: Map<string, Set<unknown>>;
  #hidden: Set<unknown> | undefined;

  constructor(host: UnencodedHost) {
    this.#host = host;
    this.#observers = host.doc._observers as Map<string, Set<unknown>>;
  }

  get listeners(): GuardedListener[] {
    const restore = (): void => this.#restore();
    return [
      ['beforeObserverCalls', restore],
      ['afterTransactionCleanup', (transaction: Y.Transaction) => this.#hide(transaction)],
      ['afterAllTransactions', restore],
    ];
  }

  #hide(transaction: Y.Transaction): void {
    const update = this.#host.standIn(transaction);
    const listeners = this.#observers.get('update');
    if (update === undefined || listeners?.size !== 1) return;
    this.#hidden = listeners;
    this.#observers.delete('update');
    this.#host.told(update, transaction);
  }

  #restore(): void {
    if (this.#hidden === undefined) return;
    // Before those that came meanwhile.
    this.#observers.set('update', new Set([...this.#hidden, ...(this.#observers.get('update') ?? [])]));
    this.#hidden = undefined;
  }
}
