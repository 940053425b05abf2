/**
 * The disk under the simulator's eyes: at each commit it is looked at as a restart would find it. What was once durable
 * stays, nothing on it is pending, terms only grow, and each belongs to one peer.
 */

import * as Y from 'yjs';
import type { PeerId } from '../../src/base/ids.js';
import type { BundleFolder } from '../../storage/bundle-folder.js';
import { MemoryDisk } from '../../storage/memory-disk.js';
import type { MemoryDocument } from '../../storage/memory-disk.js';
import { MemoryStore } from '../../storage/memory-store.js';
import type { LoadedDocument, Snapshot, StoreRecord } from '../../storage/store.js';
import { floorOf, hasPending, lackOf } from './floor.js';
import type { Floor } from './floor.js';

/** What is on the disk of a document, as somebody who loads it would have it. */
interface Image {
  readonly stored: MemoryDocument;
  readonly doc: Y.Doc;
}

export interface WatchedDiskOptions {
  readonly sync: () => Promise<void>;
  readonly syncBundle: () => Promise<void>;
  readonly violated: (what: string) => void;
}

export class WatchedDisk extends MemoryDisk {
  readonly #images = new Map<string, Image>();
  readonly #violated: (what: string) => void;
  snapshots = 0;
  commits = 0;

  constructor({ sync, syncBundle, violated }: WatchedDiskOptions) {
    super({ sync, syncBundle });
    this.#violated = violated;
  }

  /** Of those that nobody has taken in or removed. */
  get spillCount(): number {
    return this.bundlesIn('spill').length;
  }

  /** Whether a spill of this peer lies there still. */
  hasSpillOf(peer: PeerId): boolean {
    return this.bundlesIn('spill').some((name) => name.startsWith(`${peer}.`));
  }

  override commit(term: number, changed: ReadonlyMap<string, MemoryDocument | undefined>): void {
    if (term < this.term) this.#violated(`term ${term} was written after term ${this.term}`);
    super.commit(term, changed);
    this.commits++;
    for (const [name, stored] of changed) {
      if (stored === undefined) this.#images.delete(name);
      else if (this.#images.get(name)?.stored !== stored) this.#look(name, stored);
    }
  }

  /** Everything of a document that is durable. */
  image(name: string): Y.Doc | undefined {
    return this.#images.get(name)?.doc;
  }

  floors(): ReadonlyMap<string, Floor> {
    return new Map([...this.#images].map(([name, { doc }]) => [name, floorOf(doc)]));
  }

  #look(name: string, stored: MemoryDocument): void {
    const before = this.#images.get(name);
    const isLonger = before !== undefined && before.stored.snapshot === stored.snapshot && begins(stored.updates, before.stored.updates);
    const doc = isLonger ? before.doc : new Y.Doc({ guid: name });
    if (!isLonger && stored.snapshot !== undefined) Y.applyUpdateV2(doc, stored.snapshot.state);
    for (const update of stored.updates.slice(isLonger ? before.stored.updates.length : 0)) Y.applyUpdate(doc, update);
    if (!isLonger && before !== undefined) {
      this.snapshots++;
      const lack = lackOf(doc, floorOf(before.doc));
      if (lack !== undefined) this.#violated(`the disk lost of ${name} what it had: ${lack}`);
    }
    if (hasPending(doc)) this.#violated(`what the disk holds of ${name} builds on something that it does not hold`);
    this.#images.set(name, { stored, doc });
  }
}

function begins(updates: readonly Uint8Array[], start: readonly Uint8Array[]): boolean {
  return updates.length >= start.length && start.every((update, index) => updates[index] === update);
}

export interface MemberDisk {
  readonly disk: WatchedDisk;
  /** Resolves when the process of this store runs: at once, but for a stopped one. */
  readonly running: () => Promise<void>;
  /** Awaited before a document is read. */
  readonly load: () => Promise<void>;
  readonly violated: (what: string) => void;
  /** A spill is on the disk. */
  readonly spilled: (bytes: Uint8Array) => void;
}

/** One process's handle: it learns what became of its writes only while it runs, and wrote nothing without the lock. */
export class WatchedStore extends MemoryStore {
  readonly #member: MemberDisk;

  constructor(member: MemberDisk) {
    super(member.disk);
    this.#member = member;
    this.#watchSpills(this.spills);
  }

  #watchSpills(spills: BundleFolder): void {
    const { write, writeSync, list, read, remove, size } = spills;
    const { running, spilled } = this.#member;
    const learnt = async <Result>(work: Promise<Result>): Promise<Result> => {
      try {
        return await work;
      } finally {
        await running();
      }
    };
    Object.assign(spills, {
      writeSync: (name: string, bytes: Uint8Array): void => {
        writeSync.call(spills, name, bytes);
        spilled(bytes);
      },
      write: (name: string, bytes: Uint8Array) => learnt(write.call(spills, name, bytes)),
      list: () => learnt(list.call(spills)),
      read: (name: string) => learnt(read.call(spills, name)),
      remove: (name: string) => learnt(remove.call(spills, name)),
      size: (name: string) => learnt(size.call(spills, name)),
    });
  }

  override async append(term: number, records: readonly StoreRecord[]): Promise<void> {
    return this.#written(super.append(term, records));
  }

  override async replace(term: number, snapshot: Snapshot): Promise<void> {
    return this.#written(super.replace(term, snapshot));
  }

  override async load(document: string): Promise<LoadedDocument> {
    await this.#member.load();
    await this.#member.running();
    return super.load(document);
  }

  async #written(writing: Promise<void>): Promise<void> {
    try {
      await writing;
      // In the same moment: nothing can have taken the lock away since.
      if (!this.lock.isOwned()) this.#member.violated('a batch was written by one who does not hold the lock');
    } finally {
      await this.#member.running();
    }
  }
}
