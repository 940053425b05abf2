/**
 * A snapshot at rest: deflated where that makes it shorter, which it does for all but the smallest (docs/STORAGE.md has
 * the figures). In zlib's threads, so that the loop goes on meanwhile. Only bytes that were verified are unpacked.
 */

import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';

export interface Packed {
  readonly bytes: Uint8Array;
  readonly isDeflated: boolean;
}

export async function pack(state: Uint8Array): Promise<Packed> {
  // The first level: most of the gain at a third of the time, and appends wait meanwhile.
  const deflated = await promisify(deflateRaw)(state, { level: 1 });
  return deflated.length < state.length ? { bytes: deflated, isDeflated: true } : { bytes: state, isDeflated: false };
}

/** Undefined where the bytes do not unpack to at most `length`. */
export async function unpack({ bytes, isDeflated }: Packed, length: number): Promise<Uint8Array | undefined> {
  if (!isDeflated) return bytes;
  // Into one piece of memory, and one byte over, so that zlib does not ask for a second: by its own 16 KiB each piece waits for a turn of the loop,
  // which takes three times as long as the inflating. Below 64 it takes none.
  const options = { maxOutputLength: Math.max(1, length), chunkSize: Math.max(64, length + 1) };
  const inflated = await promisify(inflateRaw)(bytes, options).catch(() => undefined);
  return inflated && new Uint8Array(inflated.buffer, inflated.byteOffset, inflated.length);
}
