/**
 * Where each blob lies, as far as this peer has looked: read from the names and packs in the folder, and looked at again when
 * something is missing. It may be behind (others put) and wrong (the writer moves): who reads verifies and looks again.
 */

import type { BlobFile, BlobFiles } from './blob-files.js';
import { RETIRED_SUFFIX } from './blob-files.js';
import type { BlobHash } from './blob-hash.js';
import { scanPack } from './pack-scan.js';

export interface Place {
  readonly file: string;
  readonly kind: 'pack' | 'single';
  readonly isRetired: boolean;
  /** Where the content begins. */
  readonly offset: number;
  /** Bytes of the content. */
  readonly length: number;
  /** It was read, or written, and is right. */
  isSound: boolean;
}

export interface IndexedFile {
  readonly file: Extract<BlobFile, { readonly kind: 'pack' | 'single' }>;
  /** When it was looked at last. */
  size: number;
  /** Entries were read up to here. */
  scannedThrough: number;
  readonly hashes: Set<BlobHash>;
}

export class BlobIndex {
  readonly #files: BlobFiles;
  readonly #known = new Map<string, IndexedFile>();
  readonly #places = new Map<BlobHash, readonly Place[]>();
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #isLoaded = false;

  constructor(files: BlobFiles) {
    this.#files = files;
  }

  /** Those that `put` may count on first. */
  places(hash: BlobHash): readonly Place[] {
    return this.#places.get(hash) ?? [];
  }

  get hashes(): Iterable<BlobHash> {
    return this.#places.keys();
  }

  get files(): Iterable<IndexedFile> {
    return this.#known.values();
  }

  /** Looks at the folder for the first time. */
  async load(): Promise<void> {
    if (!this.#isLoaded) await this.refresh();
  }

  /** Looks at what has changed since. A look that has begun may have passed what the caller means: then there is one more, for all who wait. */
  refresh(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#look().finally(() => (this.#running = undefined));
      return this.#running;
    }
    const again = (): Promise<void> => {
      this.#next = undefined;
      return this.refresh();
    };
    this.#next ??= this.#running.then(again, again);
    return this.#next;
  }

  /** What this peer has written itself. */
  add(hash: BlobHash, place: Place): void {
    const file = this.#known.get(place.file) ?? this.#begin(place.file, place.kind, hash);
    this.#addPlace(file, hash, place);
    // Own entries need no scan: they come in the order in which they lie.
    file.scannedThrough = Math.max(file.scannedThrough, place.offset + place.length);
    file.size = Math.max(file.size, file.scannedThrough);
  }

  /** What proved to be wrong. */
  drop(hash: BlobHash, place: Place): void {
    const left = this.places(hash).filter((each) => each !== place);
    if (left.length > 0) this.#places.set(hash, left);
    else this.#places.delete(hash);
  }

  /** The file is gone, or has another name. */
  forget(name: string): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    this.#known.delete(name);
    for (const hash of known.hashes) for (const place of this.places(hash)) if (place.file === name) this.drop(hash, place);
  }

  async #look(): Promise<void> {
    const found = await this.#files.list();
    const names = new Set(found.map(({ name }) => name));
    for (const file of found) if (file.kind !== 'unfinished') await this.#lookAt(file);
    // Last: what moved is known at its new place before its old one is forgotten.
    for (const name of [...this.#known.keys()]) if (!names.has(name) && (await this.#files.size(name)) === undefined) this.forget(name);
    this.#isLoaded = true;
  }

  async #lookAt(file: IndexedFile['file']): Promise<void> {
    const known = this.#known.get(file.name);
    if (file.kind === 'single' && known !== undefined) return;
    const size = await this.#files.size(file.name);
    if (size === undefined || size === known?.size) return;
    if (file.kind === 'single') {
      this.#addPlace(this.#begin(file.name, 'single', file.hash), file.hash, placeIn(file, 0, size));
      return;
    }
    // Cut off by its owner, after a failure: what lay behind was never acknowledged.
    if (known !== undefined && size < known.scannedThrough) this.forget(file.name);
    const indexed = this.#known.get(file.name) ?? this.#begin(file.name, 'pack', undefined);
    const from = indexed.scannedThrough;
    const scan = await this.#files.with(file.name, 'r', (handle) => scanPack(handle, from, size));
    // Gone, or appended to by ourselves meanwhile.
    if (scan === undefined || indexed.scannedThrough !== from) return;
    indexed.size = size;
    indexed.scannedThrough = scan.end;
    for (const { hash, offset, length } of scan.entries) this.#addPlace(indexed, hash, placeIn(file, offset, length));
  }

  #begin(name: string, kind: Place['kind'], hash: BlobHash | undefined): IndexedFile {
    const isRetired = name.endsWith(RETIRED_SUFFIX);
    const file = kind === 'single' ? { kind, name, isRetired, hash: hash as BlobHash } : { kind, name, isRetired };
    const known: IndexedFile = { file, size: 0, scannedThrough: 0, hashes: new Set() };
    this.#known.set(name, known);
    return known;
  }

  #addPlace(known: IndexedFile, hash: BlobHash, place: Place): void {
    const before = this.places(hash);
    if (before.some(({ file, offset }) => file === place.file && offset === place.offset)) return;
    known.hashes.add(hash);
    this.#places.set(hash, place.isRetired ? [...before, place] : [place, ...before]);
  }
}

function placeIn({ name, kind, isRetired }: IndexedFile['file'], offset: number, length: number): Place {
  return { file: name, kind, isRetired, offset, length, isSound: false };
}
