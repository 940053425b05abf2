/**
 * One peer's copy of a document: the only door to Yjs. It tells own changes from received ones, applies what comes
 * in, and answers the engine's questions. Wire bytes are encoding V1; V2 is used at rest only, behind a checksum.
 */

import { createHash } from 'node:crypto';
import * as Y from 'yjs';
import type { LoadedDocument } from '../storage/store.js';
import type { ReplicaView } from '../sync/replica-view.js';
import type { ApplyOutcome } from '../sync/synchronizer-host.js';
import { describe } from './base/errors.js';
import type { Random } from './base/random.js';

export { Y };

/** The state vector of an empty document: no clients. */
const EMPTY_VECTOR = Uint8Array.of(0);
/** The origins of transactions that are not the application's own. */
const RECEIVED = Symbol('socomm: received from a peer');
const LOADED = Symbol('socomm: loaded from the store');

export interface ReplicaListener {
  /** Integrated here and nowhere else yet. */
  changed(update: Uint8Array): void;
  /** Integrated here, from a peer. */
  received(update: Uint8Array): void;
  /** An observer of the application threw; the state was applied all the same. */
  observerThrew(error: unknown): void;
}

export interface ReplicaOptions {
  readonly random: Random;
  readonly listener: ReplicaListener;
}

export class Replica implements ReplicaView {
  readonly doc: Y.Doc;
  readonly #listener: ReplicaListener;
  #digest: string | undefined;
  #changes = 0;

  constructor({ random, listener }: ReplicaOptions) {
    this.#listener = listener;
    this.doc = new Y.Doc();
    // 53 bits instead of Yjs's 32: two replicas with one id would diverge for ever, with equal state vectors.
    this.doc.clientID = clientId(random);
    // First of all listeners: one that throws silences those behind it.
    this.doc.on('update', (update: Uint8Array, origin: unknown) => this.#onUpdate(update, origin));
  }

  /** Counts whatever changed the replica. */
  get changes(): number {
    return this.#changes;
  }

  #onUpdate(update: Uint8Array, origin: unknown): void {
    this.#digest = undefined;
    if (origin === LOADED) return;
    this.#changes++;
    if (origin === RECEIVED) this.#listener.received(update);
    else this.#listener.changed(update);
  }

  /** Applies updates in one transaction. What cannot be read is left out, and told. */
  apply(updates: readonly Uint8Array[]): ApplyOutcome {
    return this.#integrate(updates, (update) => Y.applyUpdate(this.doc, update, RECEIVED), RECEIVED);
  }

