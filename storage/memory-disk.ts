/** What several memory stores share, as processes share a directory: the data that was synced, the owner's note, the lock. */

import { SocommError } from '../src/base/errors.js';
import type { BundleFolder } from './bundle-folder.js';
import { MemoryBundleFolder } from './memory-bundle-folder.js';
import type { OwnerNote } from './store.js';

export interface MemoryDocument {
  readonly snapshot: { readonly state: Uint8Array; readonly stateVector: Uint8Array } | undefined;
  /** The log above the snapshot. */
  readonly updates: readonly Uint8Array[];
  /** Number of the last record. */
  readonly last: number;
}

export interface MemoryDiskOptions {
  readonly location?: string;
  /** 32 hex digits. */
  readonly storeId?: string;
  /**
   * Awaited by every write before its data counts as stored: the place for a test's delays and faults. A rejection is a
   * write error. Who crashes while it is pending has written nothing.
   */
  readonly sync?: () => Promise<void>;
  /** The same for bundles, which lie beside the database. Default: `sync`. */
  readonly syncBundle?: () => Promise<void>;
}

/** Identifies who holds the lock; compared, never looked into. */
export type DiskUser = object;

export class MemoryDisk {
  readonly location: string;
  readonly storeId: string;
  readonly #sync: () => Promise<void>;
  readonly #syncBundle: () => Promise<void>;
  readonly #documents = new Map<string, MemoryDocument>();
  #term = 0;
  #owner: OwnerNote | undefined;
  #isClean = true;
  #isGone = false;
  #holder: DiskUser | undefined;
  readonly #folders = new Map<string, Map<string, Uint8Array>>();

  constructor({
    location = 'memory',
    storeId = '0'.repeat(32),
    sync = () => Promise.resolve(),
    syncBundle = sync,
  }: MemoryDiskOptions = {}) {
    this.location = location;
    this.storeId = storeId;
    this.#sync = sync;
    this.#syncBundle = syncBundle;
  }

  get documents(): ReadonlyMap<string, MemoryDocument> {
    return this.#documents;
  }

  get term(): number {
    return Math.max(this.#term, this.#owner?.term ?? 0);
  }

  get owner(): OwnerNote | undefined {
    return this.#owner;
  }

  get isClean(): boolean {
    return this.#isClean;
  }

  /** One user's view of a folder of bundles; `isAlive` says whether it may still write. */
  folder(name: string, isAlive: () => boolean): BundleFolder {
    const bundles = this.#folders.get(name) ?? new Map<string, Uint8Array>();
    this.#folders.set(name, bundles);
    const check = (): void => {
      if (this.#isGone) throw gone(this.location);
      if (!isAlive()) throw new SocommError('SOCOMM_CLOSED', `${this.location}: whoever writes here was killed`);
    };
    return new MemoryBundleFolder(`${this.location}/${name}`, bundles, { check, sync: () => this.#attempt(this.#syncBundle) });
  }

  /** The names of the bundles in a folder. */
  bundlesIn(folder: string): readonly string[] {
    return [...(this.#folders.get(folder)?.keys() ?? [])];
  }

  /** As if the directory were deleted. */
  remove(): void {
    this.#isGone = true;
    this.#holder = undefined;
  }

  /** As if the lock file were deleted: its holder owns nothing any more, and somebody else may. */
  breakLock(): void {
    this.#holder = undefined;
  }

  /** As if the disk had lost one record of a log (counted from 0), and nobody had noticed. */
  loseRecord(document: string, index: number): void {
    const found = this.#documents.get(document);
    if (found === undefined) return;
    const updates = found.updates.filter((_, position) => position !== index);
    this.#documents.set(document, { ...found, updates });
  }

  tryLock(user: DiskUser): boolean {
    if (this.#isGone) throw gone(this.location);
    this.#holder ??= user;
    return this.#holder === user;
  }

  unlock(user: DiskUser): void {
    if (this.#holder === user) this.#holder = undefined;
  }

  isOwnedBy(user: DiskUser): boolean {
    return this.#holder === user;
  }

  /** Throws SOCOMM_STORE_GONE or SOCOMM_STORE_IN_USE. */
  checkOwned(user: DiskUser): void {
    if (this.#isGone) throw gone(this.location);
    if (this.#holder === user) return;
    throw new SocommError('SOCOMM_STORE_IN_USE', `The lock of ${this.location} is not held by this store: nothing more is written here.`);
  }

  sync(): Promise<void> {
    return this.#attempt(this.#sync);
  }

  async #attempt(sync: () => Promise<void>): Promise<void> {
    try {
      await sync();
    } catch (cause) {
      throw new SocommError('SOCOMM_STORE_FAILED', `${this.location}: writing failed.`, { cause });
    }
  }

  /** `undefined` for a document that is gone. */
  commit(term: number, changed: ReadonlyMap<string, MemoryDocument | undefined>): void {
    this.#term = term;
    for (const [name, document] of changed) {
      if (document === undefined) this.#documents.delete(name);
      else this.#documents.set(name, document);
    }
    this.#isClean = false;
  }

  announce(owner: OwnerNote): void {
    this.#owner = owner;
    this.#isClean = false;
  }

  markClean(): void {
    this.#isClean = true;
  }
}

function gone(location: string): SocommError {
  return new SocommError('SOCOMM_STORE_GONE', `${location} has been deleted or renamed. It is not made anew while the group runs.`);
}
