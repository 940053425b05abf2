/**
 * Getting blobs out of the folder: every byte is checked against its name before anybody believes it. A place that has moved is
 * looked for again; one that is damaged is moved aside and told, and the next place counts. Never gives out what is wrong.
 */

import { join } from 'node:path';

import { systemCode, describe } from '../../src/base/errors.js';
import { makeDirectory } from '../../src/base/make-directory.js';
import { QuarantineFolder, noQuarantine } from '../quarantine.js';
import type { Damage } from '../store.js';
import { blobDamaged, blobMissing } from './blob-errors.js';
import type { BlobFiles } from './blob-files.js';
import { RunningHash } from './blob-hash.js';
import type { BlobHash } from './blob-hash.js';
import type { BlobIndex, Place } from './blob-index.js';
import { BLOB_PIECE_BYTES, DAMAGED_KEPT_MAX, READ_ATTEMPTS_MAX } from './limits.js';
import { PACK_HEAD_BYTES, decodeHead } from './pack-entry.js';

export interface BlobReadingOptions {
  readonly files: BlobFiles;
  readonly index: BlobIndex;
  /** The folder for what does not verify; undefined: it stays where it is. */
  readonly quarantine: string | undefined;
  readonly damaged: (damage: Damage) => void;
}

export class BlobReading {
  readonly #options: BlobReadingOptions;
  /** Of what nothing sound was found: damaged stays damaged, and does not become missing. */
  readonly #damaged = new Set<BlobHash>();

  constructor(options: BlobReadingOptions) {
    this.#options = options;
  }

  async get(hash: BlobHash): Promise<Uint8Array> {
    for await (const place of this.#soundPlaces(hash)) {
      const content = Buffer.allocUnsafeSlow(place.length);
      const running = new RunningHash();
      let at = 0;
      for await (const piece of this.#pieces(hash, place)) {
        // Piece by piece: a large one in one go would hold the loop.
        running.add(piece);
        content.set(piece, at);
        at += piece.length;
      }
      if (at === place.length && running.finish() === hash) {
        place.isSound = true;
        return content;
      }
      await this.#settle(hash, place);
    }
    throw this.#notFound(hash);
  }

