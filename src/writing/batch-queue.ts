/**
 * What waits for the disk, in the order in which it was integrated, bounded in bytes. Where a slow disk lets it outgrow the bound, the records
 * of the document that has most are dropped, and so is whatever follows of it, until the next batch takes one difference in
 * place of them all: memory is bounded, nothing is lost. Whoever takes the batch makes that difference, in the same tick.
 */

import type { StoreRecord } from '../../storage/store.js';

/** What waits is dropped, and recorded as a difference, above this. */
export const PEN_QUEUE_BYTES_MAX = 64 * 1024 * 1024;
/** What a record costs in memory beside its bytes: a queue of very small ones is bounded too. */
export const PEN_RECORD_COST_BYTES = 256;
/** A batch is closed above this; the rest makes the next one. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;

export interface TakenRecords {
  readonly records: readonly StoreRecord[];
  /**
   * Documents of which a difference is due in place of what was dropped, and to what: the vector of the snapshot that was the last one when the first
   * of their records came. A newer snapshot may hold what was dropped; the log has to give it, too, for whoever cannot read that snapshot.
   */
  readonly dropped: ReadonlyMap<string, Uint8Array | undefined>;
}

export class BatchQueue {
  readonly #bytesMax: number;
  readonly #snapshotVector: (document: string) => Uint8Array | undefined;
  #records: StoreRecord[] = [];
  /** Of each document. */
  #bytes = new Map<string, number>();
  #bytesTotal = 0;
  #dropped = new Set<string>();
  /** Vectors of the last snapshots, as they were when a document's first record since the last emptying came. */
  #bases = new Map<string, Uint8Array | undefined>();

  /** `snapshotVector`: of the last snapshot that the store has of a document. */
  constructor(bytesMax = PEN_QUEUE_BYTES_MAX, snapshotVector: (document: string) => Uint8Array | undefined = () => undefined) {
    this.#bytesMax = bytesMax;
    this.#snapshotVector = snapshotVector;
  }

  get bytes(): number {
    return this.#bytesTotal;
  }

  add(record: StoreRecord): void {
    const { document, update } = record;
    if (this.#dropped.has(document)) return;
    if (!this.#bases.has(document)) this.#bases.set(document, this.#snapshotVector(document));
    this.#records.push(record);
    const bytes = update.length + PEN_RECORD_COST_BYTES;
    this.#bytes.set(document, (this.#bytes.get(document) ?? 0) + bytes);
    this.#bytesTotal += bytes;
    if (this.#bytesTotal > this.#bytesMax) this.#dropLargest();
  }

  /** Empties the queue. */
  take(): TakenRecords {
    const taken = { records: this.#records, dropped: new Map([...this.#dropped].map((name) => [name, this.#bases.get(name)])) };
    this.#bases = new Map();
    this.#records = [];
    this.#bytes = new Map();
    this.#bytesTotal = 0;
    this.#dropped = new Set();
    return taken;
  }

  #dropLargest(): void {
    const [[largest, bytes]] = [...this.#bytes].toSorted(([, one], [, other]) => other - one) as [[string, number]];
    this.#records = this.#records.filter(({ document }) => document !== largest);
    this.#bytes.delete(largest);
    this.#bytesTotal -= bytes;
    this.#dropped.add(largest);
  }
}

/** Records in the order of the queue, in batches that end above BATCH_BYTES_MAX; a larger record is a batch of its own. */
export function* batchesOf(records: readonly StoreRecord[]): Generator<readonly StoreRecord[]> {
  let batch: StoreRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    if (batch.length > 0 && bytes + record.update.length > BATCH_BYTES_MAX) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += record.update.length;
  }
  if (batch.length > 0) yield batch;
}
