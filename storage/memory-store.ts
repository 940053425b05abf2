/**
 * The store without a disk, for tests and `socomm/testing`: no native addon, no timers. A `MemoryDisk` stands for the
 * directory and its lock; every `MemoryStore` on it is one peer's handle, as every process has its own.
 */

import { SocommError, assert, describe, isSocommError } from '../src/base/errors.js';
import type { BundleFolder } from './bundle-folder.js';
import { MemoryDisk } from './memory-disk.js';
import type { MemoryDocument } from './memory-disk.js';
import type { LoadedDocument, OpenedStore, OwnerLock, OwnerNote, Snapshot, Store, StoreRecord, StoredDocument } from './store.js';

export class MemoryStore implements Store {
  readonly location: string;
  readonly lock: OwnerLock;
  readonly spills: BundleFolder;
  readonly checkpoints: BundleFolder;
  readonly #disk: MemoryDisk;
  #status: 'closed' | 'open' | 'crashed' = 'closed';
  #failure: SocommError | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(disk = new MemoryDisk()) {
    this.#disk = disk;
    this.location = disk.location;
    // Who was killed writes nothing more.
    const isAlive = (): boolean => this.#status !== 'crashed';
    this.spills = disk.folder('spill', isAlive);
    this.checkpoints = disk.folder('checkpoints', isAlive);
    this.lock = {
      tryAcquire: () => this.#status !== 'crashed' && disk.tryLock(this),
      isOwned: () => disk.isOwnedBy(this),
      release: () => disk.unlock(this),
    };
  }

  /** As if the process were killed: what was not yet on disk is gone, the lock is free, and this handle answers nothing any more. */
  crash(): void {
    this.#status = 'crashed';
    this.#disk.unlock(this);
  }

  open(): Promise<OpenedStore> {
    return this.#inTurn(async () => {
      assert(this.#status === 'closed', 'a store is opened once until it is closed');
      this.#disk.checkOwned(this);
      this.#status = 'open';
      this.#failure = undefined;
      const { storeId, term, isClean: wasClean, documents } = this.#disk;
      return { storeId, term, wasClean, documents: [...documents].map(describeDocument), damage: [] };
    });
  }

  append(term: number, records: readonly StoreRecord[]): Promise<void> {
    return this.#write(term, (changed) => {
      for (const { document, update } of records) {
        const before = changed.get(document) ?? this.#disk.documents.get(document) ?? EMPTY;
        changed.set(document, { ...before, last: before.last + 1, updates: [...before.updates, update.slice()] });
      }
    });
  }

  replace(term: number, { document, state, stateVector, through }: Snapshot): Promise<void> {
    return this.#write(term, (changed) => {
      const before = this.#disk.documents.get(document) ?? EMPTY;
      const first = before.last - before.updates.length;
      assert(through <= before.last && through >= first, `a snapshot of ${document} covers some of its log, not record ${through}`);
      changed.set(document, {
        ...before,
        snapshot: { state: state.slice(), stateVector: stateVector.slice() },
        updates: before.updates.slice(through - first),
      });
    });
  }

  remove(term: number, document: string): Promise<void> {
    return this.#write(term, (changed) => void changed.set(document, undefined));
  }

  async load(document: string): Promise<LoadedDocument> {
    this.#checkOpen();
    const found = this.#disk.documents.get(document) ?? EMPTY;
    return { snapshot: found.snapshot?.state.slice(), updates: found.updates.map((update) => update.slice()), damage: [] };
  }

  lastRecord(document: string): number {
    this.#checkOpen();
    return this.#disk.documents.get(document)?.last ?? 0;
  }

  document(name: string): StoredDocument | undefined {
    this.#checkOpen();
    const found = this.#disk.documents.get(name);
    return found && describeDocument([name, found]);
  }

  documents(): readonly StoredDocument[] {
    this.#checkOpen();
    return [...this.#disk.documents].map(describeDocument);
  }

  async compact(): Promise<void> {
    this.#checkWritable();
  }

  announceOwner(owner: OwnerNote): Promise<void> {
    return this.#inTurn(async () => {
      this.#checkWritable();
      this.#disk.checkOwned(this);
      this.#disk.announce(owner);
    });
  }

  async readOwner(): Promise<OwnerNote | undefined> {
    return this.#disk.owner;
  }

  close({ clean }: { readonly clean: boolean }): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#status === 'open' && this.#failure === undefined && clean && this.lock.isOwned()) this.#disk.markClean();
      if (this.#status !== 'crashed') this.#status = 'closed';
    });
  }

  #write(term: number, change: (changed: Map<string, MemoryDocument | undefined>) => void): Promise<void> {
    return this.#inTurn(async () => {
      this.#checkWritable();
      assert(term >= this.#disk.term, `terms only grow: ${term} after ${this.#disk.term}`);
      const changed = new Map<string, MemoryDocument | undefined>();
      change(changed);
      try {
        this.#disk.checkOwned(this);
        await this.#disk.sync();
        // Whoever was killed, or lost the lock, while the disk was at work has written nothing and acknowledges nothing.
        this.#checkWritable();
        this.#disk.checkOwned(this);
        this.#disk.commit(term, changed);
      } catch (error) {
        this.#failure = toFailure(error);
        throw this.#failure;
      }
    });
  }

  #checkWritable(): void {
    this.#checkOpen();
    // After a write error only closing and opening again helps, as on a disk.
    if (this.#failure !== undefined) throw this.#failure;
  }

  #checkOpen(): void {
    if (this.#status === 'open') return;
    throw new SocommError('SOCOMM_CLOSED', `The store ${this.location} is not open.`);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    // Who called has the rejection; whoever comes next only has to wait for the end.
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function toFailure(error: unknown): SocommError {
  return isSocommError(error) ? error : new SocommError('SOCOMM_STORE_FAILED', describe(error), { cause: error });
}

const EMPTY: MemoryDocument = { snapshot: undefined, updates: [], last: 0 };

function describeDocument([name, { snapshot, updates }]: readonly [string, MemoryDocument]): StoredDocument {
  return {
    name,
    snapshotVector: snapshot?.stateVector,
    snapshotBytes: snapshot?.state.length ?? 0,
    logRecords: updates.length,
    logBytes: updates.reduce((sum, update) => sum + update.length, 0),
    olderBytes: 0,
  };
}
