/**
 * Where the names of blobs may stand on the disk: in the documents that are stored, in spills and checkpoints, and in what was set
 * aside. Reads all of it, and afterwards what has changed since. What cannot be read whole stops the collection: it may name anything.
 */

import type { BlobStore } from '../../storage/blobs/blob-store.js';
import type { BundleFolder } from '../../storage/bundle-folder.js';
import type { Store } from '../../storage/store.js';
import { turn } from '../base/turn.js';
import type { ScannedReplica } from './needed-here.js';
import type { ReferenceScan } from './reference-scan.js';

export interface NameSource {
  readAll(scan: ReferenceScan): Promise<void>;
  /** What is new, or another, since `readAll`. */
  readChanged(scan: ReferenceScan): Promise<void>;
}

export interface StoreNamesOptions {
  readonly store: Store;
  readonly blobs: BlobStore;
  /** The writer's own: they may hold what is not stored yet. */
  readonly replicas: ReadonlyMap<string, ScannedReplica>;
}

export class StoreNames implements NameSource {
  readonly #options: StoreNamesOptions;
  /** Of each document, its last record when it was read. */
  #records = new Map<string, number>();
  #bundles = new Set<string>();
  /** How much had changed in each replica. */
  #changes = new Map<ScannedReplica, number>();

  constructor(options: StoreNamesOptions) {
    this.#options = options;
  }

  async readAll(scan: ReferenceScan): Promise<void> {
    this.#records = new Map();
    this.#bundles = new Set();
    this.#changes = new Map();
    for await (const bytes of this.#options.blobs.aside()) await scan.read(bytes);
    await this.readChanged(scan);
  }

  async readChanged(scan: ReferenceScan): Promise<void> {
    const { store, replicas } = this.#options;
    // Before the documents: a spill that is taken in moves into one.
    for (const folder of [store.spills, store.checkpoints]) await this.#readBundles(folder, scan);
    for (const replica of [...replicas.values()]) {
      if (this.#changes.get(replica) === replica.changes) continue;
      this.#changes.set(replica, replica.changes);
      await scan.read(replica.snapshot());
    }
    for (const { name } of [...store.documents()]) {
      const last = store.lastRecord(name);
      if (this.#records.get(name) === last) continue;
      this.#records.set(name, last);
      const { snapshot, updates, damage } = await store.load(name);
      if (damage.length > 0) throw new Error(`document ${name} cannot be read whole (${damage[0]?.what})`);
      if (snapshot !== undefined) await scan.read(snapshot);
      for (const update of updates) await scan.read(update);
      await turn();
    }
  }

  async #readBundles(folder: BundleFolder, scan: ReferenceScan): Promise<void> {
    for (const name of await folder.list()) {
      const key = `${folder.location} ${name}`;
      if (this.#bundles.has(key)) continue;
      const bytes = await folder.read(name);
      if (bytes !== undefined) await scan.read(bytes);
      this.#bundles.add(key);
    }
  }
}