  /** Goes on at another place where one vanishes: under one name there is one content. */
  async *stream(hash: BlobHash): AsyncGenerator<Uint8Array, void, undefined> {
    const running = new RunningHash();
    let given = 0;
    for await (const place of this.#soundPlaces(hash)) {
      let held: Uint8Array | undefined;
      let at = given;
      for await (const piece of this.#pieces(hash, place, given)) {
        if (held !== undefined) {
          yield held;
          given += held.length;
        }
        running.add(piece);
        at += piece.length;
        held = piece;
      }
      if (at === place.length) {
        if (running.finish() !== hash) {
          await this.#settle(hash, place);
          throw blobDamaged(hash, this.#options.files.location);
        }
        place.isSound = true;
        if (held !== undefined) yield held;
        return;
      }
      // It vanished or was cut off in between. What is held was hashed: it goes out, and the rest comes from another place.
      if (held !== undefined) {
        yield held;
        given += held.length;
      }
      await this.#settle(hash, place);
    }
    throw this.#notFound(hash);
  }

  /** A place that is there, from the index; bytes are not looked at. */
  async find(hash: BlobHash): Promise<Place | undefined> {
    for await (const place of this.#soundPlaces(hash)) if (await this.#isThere(hash, place)) return place;
    return undefined;
  }

  /** Reads a place through. What is damaged is moved aside; false then, and where it is gone. */
  async check(hash: BlobHash, place: Place): Promise<boolean> {
    if (place.isSound) return true;
    const running = new RunningHash();
    for await (const piece of this.#pieces(hash, place)) running.add(piece);
    if (running.finish() === hash) place.isSound = true;
    else await this.#settle(hash, place);
    return place.isSound;
  }

  /** It was put again. */
  healed(hash: BlobHash): void {
    this.#damaged.delete(hash);
  }

  /** Those in the index, then those that a look at the folder finds. Each once. */
  async *#soundPlaces(hash: BlobHash): AsyncGenerator<Place, void, undefined> {
    const { index } = this.#options;
    const tried = new Set<Place>();
    await index.load();
    for (let attempt = 1; attempt <= READ_ATTEMPTS_MAX; attempt++) {
      for (const place of index.places(hash)) {
        if (tried.has(place)) continue;
        tried.add(place);
        yield place;
      }
      const before = index.places(hash);
      if (attempt > 1 && before.every((place) => tried.has(place))) return;
      await index.refresh();
    }
  }

  /** Else the index was behind: the file is gone, or was cut off by its owner. */
  async #isThere(hash: BlobHash, place: Place): Promise<boolean> {
    const { files, index } = this.#options;
    const size = await files.size(place.file);
    if (size === undefined) index.forget(place.file);
    else if (size < place.offset + place.length) index.drop(hash, place);
    else return true;
    return false;
  }

  /** What lies there, from a byte on; less where it is not there any more. Nothing of an entry whose head names something else. */
  async *#pieces(hash: BlobHash, { file, kind, offset, length }: Place, from = 0): AsyncGenerator<Uint8Array, void, undefined> {
    const { files } = this.#options;
    if (kind === 'pack') {
      const entry = await files.read(file, offset - PACK_HEAD_BYTES, PACK_HEAD_BYTES + length);
      if (entry === undefined) return;
      const head = decodeHead(entry, 0);
      if (head?.hash === hash && head.length === length) yield entry.subarray(PACK_HEAD_BYTES + from);
      return;
    }
    for (let at = from; at < length;) {
      const piece = await files.read(file, at, Math.min(BLOB_PIECE_BYTES, length - at));
      if (piece === undefined || piece.length === 0) return;
      yield piece;
      at += piece.length;
    }
  }

  /** What read wrongly is read once more: it may have moved in that moment. Then it is damaged, moved aside and told. */
  async #settle(hash: BlobHash, place: Place): Promise<void> {
    const { index, damaged } = this.#options;
    if (!(await this.#isThere(hash, place))) return;
    const running = new RunningHash();
    for await (const piece of this.#pieces(hash, place)) running.add(piece);
    if (running.finish() === hash) return;
    index.drop(hash, place);
    if (this.#damaged.size >= DAMAGED_KEPT_MAX) this.#damaged.clear();
    this.#damaged.add(hash);
    const what = `blob ${hash} in ${place.file} is not what was put there`;
    damaged(place.kind === 'pack' ? await this.#copyAside(what, hash, place) : await this.#moveAside(what, place));
  }

  /** A pack holds others too: it stays as it is. */
  async #copyAside(what: string, hash: BlobHash, { file, offset, length }: Place): Promise<Damage> {
    const { files, quarantine } = this.#options;
    const bytes = await files.read(file, offset, length);
    const folder = quarantine === undefined ? noQuarantine : new QuarantineFolder(quarantine);
    return folder.keep(undefined, what, `blob-${hash}`, bytes ?? new Uint8Array());
  }

  /** The file as it is, for it may be large. Its name was given once: nothing else can be moved in its place. */
  async #moveAside(what: string, { file }: Place): Promise<Damage> {
    const { files, index, quarantine } = this.#options;
    if (quarantine === undefined) return { document: undefined, what, keptAs: undefined };
    const keptAs = join(quarantine, `store.blob-${file}.bin`);
    try {
      makeDirectory(quarantine, 0o700);
      await files.moveTo(file, keptAs);
      index.forget(file);
      return { document: undefined, what, keptAs };
    } catch (error) {
      return {
        document: undefined,
        what: `${what}; it could not be moved aside (${systemCode(error) ?? describe(error)})`,
        keptAs: undefined,
      };
    }
  }

  #notFound(hash: BlobHash): Error {
    const { location } = this.#options.files;
    return this.#damaged.has(hash) ? blobDamaged(hash, location) : blobMissing(hash, location);
  }
}
