/**
 * What a pack is made of: entries one behind the other, each with a head that can be told from chance.
 *
 *   'SBL1' • length of the content:u32 • SHA-256 of the content:32 • crc32 of all that:u32 • content      little-endian
 *
 * The crc says where the next entry begins, the hash that the content is right. A head inside the content of an entry (a blob may be a
 * pack) does no harm: what it names is what it holds.
 */

import { crc32 } from 'node:zlib';

import type { BlobHash } from './blob-hash.js';

export const PACK_HEAD_BYTES = 44;
/** 'SBL1': the version is part of it. */
export const PACK_MAGIC = Buffer.from('SBL1');

export interface PackHead {
  readonly hash: BlobHash;
  /** Bytes of the content. */
  readonly length: number;
}

/** A copy of the content with its head. */
export function encodeEntry(hash: BlobHash, content: Uint8Array): Uint8Array {
  const entry = Buffer.allocUnsafe(PACK_HEAD_BYTES + content.length);
  writeHead(entry, hash, content.length);
  entry.set(content, PACK_HEAD_BYTES);
  return entry;
}

/** The head alone, of a content of so many bytes. */
export function encodeHead(hash: BlobHash, length: number): Uint8Array {
  const head = Buffer.alloc(PACK_HEAD_BYTES);
  writeHead(head, hash, length);
  return head;
}

function writeHead(to: Buffer, hash: BlobHash, length: number): void {
  PACK_MAGIC.copy(to);
  to.writeUInt32LE(length, 4);
  to.write(hash, 8, 'hex');
  to.writeUInt32LE(crc32(to.subarray(0, 40)), 40);
}

/** Undefined where there is none at that place. */
export function decodeHead(bytes: Buffer, at: number): PackHead | undefined {
  if (at + PACK_HEAD_BYTES > bytes.length) return undefined;
  // Looked at first, for a checksum at every place of a large gap would take long.
  if (bytes.compare(PACK_MAGIC, 0, PACK_MAGIC.length, at, at + PACK_MAGIC.length) !== 0) return undefined;
  if (crc32(bytes.subarray(at, at + 40)) !== bytes.readUInt32LE(at + 40)) return undefined;
  return { length: bytes.readUInt32LE(at + 4), hash: bytes.toString('hex', at + 8, at + 40) as BlobHash };
}
