/**
 * The store on disk: LevelDB and the files beside it. Spec: docs/STORAGE.md. It checks the owner's lock before and after
 * each write, performs plans (level-batch), and keeps in memory what the next plan needs (store-state).
 *
 *            open()                        append(), replace()
 *   closed ─────────→ open ────────────────────┐   one at a time, in the order of the calls
 *      ↑               │ ↑─────────────────────┘
 *      │   close()     │ the disk or the lock fails
 *      ├───────────────┤
 *      │   close()     ↓
 *      └──────────── failed     LevelDB acknowledges writes after a full disk and loses them: nothing is written any more
 */

import { join } from 'node:path';

import { SocommError, assert } from '../src/base/errors.js';
import type { Random } from '../src/base/random.js';
import { flushDrive } from './atomic-file.js';
import { FileBundleFolder } from './bundle-folder.js';
import type { BundleFolder } from './bundle-folder.js';
import type { FileLocks } from './file-lock.js';
import { LAYOUT, checkGroup } from './layout.js';
import { planAppend, planRemove, planReplace } from './level-batch.js';
import type { BatchPlan } from './level-batch.js';
import { describeLevelFiles } from './level-files.js';
import type { LevelFiles } from './level-files.js';
import { readDocument } from './level-load.js';
import { compactWhole, giveBackSpace, storeFailure } from './level-open.js';
import type { Database, openDatabase } from './level-open.js';
import { startStore } from './level-start.js';
import { keysOf, readReplaced } from './log-end.js';
import { FileOwnerLock, ownershipLost } from './owner-lock.js';
import { readOwnerNote, writeOwnerNote } from './owner-note.js';
import type { StoredOwnerNote } from './owner-note.js';
import { pack } from './packed.js';
import { QuarantineFolder } from './quarantine.js';
import { afterBatch, describeDocument, emptyDocument } from './store-state.js';
import type { DocumentState, StoreState } from './store-state.js';
import type {
  LoadedDocument,
  OpenOptions,
  OpenedStore,
  OwnerLock,
  OwnerNote,
  Snapshot,
  Store,
  StoreRecord,
  StoredDocument,
} from './store.js';

export interface LevelStoreOptions {
  /** As `prepareStoreDirectory` returned it. */
  readonly directory: string;
  readonly group: string;
  readonly packageVersion: string;
  readonly locks: FileLocks;
  /** For the store id. */
  readonly random: Random;
  /** For tests that let the disk fail. */
  readonly open?: typeof openDatabase;
}

/** LevelDB is asked to give space back when a snapshot replaced at least this much. */
export const COMPACT_REPLACED_BYTES_MIN = 4 * 1024 * 1024;

interface OpenDatabase {
  readonly database: Database;
  /** As they were found sound at the opening. */
  readonly tables: LevelFiles;
  state: StoreState;
  /** Documents whose newest snapshot did not verify when they were loaded, and which generation that was. */
  readonly unsound: Map<string, number>;
}

