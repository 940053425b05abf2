/**
 * The port to what survives. Bytes are opaque here: an update is what a replica integrated in one go, a snapshot
 * is a replica's whole state, a state vector says what a snapshot covers.
 *
 * Who calls `open()` must hold `lock`. Nothing here retries and nothing here waits for the lock.
 * Implementations: level-store and memory-store. Both pass test/contract/store.
 */

import type { PeerId } from '../src/base/ids.js';
import type { BundleFolder } from './bundle-folder.js';

/** Highest frame number per peer. */
export type Vector = ReadonlyMap<PeerId, number>;

export interface OwnerLock {
  /**
   * Takes the lock if nobody has it, and makes sure that the path still names what was locked. True if we own it now.
   * Throws SOCOMM_STORE_GONE, SOCOMM_LOCK_UNAVAILABLE.
   */
  tryAcquire(): boolean;
  /** Whether we hold the lock and the path still names the locked file. Cheap (one `stat`). */
  isOwned(): boolean;
  /** Idempotent. Close the store first. */
  release(): void;
}

export interface StoreRecord {
  readonly document: string;
  /** What a replica integrated: Yjs update bytes, encoding V1. */
  readonly update: Uint8Array;
  /** The frames that the update covers, for people and tools; empty for a takeover's difference. */
  readonly origins: Vector;
  /** A difference to the last snapshot, as written at a takeover: begins a new chain of checksums. */
  readonly isTakeover: boolean;
}

export interface StoredDocument {
  readonly name: string;
  /** State vector of the last snapshot; absent where there is none. */
  readonly snapshotVector: Uint8Array | undefined;
  readonly snapshotBytes: number;
  /** Above the last snapshot. */
  readonly logRecords: number;
  readonly logBytes: number;
  /** What is kept of the generation before: its snapshot, and the log between the two. */
  readonly olderBytes: number;
}

export interface OpenedStore {
  /** 32 hex digits, given when the store was made. */
  readonly storeId: string;
  /** The highest term that ever wrote here; 0 in a new store. */
  readonly term: number;
  readonly documents: readonly StoredDocument[];
  /** True when the last writer closed in order. */
  readonly wasClean: boolean;
  readonly damage: readonly Damage[];
}

export interface OpenOptions {
  /**
   * Who opens has the whole state in its replicas, from a peer that was complete. Then a store of which nothing verifies begins
   * anew, and the damage is told; else that is SOCOMM_STORE_DAMAGED, lest an empty store take the place of one that held something.
   */
  readonly isReplicaWhole?: boolean;
}

/** One thing that was found wrong, and where its bytes were put. */
export interface Damage {
  readonly document: string | undefined;
  readonly what: string;
  /** File or folder in `quarantine/`, where something was left to keep. */
  readonly keptAs: string | undefined;
}

export interface LoadedDocument {
  /** Encoding V2, verified against its checksum. */
  readonly snapshot: Uint8Array | undefined;
  /** The log above the snapshot, in order, each verified. Encoding V1. */
  readonly updates: readonly Uint8Array[];
  /** Empty when all was verified and contiguous. */
  readonly damage: readonly Damage[];
}

export interface Snapshot {
  readonly document: string;
  /** Encoding V2. */
  readonly state: Uint8Array;
  readonly stateVector: Uint8Array;
  /** The last record of the log that the state includes: what it replaces. */
  readonly through: number;
}

export interface Store {
  /** Where it lies, for messages. */
  readonly location: string;
  readonly lock: OwnerLock;
  /** What could not be acknowledged: any peer writes here, with or without the lock; the writer takes it in. Needs no `open()`. */
  readonly spills: BundleFolder;
  /** Named states of the whole, to come back to. Needs neither lock nor `open()`. */
  readonly checkpoints: BundleFolder;
  /** Errors: SOCOMM_STORE_FAILED, SOCOMM_STORE_DAMAGED, SOCOMM_STORE_NEWER, SOCOMM_STORE_MISMATCH, SOCOMM_STORE_GONE, SOCOMM_STORE_IN_USE. */
  open(options?: OpenOptions): Promise<OpenedStore>;
  /**
   * Appends all records, and the term, in one atomic batch. Durable when it resolves.
   * After a rejection the handle is not to be trusted: `close()`, `open()`, and append again.
   * Errors: SOCOMM_STORE_FAILED, SOCOMM_STORE_GONE, SOCOMM_STORE_IN_USE (the lock was lost: step down, acknowledge nothing).
   */
  append(term: number, records: readonly StoreRecord[]): Promise<void>;
  /** Reads and verifies one document. */
  load(document: string): Promise<LoadedDocument>;
  /** Number of the last record that was appended to a document; 0 where there is none. */
  lastRecord(document: string): number;
  /**
   * Takes the place of the log through `snapshot.through` and of the snapshot before, in one atomic synced batch. These two
   * are kept as the older generation, to which `load()` falls back; what was the older one goes.
   */
  replace(term: number, snapshot: Snapshot): Promise<void>;
  /**
   * Takes a document out, with its log and its snapshots, in one atomic synced batch. Nothing happens where there is none of
   * that name; what is appended later begins anew. Errors: as `append()`.
   */
  remove(term: number, document: string): Promise<void>;
  /**
   * Gives back the space of all that was deleted and replaced, beside the writes; a second call joins the first.
   * Errors: SOCOMM_STORE_FAILED, after which no write is trusted, as after a failed `append()`; SOCOMM_CLOSED.
   */
  compact(): Promise<void>;
  /** Says in `owner.json` who writes, under which term, and where to reach it. */
  announceOwner(owner: OwnerNote): Promise<void>;
  /** What `owner.json` says; undefined where there is none. Needs neither lock nor `open()`. */
  readOwner(): Promise<OwnerNote | undefined>;
  /** One document of the open store; undefined where there is none of that name. */
  document(name: string): StoredDocument | undefined;
  /** Sizes for inspection, of the open store. Costs as much as there are documents. */
  documents(): readonly StoredDocument[];
  /** Closes; `clean` notes the last batch number so that a later loss can be told. Does not release the lock. Idempotent. */
  close(options: { readonly clean: boolean }): Promise<void>;
}

export interface OwnerNote {
  readonly peer: PeerId;
  readonly term: number;
  readonly publisher: string;
  readonly responder: string;
}
