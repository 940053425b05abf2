/**
 * Blobs as files in one folder, written by every peer without asking anybody: small ones into packs, large ones as files of
 * their own. Spec: docs/STORAGE.md, "Blobs"; why so: docs/decisions/0019. It removes nothing but what `retire` was asked to.
 */

import { join } from 'node:path';

import { systemRandom } from '../../src/base/random.js';
import type { Random } from '../../src/base/random.js';
import { turn } from '../../src/base/turn.js';
import { SocommError } from '../../src/base/errors.js';
import { LAYOUT } from '../layout.js';
import { QuarantineFolder, noQuarantine } from '../quarantine.js';
import type { Damage } from '../store.js';
import { blobsFailed, blobTooLarge } from './blob-errors.js';
import { BlobFiles } from './blob-files.js';
import { RunningHash, hashOf } from './blob-hash.js';
import type { BlobHash } from './blob-hash.js';
import { BlobIndex } from './blob-index.js';
import type { Place } from './blob-index.js';
import { BlobReading } from './blob-reading.js';
import type { BlobFinding, BlobStore, Retirement, StoredBlob } from './blob-store.js';
import { Budget } from './budget.js';
import { BLOB_BYTES_MAX, BLOB_PIECE_BYTES, PACK_BYTES_MAX, PUTS_BYTES_MAX, SMALL_BLOB_BYTES_MAX } from './limits.js';
import { heldNames } from './held-names.js';
import { PACK_HEAD_BYTES, encodeEntry } from './pack-entry.js';
import { Retiring } from './retiring.js';
import { PackWriter } from './pack-writer.js';
import { SingleWriter, pieced } from './single-writer.js';
import { readAside, verifyFiles } from './verifying.js';

export interface FileBlobStoreOptions {
  /** The folder `blobs/` of a store. Made at the first put, in a store directory that is there. */
  readonly location: string;
  /** The folder `quarantine/` of the same store; undefined: nothing is moved there, and nothing may be put. */
  readonly quarantine: string | undefined;
  readonly random: Random;
  /** Smaller ones in tests. */
  readonly packBytesMax?: number;
}

export class FileBlobStore implements BlobStore {
  readonly location: string;
  readonly #quarantine: string | undefined;
  readonly #files: BlobFiles;
  readonly #index: BlobIndex;
  readonly #reading: BlobReading;
  readonly #packs: PackWriter;
  readonly #singles: SingleWriter;
  readonly #retiring: Retiring;
  readonly #budget = new Budget(PUTS_BYTES_MAX);
  /** The same content put twice at once is written once. */
  readonly #putting = new Map<BlobHash, Promise<void>>();
  /** How far each file is known to be durable. */
  readonly #durable = new Map<string, number>();
  readonly #inWork = new Set<Promise<unknown>>();
  #damaged: (damage: Damage) => void = () => undefined;
  #isClosed = false;

