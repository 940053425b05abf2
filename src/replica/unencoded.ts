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
  /** What stands for the update of this transaction; undefined where it has to be encoded. Asked once of each. */
  standIn(transaction: Y.Transaction): Uint8Array | undefined;
  /** In place of the event. */
  told(update: Uint8Array, transaction: Y.Transaction): void;
  /** This event is listened to here in any case. */
  beforeObserverCalls(transaction: Y.Transaction): void;
}

export function unencodedListeners(host: UnencodedHost): GuardedListener[] {
  const unencoded = new Unencoded(host);
  const begin = (transaction: Y.Transaction): void => {
    unencoded.restore();
    host.beforeObserverCalls(transaction);
  };
  return [
    ['beforeObserverCalls', begin],
    ['afterTransactionCleanup', (transaction: Y.Transaction) => unencoded.hide(transaction)],
    ['afterAllTransactions', () => unencoded.restore()],
  ];
}

class Unencoded {
  readonly #host: UnencodedHost;
  readonly #observers: Map<string, Set<unknown>>;
  #hidden: Set<unknown> | undefined;

  constructor(host: UnencodedHost) {
    this.#host = host;
    this.#observers = host.doc._observers as Map<string, Set<unknown>>;
  }

  hide(transaction: Y.Transaction): void {
    const update = this.#host.standIn(transaction);
    const listeners = this.#observers.get('update');
    if (update === undefined || listeners?.size !== 1 || !changesAnything(transaction)) return;
    this.#hidden = listeners;
    this.#observers.delete('update');
    this.#host.told(update, transaction);
  }

  restore(): void {
    if (this.#hidden === undefined) return;
    // Before those that came meanwhile.
    this.#observers.set('update', new Set([...this.#hidden, ...(this.#observers.get('update') ?? [])]));
    this.#hidden = undefined;
  }
}

/** Whether a transaction that begins now will hold what is done in it, and nothing else: who listens to its beginning may write into it. */
export function beginsUnheard({ _observers }: Y.Doc): boolean {
  const observers = _observers as Map<string, Set<unknown>>;
  return observers.get('beforeTransaction')?.size === 1 && observers.get('beforeAllTransactions')?.size === 1;
}

/** Whether Yjs would have an update to tell of. */
function changesAnything({ deleteSet, beforeState, afterState }: Y.Transaction): boolean {
  if (deleteSet.clients.size > 0) return true;
  for (const [client, clock] of afterState) if (beforeState.get(client) !== clock) return true;
  return false;
}
