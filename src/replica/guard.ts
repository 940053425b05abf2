/**
 * Watches over our listeners on a document of Yjs. A listener of the application that throws leaves Yjs in the belief that a
 * transaction is still being ended, for good: no event is told from then on. `doc.destroy()` and `doc.off()` take ours away. Each
 * transaction costs one look, in a microtask at the end of its turn, when no transaction can be under way; idle costs nothing.
 */

import * as Y from 'yjs';

export type GuardCause =
  /** A listener threw, and Yjs told nothing any more. */
  | 'muted'
  /** Our listeners were taken off: by `doc.off()`, or by `doc.destroy()`. */
  | 'removed'
  | 'destroyed'
  /** The state vector moved without an event, and nothing of the above was seen. */
  | 'silent';

type Listener = (...args: never[]) => void;

/** For a microtask: `queueMicrotask` makes an object that follows what called it, which costs more than the look. */
const NOW = Promise.resolve();

export type GuardedListener = readonly [event: string, listener: Listener];

export interface GuardHost {
  readonly doc: Y.Doc;
  /** These come first of all listeners: one that throws silences those behind it. One for each event: a second costs more than both do. */
  readonly listeners: readonly GuardedListener[];
  /** A transaction begins. */
  began(): void;
  /** A turn is over in which there was a transaction, and none is under way: tell what waited for that. */
  turnEnded(): void;
  /** Hand over what was not told. Returns whether it could be encoded. */
  tell(): boolean;
  /** Take out what cannot be encoded. */
  mend(): void;
  /** It is repaired, and what was missed has been handed over. */
  repaired(cause: GuardCause): void;
}

export class Guard {
  readonly #host: GuardHost;
  readonly #listeners: readonly GuardedListener[];
  #isScheduled = false;
  #isEnded = false;
  #isDestroyed = false;
  /** The state of which everything was told, and the transaction whose end was seen last. */
  #told: ReadonlyMap<number, number> = new Map();
  #lastSeen: Y.Transaction | undefined;

  constructor(host: GuardHost) {
    this.#host = host;
    const begin = (): void => {
      this.#schedule();
      this.#host.began();
    };
    this.#listeners = [
      // Before anything of the application can throw: in these two a throw leaves even the transaction open.
      ['beforeAllTransactions', () => this.#schedule()],
      ['beforeTransaction', begin],
      ...host.listeners,
      ['destroy', () => this.#onDestroy()],
    ];
    this.#attach();
  }

  /** For each client, up to where everything was told. */
  get told(): ReadonlyMap<number, number> {
    return this.#told;
  }

  /** A transaction has ended, as far as listeners behind ours let it, and is told now or at the end of the turn. */
  noteEnd(transaction: Y.Transaction): void {
    this.#lastSeen = transaction;
  }

  /** Everything up to this state was told. What observers wrote meanwhile is told with theirs. */
  noteTold(state: ReadonlyMap<number, number>): void {
    this.#told = state;
  }

  /** All that is there was told. */
  noteAll(): void {
    const told = new Map<number, number>();
    for (const client of this.#clients.keys()) told.set(client, this.#clockOf(client));
    this.#told = told;
  }

  /** Looks at once, wherever it is called. */
  heal(): void {
    if (this.#isEnded) return;
    if (!this.#isScheduled) return this.#repair(this.#host.doc._transaction !== null);
    // A transaction began in this turn, and we may be within an observer of it: repairing is left to the microtask, which
    // knows. What was not told is told now; that it may be told once more does no harm.
    if (this.#host.doc._transaction === null && (this.#isMuted() || this.#hasMoved())) this.#host.tell();
  }

  end(): void {
    this.#isEnded = true;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isEnded) return;
    this.#isScheduled = true;
    void NOW.then(this.#onTurnEnd);
  }

  readonly #onTurnEnd = (): void => {
    this.#isScheduled = false;
    if (this.#isEnded) return;
    this.#host.turnEnded();
    this.#repair(false);
  };

  #onDestroy(): void {
    this.#isDestroyed = true;
    this.#schedule();
  }

  #repair(mayBeWithinTransaction: boolean): void {
    if (mayBeWithinTransaction) return this.#schedule();
    const cause = this.#cause();
    if (cause === undefined) return;
    const { doc } = this.#host;
    // Was everything seen that the document still wants to end? Then the listener that threw came behind ours.
    const isSeen = doc._transaction === null && doc._transactionCleanups.every((transaction) => transaction === this.#lastSeen);
    doc._transaction = null;
    doc._transactionCleanups = [];
    if (cause === 'removed' || cause === 'destroyed') this.#attach();
    this.#isDestroyed = false;
    if (cause !== 'muted' || !isSeen || this.#hasMoved()) this.#tell();
    this.noteAll();
    this.#host.repaired(cause);
  }

  #tell(): void {
    const told = this.#told;
    if (this.#host.tell()) return;
    this.#host.mend();
    // Mending is a change too, and was told: but not what was missed before it.
    this.#told = told;
    this.#host.tell();
  }

  #cause(): GuardCause | undefined {
    if (!this.#areAttached()) return this.#isDestroyed ? 'destroyed' : 'removed';
    if (this.#isMuted()) return 'muted';
    return this.#hasMoved() ? 'silent' : undefined;
  }

  /** Only outside of transactions. */
  #isMuted(): boolean {
    const { doc } = this.#host;
    return doc._transaction !== null || doc._transactionCleanups.length > 0;
  }

  #hasMoved(): boolean {
    for (const client of this.#clients.keys()) if (this.#clockOf(client) !== (this.#told.get(client) ?? 0)) return true;
    return false;
  }

  get #clients(): Y.Doc['store']['clients'] {
    return this.#host.doc.store.clients;
  }

  #clockOf(client: number): number {
    return Y.getState(this.#host.doc.store, client);
  }

  #areAttached(): boolean {
    const observers = this.#observers;
    return this.#listeners.every(([event, listener]) => observers.get(event)?.has(listener) === true);
  }

  /** Puts ours before those that are there. */
  #attach(): void {
    const observers = this.#observers;
    for (const event of new Set(this.#listeners.map(([name]) => name))) {
      const ours = this.#listeners.filter(([name]) => name === event).map(([, listener]) => listener);
      observers.set(event, new Set([...ours, ...(observers.get(event) ?? [])]));
    }
  }

  get #observers(): Map<string, Set<Listener>> {
    return this.#host.doc._observers as Map<string, Set<Listener>>;
  }
}
