/**
 * Writes large blobs, each as a file of its own: under a temporary name, synced, then renamed to its hash, and the folder
 * synced, in that order. Memory stays constant, and no descriptor is held while the source is waited for.
 */

import type { Random } from '../../src/base/random.js';
import { turn } from '../../src/base/turn.js';
import { blobTooLarge } from './blob-errors.js';
import type { BlobFiles } from './blob-files.js';
import { UNFINISHED_SUFFIX } from './blob-files.js';
import { RunningHash } from './blob-hash.js';
import type { BlobHash } from './blob-hash.js';
import { BLOB_BYTES_MAX, BLOB_PIECE_BYTES } from './limits.js';

/** Written and synced, under its temporary name: one of the two must be called. */
export interface FinishedSingle {
  readonly hash: BlobHash;
  readonly bytes: number;
  /** Gives it its name, which is returned. */
  keep(): Promise<string>;
  drop(): Promise<void>;
}

export class SingleWriter {
  readonly #files: BlobFiles;
  readonly #random: Random;

  constructor(files: BlobFiles, random: Random) {
    this.#files = files;
    this.#random = random;
  }

  /** Where it fails, nothing stays. */
  async write(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<FinishedSingle> {
    await this.#files.make();
    const temporary = `${this.#newName(8)}${UNFINISHED_SUFFIX}`;
    const running = new RunningHash();
    let bytes = 0;
    try {
      await this.#extend(temporary, 'wx', new Uint8Array(), 0);
      for await (const piece of pieced(content, BLOB_PIECE_BYTES)) {
        if (bytes + piece.length > BLOB_BYTES_MAX)
          throw blobTooLarge(bytes + piece.length, BLOB_BYTES_MAX, 'into one. Cut it into several.');
        running.add(piece);
        await this.#extend(temporary, 'r+', piece, bytes);
        bytes += piece.length;
        // A source that never waits must not keep the loop to itself.
        await turn();
      }
      if (!(await this.#files.sync(temporary))) throw new Error(`${temporary} was removed while it was written`);
    } catch (error) {
      await this.#files.remove(temporary);
      throw error;
    }
    const hash = running.finish();
    return {
      hash,
      bytes,
      keep: async () => {
        const name = `${hash}-${this.#newName(4)}.blob`;
        try {
          if (!(await this.#files.rename(temporary, name))) throw new Error(`${temporary} was removed before it had its name`);
        } catch (error) {
          await this.#files.remove(temporary);
          throw error;
        }
        await this.#files.syncFolder();
        return name;
      },
      drop: () => this.#files.remove(temporary),
    };
  }

  async #extend(name: string, flags: string, piece: Uint8Array, at: number): Promise<void> {
    const written = await this.#files.with(name, flags, async (file) => {
      for (let done = 0; done < piece.length;) done += (await file.write(piece, done, piece.length - done, at + done)).bytesWritten;
      return true;
    });
    if (written !== true) throw Object.assign(new Error(`${name} is gone`), { code: 'ENOENT' });
  }

  #newName(bytes: number): string {
    return Buffer.from(this.#random.bytes(bytes)).toString('hex');
  }
}

/** The same bytes in pieces of this size, but for the last: copies, so that the source may use its own again. */
export async function* pieced(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let piece = Buffer.allocUnsafeSlow(bytes);
  let filled = 0;
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length;) {
      const taken = Math.min(bytes - filled, chunk.length - at);
      piece.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < bytes) continue;
      yield piece;
      piece = Buffer.allocUnsafeSlow(bytes);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
