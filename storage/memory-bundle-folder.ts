/** A folder of bundles on a memory disk. */

import type { BundleFolder } from './bundle-folder.js';
import type { Damage } from './store.js';

export interface MemoryFolderRules {
  /** Throws where nothing can be written or read (any more). */
  check(): void;
  /** Awaited by every write before it counts. */
  sync(): Promise<void>;
}

export class MemoryBundleFolder implements BundleFolder {
  readonly location: string;
  readonly #bundles: Map<string, Uint8Array>;
  readonly #rules: MemoryFolderRules;

  constructor(location: string, bundles: Map<string, Uint8Array>, rules: MemoryFolderRules) {
    this.location = location;
    this.#bundles = bundles;
    this.#rules = rules;
  }

  async list(): Promise<readonly string[]> {
    this.#rules.check();
    return [...this.#bundles.keys()].sort();
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    this.#rules.check();
    return this.#bundles.get(name)?.slice();
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.#rules.check();
    const copy = bytes.slice();
    await this.#rules.sync();
    // Whoever was killed while the disk was at work has written nothing.
    this.writeSync(name, copy);
  }

  writeSync(name: string, bytes: Uint8Array): void {
    this.#rules.check();
    this.#bundles.set(name, bytes.slice());
  }

  async remove(name: string): Promise<void> {
    this.#rules.check();
    this.#bundles.delete(name);
  }

  async size(name: string): Promise<number> {
    return this.#bundles.get(name)?.length ?? 0;
  }

  async quarantine(name: string, what: string): Promise<Damage> {
    this.#rules.check();
    this.#bundles.delete(name);
    return { document: undefined, what, keptAs: `${this.location}/quarantine/${name}` };
  }

  async sweep(): Promise<void> {
    // What is not whole is not there.
  }
}
