/**
 * When a document's log gives way to a snapshot of the live replica, and when it must not: a snapshot that would hold less
 * than the log, or that does not give back what it was taken of, replaces nothing. See docs/STORAGE.md.
 */

import type { OpenedStore, Store } from '../storage/store.js';
import { isFaithful } from './replica/stored-document.js';
import type { WriterHost, WrittenDocument } from './writer-host.js';

/** A log is replaced by a snapshot when it outgrows both this and the snapshot before it. */
export const LOG_BYTES_BEFORE_SNAPSHOT = 512 * 1024;

export class Compaction {
  readonly #store: Store;
  readonly #host: WriterHost;
  /** Documents whose stored bytes were damaged: a snapshot of the healed replica is due. */
  readonly #damaged = new Set<string>();
  /** Documents in whose stored log something is missing that later records build on: they stay, for a snapshot would lack them. */
  readonly #torn = new Set<string>();
  /** Documents whose snapshot did not give back what it was taken of: their log stays. */
  readonly #refused = new Set<string>();

  constructor(store: Store, host: WriterHost) {
    this.#store = store;
    this.#host = host;
  }

  noteDamaged(name: string): void {
    this.#damaged.add(name);
  }

  noteTorn(name: string): void {
    this.#torn.add(name);
  }

  /** Replaces the log of one of these documents that has outgrown its snapshot; all of them have been loaded. */
  async compactOne(term: OpenedStore['term'], documents: readonly WrittenDocument[]): Promise<void> {
    const due = documents.find((document) => this.#isDue(document));
    if (due === undefined) return;
    const { name, replica } = due;
    const state = replica.snapshot();
    const stateVector = replica.stateVector();
    if (!isFaithful(state, replica.digest())) {
      this.#refused.add(name);
      this.#host.snapshotRefused(name);
      return;
    }
    await this.#store.replace(term, { document: name, state, stateVector, through: this.#store.lastRecord(name) });
    this.#damaged.delete(name);
  }

  #isDue({ name, replica }: WrittenDocument): boolean {
    if (this.#refused.has(name) || this.#torn.has(name) || replica.hasPending()) return false;
    const stored = this.#store.documents().find((document) => document.name === name);
    if (stored === undefined) return false;
    const leastBytes = this.#host.logBytesBeforeSnapshot ?? LOG_BYTES_BEFORE_SNAPSHOT;
    return stored.logBytes > Math.max(leastBytes, stored.snapshotBytes) || this.#damaged.has(name);
  }
}