export class LevelStore implements Store {
  readonly location: string;
  readonly lock: OwnerLock;
  readonly spills: BundleFolder;
  readonly checkpoints: BundleFolder;
  readonly #options: LevelStoreOptions;
  #open: OpenDatabase | undefined;
  /** The owner as announced since the opening. */
  #owner: OwnerNote | undefined;
  #failure: SocommError | undefined;
  /** The end of everything that was asked for so far: writes go one at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #turns = 0; // not over yet
  #compaction: Promise<void> | undefined;

  constructor(options: LevelStoreOptions) {
    checkGroup(options.group);
    this.#options = options;
    this.location = options.directory;
    this.lock = new FileOwnerLock(options.directory, options.locks);
    this.spills = new FileBundleFolder(join(options.directory, LAYOUT.spill));
    this.checkpoints = new FileBundleFolder(join(options.directory, LAYOUT.checkpoints));
  }

  open({ isReplicaWhole = false }: OpenOptions = {}): Promise<OpenedStore> {
    return this.#inTurn(async () => {
      assert(this.#open === undefined, 'a store is opened once until it is closed');
      this.#checkOwned();
      const { database, tables, state, opened } = await startStore({
        ...this.#options,
        isReplicaWhole,
        checkOwned: () => this.#checkOwned(),
      });
      this.#open = { database, tables, state, unsound: new Map() };
      this.#owner = undefined;
      this.#failure = undefined;
      return opened;
    });
  }

  append(term: number, records: readonly StoreRecord[]): Promise<void> {
    return this.#inTurn(async () => {
      const open = this.#writable();
      await this.#write(open, planAppend(open.state, term, records));
    });
  }

  replace(term: number, snapshot: Snapshot): Promise<void> {
    return this.#inTurn(async () => {
      const open = this.#writable();
      const packed = await pack(snapshot.state);
      const { document, through } = snapshot;
      const before = open.state.documents.get(document) ?? emptyDocument(document);
      const unsound = open.unsound.get(document);
      const replaced = await readReplaced(open.database, before, through, unsound).catch((cause: unknown) => {
        throw storeFailure(this.location, `reading document ${document}`, cause);
      });
      await this.#write(open, planReplace(open.state, term, snapshot, packed, replaced));
      if (describeDocument(before).olderBytes >= COMPACT_REPLACED_BYTES_MIN) {
        // Rejects never, and `close()` waits for it.
        void this.#giveBack(open, () => giveBackSpace(open.database, document));
      }
    });
  }

  remove(term: number, document: string): Promise<void> {
    return this.#inTurn(async () => {
      const open = this.#writable();
      const before = open.state.documents.get(document);
      if (before === undefined) return;
      const keys = await keysOf(open.database, document).catch((cause: unknown) => {
        throw storeFailure(this.location, `reading document ${document}`, cause);
      });
      await this.#write(open, planRemove(open.state, term, document, keys));
      open.unsound.delete(document);
      if (sizeOf(before) >= COMPACT_REPLACED_BYTES_MIN) void this.#giveBack(open, () => giveBackSpace(open.database, document));
    });
  }

  async load(document: string): Promise<LoadedDocument> {
    const { database, state, unsound } = this.#opened();
    const last = state.documents.get(document)?.last ?? 0;
    try {
      const read = await readDocument(database, document, last, new QuarantineFolder(join(this.location, LAYOUT.quarantine)));
      if (read.unsound !== undefined) unsound.set(document, read.unsound);
      return read.loaded;
    } catch (cause) {
      throw storeFailure(this.location, `reading document ${document}`, cause);
    }
  }

  async compact(): Promise<void> {
    const open = this.#writable();
    // What was asked for before is in it; what comes later goes on beside it.
    await this.#turn;
    await this.#compaction;
    if (this.#open !== open) throw closed(this.location);
    this.#writable();
    this.#checkOwned();
    await this.#giveBack(open, () => compactWhole(open.database));
    if (this.#failure !== undefined) throw this.#failure;
  }

  lastRecord(document: string): number {
    return this.#opened().state.documents.get(document)?.last ?? 0;
  }

  document(name: string): StoredDocument | undefined {
    const found = this.#opened().state.documents.get(name);
    return found && describeDocument(found);
  }

  documents(): readonly StoredDocument[] {
    return [...this.#opened().state.documents.values()].map(describeDocument);
  }

  announceOwner(owner: OwnerNote): Promise<void> {
    return this.#inTurn(async () => {
      const { state, tables } = this.#writable();
      this.#checkOwned();
      await this.#writeNote(state, owner, { cleanBatch: undefined, files: tables });
      this.#owner = owner;
    });
  }

  async readOwner(): Promise<OwnerNote | undefined> {
    try {
      return (await readOwnerNote(this.location))?.owner;
    } catch (cause) {
      throw storeFailure(this.location, 'reading owner.json', cause);
    }
  }

  close({ clean }: { readonly clean: boolean }): Promise<void> {
    return this.#inTurn(async () => {
      const open = this.#open;
      if (open === undefined) return;
      this.#open = undefined;
      await this.#compaction;
      await open.database.close().catch((cause: unknown) => {
        throw storeFailure(this.location, 'closing', cause);
      });
      // Only when LevelDB is closed is the last batch the last. Who lost the lock leaves the note to the next owner.
      if (clean && this.#failure === undefined && this.lock.isOwned()) {
        const files = await describeLevelFiles(this.location, open.tables).catch((cause: unknown) => {
          throw storeFailure(this.location, 'closing', cause);
        });
        await this.#writeNote(open.state, this.#owner, { cleanBatch: open.state.meta.batch, files });
      }
    });
  }

  async #write(open: OpenDatabase, plan: BatchPlan): Promise<void> {
    try {
      this.#checkOwned();
      await open.database.batch(plan.operations, { sync: true });
      await flushDrive(join(this.location, LAYOUT.ownerLock));
      // Again: only who is still the owner now may acknowledge.
      this.#checkOwned();
      open.state = afterBatch(open.state, plan.change);
    } catch (cause) {
      this.#failure = storeFailure(this.location, 'writing', cause);
      throw this.#failure;
    }
  }

  /** Beside the writes, not among them, and waited for by `close()`. A failure means that the disk fails: no write is trusted after it. */
  #giveBack(open: OpenDatabase, work: () => Promise<void>): Promise<void> {
    this.#compaction ??= work()
      .catch((cause: unknown) => {
        if (this.#open === open) this.#failure ??= storeFailure(this.location, 'compacting', cause);
      })
      .finally(() => {
        this.#compaction = undefined;
      });
    return this.#compaction;
  }

  async #writeNote(
    { meta }: StoreState,
    owner: OwnerNote | undefined,
    ending: Pick<StoredOwnerNote, 'cleanBatch' | 'files'>,
  ): Promise<void> {
    const term = Math.max(meta.term, owner?.term ?? 0);
    try {
      await writeOwnerNote(this.location, { storeId: meta.storeId, owner: owner && { ...owner, term }, term, ...ending });
    } catch (cause) {
      throw storeFailure(this.location, 'writing owner.json', cause);
    }
  }

  #checkOwned(): void {
    if (!this.lock.isOwned()) throw ownershipLost(this.location);
  }

  #opened(): OpenDatabase {
    if (this.#open === undefined) throw closed(this.location);
    return this.#open;
  }

  #writable(): OpenDatabase {
    const open = this.#opened();
    if (this.#failure === undefined) return open;
    throw new SocommError(this.#failure.code, `A write failed before: ${this.#failure.message} Close the store and open it again.`, {
      cause: this.#failure,
    });
  }

  /** At once where nothing is under way: a step later the process would first read what else has come. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turns++ === 0 ? work() : this.#turn.then(work);
    const isOver = (): void => void this.#turns--;
    // Who called has the rejection; whoever comes next only has to wait for the end.
    this.#turn = result.then(isOver, isOver);
    return result;
  }
}

function sizeOf(document: DocumentState): number {
  const { snapshotBytes, logBytes, olderBytes } = describeDocument(document);
  return snapshotBytes + logBytes + olderBytes;
}

function closed(location: string): SocommError {
  return new SocommError('SOCOMM_CLOSED', `The store ${location} is not open.`);
}
