/**
 * Which blobs some bytes name: every run of 64 lower-case hex digits that is the name of one. It reads no format: a name that lies in
 * a document as text lies in its bytes as it is. What it finds too much costs disk; what it did not find would cost a blob, so it
 * looks at every place.
 */

import { BLOB_HASH_CHARS } from '../../storage/blobs/blob-hash.js';
import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import { turn } from '../base/turn.js';

/** Bytes, and names looked up, between two turns of the loop: under a millisecond or two. */
const SLICE_BYTES = 2 * 1024 * 1024;
const SLICE_WINDOWS = 4096;

export class ReferenceScan {
  readonly #names: ReadonlySet<BlobHash>;
  readonly #signal: AbortSignal | undefined;
  readonly found = new Set<BlobHash>();

  /** Looks for these only, until the signal says no: then reading throws. */
  constructor(names: ReadonlySet<BlobHash>, signal?: AbortSignal) {
    this.#names = names;
    this.#signal = signal;
  }

  /** In slices: others get the loop in between. The bytes must not change meanwhile. */
  async read(bytes: Uint8Array): Promise<void> {
    this.#signal?.throwIfAborted();
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let sliceEnd = SLICE_BYTES;
    let windows = 0;
    // Every run of 64 covers one byte of each 64: only these need be looked at first.
    for (let at = BLOB_HASH_CHARS - 1; at < view.length; at += BLOB_HASH_CHARS) {
      if (at > sliceEnd || windows > SLICE_WINDOWS) {
        await turn();
        sliceEnd = at + SLICE_BYTES;
        windows = 0;
      }
      if (!isHex(view[at])) continue;
      // The run around this byte, as far as windows reach that cover it and were not seen from the byte before.
      let from = at;
      while (from > at - BLOB_HASH_CHARS + 1 && isHex(view[from - 1])) from--;
      let to = at + 1;
      while (to < at + BLOB_HASH_CHARS && to < view.length && isHex(view[to])) to++;
      for (let start = from; start + BLOB_HASH_CHARS <= to; start++) {
        windows++;
        const name = view.toString('latin1', start, start + BLOB_HASH_CHARS) as BlobHash;
        if (this.#names.has(name)) this.found.add(name);
      }
    }
  }
}

function isHex(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66));
}
