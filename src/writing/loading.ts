/**
 * The store comes into the live replicas: one document at a time, each once in an office. It remembers what of a replica the store
 * is known to hold, and it never writes. When this has to happen: docs/ELECTION.md, "Taking over".
 */

import type { Store } from '../../storage/store.js';
import { pause } from '../base/clock.js';
import type { Replica } from '../replica/replica.js';
import { hasGaps } from '../replica/stored-document.js';
import type { WriterHost, WrittenDocument } from '../writer-host.js';

/** For so long a new writer answers those who waited for one before it loads what is left: a large document holds the loop. */
export const LOADING_PAUSE_MS = 50;

/** What is known of a document since it was loaded. */
interface Loaded {
  /** What of it the live replica had not had. */
  readonly missed: Uint8Array | undefined;
  /** The replica's count of changes then, and its state vector. */
  readonly changes: number;
  readonly base: Uint8Array;
}

export interface Condition {
  /** Some of what was stored did not verify. */
  readonly isDamaged: boolean;
  /** Something is missing in the store that later records build on. */
  readonly isTorn: boolean;
}

export interface LoadingOptions {
  readonly store: Store;
  readonly host: WriterHost;
  /** Asked after each wait. */
  readonly hasEnded: () => boolean;
  /** What the replica could integrate only now, and the store has not. */
  readonly completed: (document: string, update: Uint8Array) => void;
  /** Its numbers may count as stored now. */
  readonly loaded: (document: string, condition: Condition) => void;
  readonly failed: (error: unknown) => void;
}

export class Loading {
  readonly #options: LoadingOptions;
  readonly #loaded = new Map<string, Loaded>();
  readonly #ending = new AbortController();
  #underWay: Promise<void> = Promise.resolve();
  #isUnderWay = false;
  #mayTell = false;

  constructor(options: LoadingOptions) {
    this.#options = options;
  }

  has(document: string): boolean {
    return this.#loaded.has(document);
  }

  /** A document was closed: what is opened under this name later is loaded anew. */
  forget(document: string): void {
    this.#loaded.delete(document);
  }

  /** For a takeover by who knows nothing better than the store. */
  async loadUnsynced(): Promise<void> {
    for (const document of this.#options.host.documents()) if (!document.isSynced) await this.#load(document);
  }

  /** The term is durable: only from now on is what was loaded called whole. Resolves when all has been loaded. */
  async begin(): Promise<void> {
    this.#mayTell = true;
    try {
      for (const name of this.#loaded.keys()) this.#tell(name);
    } catch (error) {
      this.#options.failed(error);
    }
    if (this.#next() !== undefined) await pause(this.#options.host.clock, LOADING_PAUSE_MS, this.#ending.signal);
    await this.loadRest();
  }

  /** What waits with loading waits no longer, and loads nothing more. */
  end(): void {
    this.#ending.abort();
  }

  /** Loads what was not loaded yet; whoever comes while that goes on is taken along. Never rejects. */
  loadRest(): Promise<void> {
    if (!this.#isUnderWay) {
      this.#isUnderWay = true;
      this.#underWay = this.#loadRest();
    }
    return this.#underWay;
  }

  async #loadRest(): Promise<void> {
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) await this.#load(next);
    } catch (error) {
      this.#options.failed(error);
    } finally {
      // In the turn in which nothing is left: what is opened in the next would be taken along by nobody.
      this.#isUnderWay = false;
    }
  }

  #next(): WrittenDocument | undefined {
    const { host, hasEnded } = this.#options;
    return hasEnded() || this.#ending.signal.aborted ? undefined : host.documents().find(({ name }) => !this.#loaded.has(name));
  }

  /** The state vector above which the replica's state is not known to be in the store; undefined where all of it is. */
  storedBase(name: string, replica: Replica): Uint8Array | undefined {
    if (replica.isEmpty) return undefined;
    const loaded = this.#loaded.get(name);
    if (loaded === undefined) return this.#options.store.document(name)?.snapshotVector ?? EMPTY_VECTOR;
    return loaded.changes === replica.changes ? undefined : loaded.base;
  }

  async #load({ name, replica }: WrittenDocument): Promise<void> {
    const { store, host, hasEnded, completed } = this.#options;
    const loaded = await store.load(name);
    if (hasEnded()) return;
    // Closed meanwhile, perhaps opened again: that one is loaded when its turn comes.
    if (!host.documents().some((document) => document.replica === replica)) return;
    const wasEmpty = replica.isEmpty;
    const isDamaged = loaded.damage.length > 0;
    if (isDamaged) host.damaged(loaded.damage);
    const { changes } = replica;
    const hadPending = replica.hasPending();
    const missed = replica.load(loaded);
    // What a listener that threw meanwhile has kept from being told is told now: it counts as a change.
    replica.heal();
    // An observer may have written while it was loaded: that is not in the store.
    const isPure = wasEmpty && replica.changes === changes;
    // What came from elsewhere before the loading is not in the store, and cannot be told apart any more.
    this.#loaded.set(name, { missed, changes: wasEmpty ? changes : -1, base: isPure ? replica.stateVector() : EMPTY_VECTOR });
    // What was pending may have been completed by what was loaded: then it is in the replica now, and not in the store.
    if (hadPending && missed !== undefined) completed(name, missed);
    if (this.#mayTell) this.#tell(name);
    // What the network left pending says nothing about the store.
    const isTorn = replica.hasPending() && (!hadPending || hasGaps(loaded));
    this.#options.loaded(name, { isDamaged, isTorn });
  }

  #tell(name: string): void {
    this.#options.host.loaded(name, this.#loaded.get(name)?.missed);
  }
}

/** The state vector of an empty document: no clients. */
export const EMPTY_VECTOR = Uint8Array.of(0);
