/** What the writer does with documents whether they are open here or not: hands all of them out, makes them small, takes deleted ones off the disk. */

import type { Store } from '../../storage/store.js';
import type { Compaction } from '../compaction.js';
import type { WriterHost } from '../writer-host.js';
import { wholeStates } from './whole-states.js';
import type { WholeDocument } from './whole-states.js';

export interface CompactionSizes {
  /** Of all snapshots and logs together, as LevelDB is given them. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export interface WholeStoreOptions {
  readonly store: Store;
  readonly host: Pick<WriterHost, 'documents'>;
  readonly compaction: Compaction;
  readonly term: () => number;
  /** Rejects where the office ends first. */
  readonly whenLoaded: () => Promise<void>;
  /** Throws where the office has ended. */
  readonly assertHeld: () => void;
  /** Writes what was recorded by now; only ever in a turn. */
  readonly writeBatch: () => Promise<void>;
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
}

export class WholeStore {
  readonly #options: WholeStoreOptions;

  constructor(options: WholeStoreOptions) {
    this.#options = options;
  }

  async states(): Promise<readonly WholeDocument[]> {
    const { store, host, whenLoaded, assertHeld } = this.#options;
    await whenLoaded();
    return wholeStates(store, () => host.documents(), assertHeld);
  }

  async compact(): Promise<CompactionSizes> {
    const { store, compaction, whenLoaded, assertHeld } = this.#options;
    await whenLoaded();
    const bytesBefore = this.#storedBytes();
    await compaction.compactAll();
    await store.compact();
    assertHeld();
    return { bytesBefore, bytesAfter: this.#storedBytes() };
  }

  /** Rejects with what ended the office: then the next writer does it. */
  async remove(documents: readonly string[]): Promise<void> {
    const { store, term, writeBatch, assertHeld, inTurn } = this.#options;
    await inTurn(async () => {
      // First what says that they are deleted: a crash in between must not leave a catalogue with a document that is not there.
      await writeBatch();
      for (const name of documents) {
        assertHeld();
        if (store.document(name) !== undefined) await store.remove(term(), name);
      }
    });
  }

  #storedBytes(): number {
    const all = this.#options.store.documents();
    return all.reduce((sum, { snapshotBytes, logBytes, olderBytes }) => sum + snapshotBytes + logBytes + olderBytes, 0);
  }
}
