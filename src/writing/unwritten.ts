/**
 * What the store does not have yet: what replicas integrated since the last batch, and whose numbers moved. Taken all at once,
 * with the vectors of that very tick: so a watermark never covers what comes after its batch.
 */

import type { StoreRecord, Vector } from '../../storage/store.js';
import type { WriterHost } from '../writer-host.js';
import { BatchQueue, PEN_QUEUE_BYTES_MAX } from './batch-queue.js';
import { EMPTY_VECTOR } from './loading.js';

export interface Unwritings {
  readonly records: readonly StoreRecord[];
  /** Of each document of which nothing is pending: what counts as stored when the records are. */
  readonly watermarks: ReadonlyMap<string, Vector>;
  readonly documents: readonly string[];
}

export class Unwritten {
  readonly #host: WriterHost;
  readonly #queue: BatchQueue;
  readonly #touched = new Set<string>();

  /** `baseOf`: the state vector of what the store surely has of a document. */
  constructor(host: WriterHost, baseOf: (document: string) => Uint8Array | undefined) {
    this.#host = host;
    this.#queue = new BatchQueue(PEN_QUEUE_BYTES_MAX, baseOf);
  }

  get isEmpty(): boolean {
    return this.#touched.size === 0;
  }

  record(document: string, update: Uint8Array, origins: Vector): void {
    this.#queue.add({ document, update, origins, isTakeover: false });
    this.touch(document);
  }

  /** Its numbers moved. */
  touch(document: string): void {
    this.#touched.add(document);
  }

  forget(document: string): void {
    this.#touched.delete(document);
  }

  take(): Unwritings {
    const documents = [...this.#touched];
    const watermarks = new Map<string, Vector>();
    for (const name of documents) {
      const document = this.#host.document(name);
      // In its vector everything has a number: what was written until now is recorded by that.
      if (document !== undefined && !document.replica.hasPending()) watermarks.set(name, document.vector());
    }
    for (const name of documents) this.#touched.delete(name);
    // No more than is there now: what comes meanwhile makes the next batch, and must not keep this one's watermark back.
    const { records, dropped } = this.#queue.take();
    const replaced = [...dropped].flatMap(([name, base]) => this.#differenceSince(name, base));
    return { records: [...records, ...replaced], watermarks, documents };
  }

  /** In place of records that were dropped: as at a takeover, but in the chain. */
  #differenceSince(name: string, base: Uint8Array | undefined): StoreRecord[] {
    const replica = this.#host.document(name)?.replica;
    if (replica === undefined) return [];
    return [{ document: name, update: replica.difference(base ?? EMPTY_VECTOR), origins: new Map(), isTakeover: false }];
  }
}
