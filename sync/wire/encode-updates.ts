/**
 * The frame that every change makes, written in one go: all lengths are known before, so there is one allocation, and each byte is copied once. It lies
 * behind its subscription key (sync/zeromq/envelope.ts), where it stays until it is sent. The bytes are those of encode-frame.ts, which a test compares.
 */

import { crc32 } from 'node:zlib';
import type { PeerId } from '../../src/base/ids.js';
import { KIND_NUMBERS, MAGIC_0, MAGIC_1 } from './frame.js';
import type { Frame } from './frame.js';

export interface UpdatesEncoding {
  readonly sender: PeerId;
  readonly version: number;
  /** Printable ASCII; the memory before the frame holds it, and a zero. */
  readonly key: string;
}

/** magic, version, kind, sender */
const PREFIX_BYTES = 2 + 1 + 1 + 8;
const CHECKSUM_BYTES = 4;

export function encodeUpdates(frame: Extract<Frame, { kind: 'updates' }>, { sender, version, key }: UpdatesEncoding): Uint8Array {
  const { document, seq, updates } = frame;
  const nameBytes = Buffer.byteLength(document);
  let length = PREFIX_BYTES + countBytes(nameBytes) + nameBytes + countBytes(seq) + countBytes(updates.length) + CHECKSUM_BYTES;
  for (const update of updates) length += countBytes(update.length) + update.length;

  const start = key.length + 1;
  const bytes = new Uint8Array(start + length);
  for (let index = 0; index < key.length; index++) bytes[index] = key.charCodeAt(index);
  bytes[start] = MAGIC_0;
  bytes[start + 1] = MAGIC_1;
  bytes[start + 2] = version;
  bytes[start + 3] = KIND_NUMBERS.updates;
  writePeer(bytes, start + 4, sender);
  let at = writeCount(bytes, start + PREFIX_BYTES, nameBytes);
  at = writeText(bytes, at, document, nameBytes);
  at = writeCount(bytes, at, seq);
  at = writeCount(bytes, at, updates.length);
  for (const update of updates) {
    at = writeCount(bytes, at, update.length);
    bytes.set(update, at);
    at += update.length;
  }
  const encoded = bytes.subarray(start);
  const checksum = crc32(encoded.subarray(0, length - CHECKSUM_BYTES));
  for (let byte = 0; byte < CHECKSUM_BYTES; byte++) bytes[at + byte] = checksum >>> (24 - 8 * byte);
  return encoded;
}

/** As `encoding.writeVarUint` of lib0. */
function writeCount(bytes: Uint8Array, start: number, count: number): number {
  let at = start;
  let rest = count;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes[at++] = 0x80 | (rest % 0x80);
  bytes[at] = rest;
  return at + 1;
}

function countBytes(count: number): number {
  let bytes = 1;
  for (let rest = count; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Names are ASCII, but for those that some other program gave. */
function writeText(bytes: Uint8Array, start: number, text: string, length: number): number {
  if (length > text.length) bytes.set(Buffer.from(text), start);
  else for (let index = 0; index < length; index++) bytes[start + index] = text.charCodeAt(index);
  return start + length;
}

/** 16 hex digits. */
function writePeer(bytes: Uint8Array, start: number, peer: PeerId): void {
  for (let byte = 0; byte < 8; byte++) bytes[start + byte] = (hexDigit(peer, 2 * byte) << 4) | hexDigit(peer, 2 * byte + 1);
}

function hexDigit(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit <= NINE ? unit - ZERO : unit - A + 10;
}

const [ZERO, NINE, A] = [0x30, 0x39, 0x61];