  constructor({ location, quarantine, random, packBytesMax = PACK_BYTES_MAX }: FileBlobStoreOptions) {
    this.location = location;
    this.#quarantine = quarantine;
    this.#files = new BlobFiles(location);
    this.#index = new BlobIndex(this.#files);
    this.#reading = new BlobReading({
      files: this.#files,
      index: this.#index,
      quarantine,
      damaged: (damage) => this.#damaged(damage),
    });
    this.#packs = new PackWriter(this.#files, Buffer.from(random.bytes(8)).toString('hex'), packBytesMax);
    this.#singles = new SingleWriter(this.#files, random);
    this.#retiring = new Retiring({
      files: this.#files,
      index: this.#index,
      quarantine: quarantine === undefined ? noQuarantine : new QuarantineFolder(quarantine),
      isKept: (hash) => this.#isKept(hash),
      put: (content) => this.#budget.spend(content.length, () => this.#putSmall(content)),
      damaged: (damage) => this.#damaged(damage),
    });
  }

  put(content: Uint8Array): Promise<BlobHash> {
    return this.#during('putting a blob', async () => {
      checkSize(content.length);
      if (content.length <= SMALL_BLOB_BYTES_MAX) return this.#budget.spend(content.length, () => this.#putSmall(content));
      const running = new RunningHash();
      for (const piece of slices(content)) {
        running.add(piece);
        await turn();
      }
      const hash = running.finish();
      // What is written is hashed once more, and named by that: the content may have been changed meanwhile.
      return (await this.#isKept(hash)) ? hash : this.#putLarge(slices(content));
    });
  }

  putStream(content: AsyncIterable<Uint8Array>): Promise<BlobHash> {
    const source = new Source(content);
    const put = this.#during('putting a blob', async () => {
      const pieces = pieced(source, SMALL_BLOB_BYTES_MAX)[Symbol.asyncIterator]();
      const first = await pieces.next();
      const start = first.done === true ? new Uint8Array() : first.value;
      const second = first.done === true ? first : await pieces.next();
      if (second.done === true) return this.#budget.spend(start.length, () => this.#putSmall(start));
      return this.#putLarge(withStart([start, second.value], pieces));
    });
    return put.catch((cause: unknown) => {
      // What the source threw is its own, and none of the disk's.
      throw source.failure === undefined ? cause : source.failure.error;
    });
  }

  get(hash: BlobHash): Promise<Uint8Array> {
    return this.#during('reading a blob', () => this.#reading.get(hash));
  }

  async *stream(hash: BlobHash): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.#reading.stream(hash);
    } catch (cause) {
      throw blobsFailed(this.location, 'reading a blob', cause);
    }
  }

  size(hash: BlobHash): Promise<number | undefined> {
    return this.#during('looking for a blob', async () => (await this.#reading.find(hash))?.length);
  }

  list(): Promise<readonly StoredBlob[]> {
    return this.#during('listing the blobs', async () => {
      await this.#index.refresh();
      return [...this.#index.hashes].map((hash) => ({ hash, bytes: this.#index.places(hash)[0]?.length ?? 0 }));
    });
  }

  verify(): AsyncIterable<BlobFinding> {
    return verifyFiles(this.#files);
  }

  async *aside(): AsyncGenerator<Uint8Array, void, undefined> {
    const { location } = this;
    const quarantine = this.#quarantine;
    if (quarantine === undefined) return;
    yield* await heldNames({ location, quarantine, names: async () => (await this.list()).map(({ hash }) => hash) });
    yield* readAside(quarantine);
  }

  async retire(candidates: ReadonlySet<BlobHash>): Promise<Retirement> {
    const { hashes, finish, cancel } = await this.#during('withdrawing blobs', () => this.#retiring.withdraw(candidates));
    return {
      hashes,
      finish: (needed) => this.#during('removing blobs', () => finish(needed)),
      cancel: () => this.#during('putting withdrawn blobs back', cancel),
    };
  }

  onDamage(listener: (damage: Damage) => void): void {
    this.#damaged = listener;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#inWork);
    await this.#packs.close();
  }

  async #putSmall(content: Uint8Array): Promise<BlobHash> {
    const hash = hashOf(content);
    const entry = encodeEntry(hash, content);
    const putting = this.#putting.get(hash) ?? this.#append(hash, entry).finally(() => this.#putting.delete(hash));
    this.#putting.set(hash, putting);
    await putting;
    return hash;
  }

  async #append(hash: BlobHash, entry: Uint8Array): Promise<void> {
    if (await this.#isKept(hash)) return;
    const { file, offset } = await this.#packs.append(entry);
    const length = entry.length - PACK_HEAD_BYTES;
    this.#written(hash, { file, kind: 'pack', isRetired: false, offset: offset + PACK_HEAD_BYTES, length, isSound: true });
  }

  async #putLarge(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<BlobHash> {
    const finished = await this.#singles.write(content);
    if (await this.#isKept(finished.hash)) {
      await finished.drop();
      return finished.hash;
    }
    const file = await finished.keep();
    this.#written(finished.hash, { file, kind: 'single', isRetired: false, offset: 0, length: finished.bytes, isSound: true });
    return finished.hash;
  }

  #written(hash: BlobHash, place: Place): void {
    this.#durable.set(place.file, place.offset + place.length);
    this.#index.add(hash, place);
    this.#reading.healed(hash);
  }

  /** Whether it is there, sound, durable, and not withdrawn, so that it need not be written. */
  async #isKept(hash: BlobHash): Promise<boolean> {
    await this.#index.load();
    if (this.#index.places(hash).length === 0) await this.#index.refresh();
    for (const place of this.#index.places(hash)) {
      if (place.isRetired || !(await this.#reading.check(hash, place)) || !(await this.#makeDurable(place))) continue;
      // Last: it may have been withdrawn at any moment before, and then somebody may be deciding that nobody needs it.
      if ((await this.#files.size(place.file)) !== undefined) return true;
      this.#index.forget(place.file);
    }
    return false;
  }

  /** Somebody else may have written it and not have synced it yet. */
  async #makeDurable({ file, offset, length }: Place): Promise<boolean> {
    if ((this.#durable.get(file) ?? -1) >= offset + length) return true;
    const size = await this.#files.size(file);
    if (size === undefined || !(await this.#files.sync(file))) return false;
    await this.#files.syncFolder();
    this.#durable.set(file, size);
    return true;
  }

  #during<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new SocommError('SOCOMM_CLOSED', `${this.location}: closed`));
    const done = work().catch((cause: unknown) => {
      throw blobsFailed(this.location, doing, cause);
    });
    this.#inWork.add(done);
    const forget = (): void => void this.#inWork.delete(done);
    done.then(forget, forget);
    return done;
  }
}

/** Those of a store. */
export function blobsIn(directory: string, random: Random): FileBlobStore {
  return new FileBlobStore({ location: join(directory, LAYOUT.blobs), quarantine: join(directory, LAYOUT.quarantine), random });
}

/** For looking into a store: what is damaged stays where it is. */
export function readBlobsIn(directory: string): BlobStore {
  return new FileBlobStore({ location: join(directory, LAYOUT.blobs), quarantine: undefined, random: systemRandom });
}

function checkSize(bytes: number): void {
  if (bytes > BLOB_BYTES_MAX) throw blobTooLarge(bytes, BLOB_BYTES_MAX, 'into one. Cut it into several.');
}

/** Remembers what it threw. */
class Source implements AsyncIterable<Uint8Array> {
  failure: { readonly error: unknown } | undefined;
  readonly #read: () => AsyncIterable<Uint8Array>;

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#read = () => content;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.#read();
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

function* slices(content: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < content.length; at += BLOB_PIECE_BYTES) yield content.subarray(at, at + BLOB_PIECE_BYTES);
}

async function* withStart(start: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* start;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
