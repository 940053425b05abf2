/**
 * A backup with blobs, as one file: the sealed bundle, behind it the blobs as entries (as in a pack), at the end a foot that says where
 * they begin. Written and read piece by piece, in constant memory; a file without a foot is a bundle alone. Every blob verifies by itself,
 * so that one bad byte costs one blob. Spec: docs/STORAGE.md, "Bundles".
 *
 *   bundle • count × (head of an entry • content) • 'SBF1' • bytes of the bundle:u64 • count:u32 • crc32 of the foot:u32   little-endian
 */

import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

import { RunningHash } from './blobs/blob-hash.js';
import type { BlobHash } from './blobs/blob-hash.js';
import { BLOB_PIECE_BYTES } from './blobs/limits.js';
import { PACK_HEAD_BYTES, decodeHead, encodeHead } from './blobs/pack-entry.js';

export interface BundledBlob {
  readonly hash: BlobHash;
  readonly bytes: number;
  /** Verified: what is damaged throws before its last piece. */
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** The bytes of a file. Without blobs these are the bundle's own. */
export async function* bundleWithBlobs(bundle: Uint8Array, blobs: readonly BundledBlob[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield bundle;
  if (blobs.length === 0) return;
  for (const { hash, bytes, content } of blobs) {
    yield encodeHead(hash, bytes);
    let written = 0;
    for await (const part of content()) {
      written += part.length;
      yield part;
    }
    if (written !== bytes) throw new Error(`blob ${hash} has ${written} bytes and not ${bytes}`);
  }
  const foot = Buffer.alloc(FOOT_BYTES);
  FOOT_MAGIC.copy(foot);
  foot.writeBigUInt64LE(BigInt(bundle.length), 4);
  foot.writeUInt32LE(blobs.length, 12);
  foot.writeUInt32LE(crc32(foot.subarray(0, 16)), 16);
  yield foot;
}

export interface BundleFile {
  /** The sealed bundle: `decodeBundle` says whether it is one. */
  readonly bundle: Uint8Array;
  /** How many blobs there should be. */
  readonly blobCount: number;
  /** One after the other; throws where the next cannot be found. */
  readonly blobs: () => AsyncIterable<BundledBlob>;
}

/** Rejects with the system's error. */
export async function readBundleParts(path: string): Promise<BundleFile> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const foot = size < FOOT_BYTES ? undefined : decodeFoot(await readAt(file, size - FOOT_BYTES, FOOT_BYTES), size);
    const bundle = await readAt(file, 0, foot?.bundleBytes ?? size);
    const end = foot === undefined ? size : size - FOOT_BYTES;
    return { bundle, blobCount: foot?.count ?? 0, blobs: () => readBlobs(path, foot?.count ?? 0, bundle.length, end) };
  } finally {
    await file.close();
  }
}

async function* readBlobs(path: string, count: number, from: number, end: number): AsyncGenerator<BundledBlob, void, undefined> {
  let at = from;
  for (let found = 0; found < count; found++) {
    const head = decodeHead(await piece(path, at, PACK_HEAD_BYTES), 0);
    // Where the next one begins is not known then.
    if (head === undefined || at + PACK_HEAD_BYTES + head.length > end)
      throw new Error(`${count - found} of ${count} blobs in ${path} cannot be found`);
    const start = at + PACK_HEAD_BYTES;
    yield { hash: head.hash, bytes: head.length, content: () => readContent(path, start, head.hash, head.length) };
    at = start + head.length;
  }
}

async function* readContent(path: string, start: number, hash: BlobHash, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  const running = new RunningHash();
  for (let at = 0; at < length;) {
    const bytes = await piece(path, start + at, Math.min(BLOB_PIECE_BYTES, length - at));
    if (bytes.length === 0) break;
    running.add(bytes);
    at += bytes.length;
    if (at >= length && running.finish() !== hash) throw new Error(`blob ${hash} in ${path} is not what was put there`);
    yield bytes;
  }
}

/** No descriptor is held while somebody works at a piece. */
async function piece(path: string, at: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    return await readAt(file, at, length);
  } finally {
    await file.close();
  }
}

async function readAt(file: Awaited<ReturnType<typeof open>>, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, at + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

function decodeFoot(foot: Buffer, size: number): { readonly bundleBytes: number; readonly count: number } | undefined {
  if (foot.length < FOOT_BYTES || !foot.subarray(0, 4).equals(FOOT_MAGIC) || crc32(foot.subarray(0, 16)) !== foot.readUInt32LE(16))
    return undefined;
  const bundleBytes = foot.readBigUInt64LE(4);
  return bundleBytes > BigInt(size - FOOT_BYTES) ? undefined : { bundleBytes: Number(bundleBytes), count: foot.readUInt32LE(12) };
}

const FOOT_MAGIC = Buffer.from('SBF1');
const FOOT_BYTES = 20;
