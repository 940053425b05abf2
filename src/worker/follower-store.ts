/**
 * The store as a peer sees it that never writes there: where it lies, who owns it, and the folders of plain files in which any
 * peer reads and writes. It has neither lock nor database, and needs no native addon.
 */

import { join } from 'node:path';

import { FileBundleFolder } from '../../storage/bundle-folder.js';
import type { BundleFolder } from '../../storage/bundle-folder.js';
import { LAYOUT } from '../../storage/layout.js';
import { readOwnerNote } from '../../storage/owner-note.js';
import type { OwnerLock, OwnerNote, Store } from '../../storage/store.js';
import type { PeerId } from '../base/ids.js';

export interface FollowerStoreOptions {
  /** As the main thread found it. */
  readonly directory: string;
  /** Told who owns the store, before the note is returned. */
  readonly ownerRead: (owner: PeerId) => Promise<void>;
}

export class FollowerStore implements Store {
  readonly location: string;
  readonly lock: OwnerLock = { tryAcquire: () => false, isOwned: () => false, release: () => undefined };
  readonly spills: BundleFolder;
  readonly checkpoints: BundleFolder;
  readonly #ownerRead: (owner: PeerId) => Promise<void>;

  constructor({ directory, ownerRead }: FollowerStoreOptions) {
    this.location = directory;
    this.spills = new FileBundleFolder(join(directory, LAYOUT.spill));
    this.checkpoints = new FileBundleFolder(join(directory, LAYOUT.checkpoints));
    this.#ownerRead = ownerRead;
  }

  async readOwner(): Promise<OwnerNote | undefined> {
    const owner = (await readOwnerNote(this.location))?.owner;
    if (owner !== undefined) await this.#ownerRead(owner.peer);
    return owner;
  }

  open(): Promise<never> {
    return neverWrites();
  }

  append(): Promise<never> {
    return neverWrites();
  }

  load(): Promise<never> {
    return neverWrites();
  }

  replace(): Promise<never> {
    return neverWrites();
  }

  remove(): Promise<never> {
    return neverWrites();
  }

  compact(): Promise<never> {
    return neverWrites();
  }

  announceOwner(): Promise<never> {
    return neverWrites();
  }

  lastRecord(): number {
    return 0;
  }

  document(): undefined {
    return undefined;
  }

  documents(): readonly [] {
    return [];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function neverWrites(): Promise<never> {
  return Promise.reject(new Error('socomm: broken invariant: a peer without the lock does not open the store'));
}