  /**
   * Takes in what the store holds: snapshot (V2), then log (V1), in one transaction.
   * Returns what of it was new to a replica that was not empty; undefined where nothing was.
   */
  load({ snapshot, updates }: Pick<LoadedDocument, 'snapshot' | 'updates'>): Uint8Array | undefined {
    const before = this.stateVector();
    const isFresh = this.isEmpty;
    const digest = isFresh ? undefined : this.digest();
    const outcome = this.#integrate(
      [undefined, ...updates],
      (update) => {
        if (update !== undefined) Y.applyUpdate(this.doc, update, LOADED);
        else if (snapshot !== undefined) Y.applyUpdateV2(this.doc, snapshot, LOADED);
      },
      LOADED,
    );
    this.#digest = undefined;
    if (!outcome.ok) throw new Error(`stored updates could not be read: ${outcome.detail}`);
    return isFresh || digest === this.digest() ? undefined : this.difference(before);
  }

  #integrate<Part>(parts: readonly Part[], integrate: (part: Part) => void, origin: symbol): ApplyOutcome {
    const failures: string[] = [];
    try {
      this.doc.transact(() => {
        for (const part of parts) {
          try {
            integrate(part);
          } catch (error) {
            // Observers run when the outer transaction ends, so this is the reader's complaint about the bytes.
            failures.push(describe(error));
          }
        }
      }, origin);
    } catch (error) {
      this.#listener.observerThrew(error);
    }
    return failures.length === 0 ? { ok: true } : { ok: false, detail: failures.join('; ') };
  }

  /**
   * An exception in another `update` listener leaves Yjs in the belief that a transaction is still being ended; from then on
   * it tells no update. Ends that, and hands over as changed whatever may have moved without a word.
   */
  unmute(): void {
    const { doc } = this;
    if (doc._transaction !== null || doc._transactionCleanups.length === 0) return;
    doc._transactionCleanups = [];
    this.#digest = undefined;
    this.#changes++;
    this.#listener.observerThrew(new Error("an 'update' listener threw, which would have silenced the document"));
    this.#listener.changed(this.difference(EMPTY_VECTOR));
  }

  /** Nothing has come here, not even what could not be placed yet. */
  get isEmpty(): boolean {
    return this.doc.store.clients.size === 0 && !this.hasPending();
  }

  stateVector(): Uint8Array {
    return Y.encodeStateVector(this.doc);
  }

  canRead(stateVector: Uint8Array): boolean {
    try {
      Y.decodeStateVector(stateVector);
      return true;
    } catch {
      return false; // that it cannot be read is the answer
    }
  }

  difference(stateVector: Uint8Array): Uint8Array {
    return this.#withoutPending(() => Y.encodeStateAsUpdate(this.doc, stateVector));
  }

  /** The whole state in the compact encoding; never called while something is pending. */
  snapshot(): Uint8Array {
    return this.#withoutPending(() => Y.encodeStateAsUpdateV2(this.doc));
  }

  /** Yjs encodes what it could not place along with the rest; that is neither stored nor spread. */
  #withoutPending<Result>(encode: () => Result): Result {
    const { store } = this.doc;
    const { pendingStructs, pendingDs } = store;
    store.pendingStructs = null;
    store.pendingDs = null;
    try {
      return encode();
    } finally {
      store.pendingStructs = pendingStructs;
      store.pendingDs = pendingDs;
    }
  }

  digest(): string {
    this.#digest ??= digestOf(this.doc);
    return this.#digest;
  }

  hasPending(): boolean {
    return this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null;
  }

  /** Drops what is pending; returns how many bytes that was. */
  setAside(): number {
    const { store } = this.doc;
    const bytes = (store.pendingStructs?.update.length ?? 0) + (store.pendingDs?.length ?? 0);
    store.pendingStructs = null;
    store.pendingDs = null;
    return bytes;
  }

  isBehind(stateVector: Uint8Array): boolean {
    for (const [client, clock] of Y.decodeStateVector(stateVector)) {
      if (clock > Y.getState(this.doc.store, client)) return true;
    }
    return false;
  }

  isAhead(stateVector: Uint8Array): boolean {
    const theirs = Y.decodeStateVector(stateVector);
    for (const client of this.doc.store.clients.keys()) {
      if (Y.getState(this.doc.store, client) > (theirs.get(client) ?? 0)) return true;
    }
    return false;
  }

  destroy(): void {
    this.doc.destroy();
  }
}

/** Whether a snapshot gives back what it was taken of: a trial load into a replica that is thrown away. */
export function isFaithful(snapshot: Uint8Array, digest: string): boolean {
  const trial = new Y.Doc();
  try {
    Y.applyUpdateV2(trial, snapshot);
    return trial.store.pendingStructs === null && trial.store.pendingDs === null && digestOf(trial) === digest;
  } catch {
    return false; // What cannot be read back is not faithful, whatever the reason; the caller reports it.
  } finally {
    trial.destroy();
  }
}

/** A document as it was stored, for looking only. */
export function loadStoredDocument({ snapshot, updates }: Pick<LoadedDocument, 'snapshot' | 'updates'>): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    if (snapshot !== undefined) Y.applyUpdateV2(doc, snapshot);
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  return doc;
}

/** State vector and delete set: a lost delete leaves state vectors equal. */
export function digestOf(doc: Y.Doc): string {
  return createHash('sha256')
    .update(Y.encodeSnapshot(Y.snapshot(doc)))
    .digest('hex')
    .slice(0, 16);
}

function clientId(random: Random): number {
  const bytes = Buffer.from(random.bytes(7));
  return bytes.readUInt32LE(0) + (bytes.readUIntLE(4, 3) & 0x1fffff) * 2 ** 32;
}
