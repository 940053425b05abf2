/** The parts that frames are made of, read from bytes of anybody: each checks what it reads before it allocates, and throws where something is out of bounds. */

import { isUtf8 } from 'node:buffer';
import * as decoding from 'lib0/decoding';
import type { PeerId } from '../../src/base/ids.js';
import * as limits from '../limits.js';

type Decoder = decoding.Decoder;

/** Each of them is opened: so many and so long as fit into a frame of that size, and no more. */
export function readNames(from: Decoder): string[] {
  const names = readList(from, limits.DOCUMENTS_IN_FRAME_MAX, () => readText(from, limits.DOCUMENT_NAME_BYTES_MAX));
  const bytes = names.reduce((sum, name) => sum + Buffer.byteLength(name), 0);
  if (bytes > limits.HOLDING_BYTES_MAX) throw new RangeError(`names of ${bytes} bytes`);
  return names;
}

export function readVector(from: Decoder): Map<PeerId, number> {
  return new Map(readList(from, limits.VECTOR_ENTRIES_MAX, () => [readPeer(from), readCount(from)]));
}

export function readPeer(from: Decoder): PeerId {
  const bytes = decoding.readUint8Array(from, 8);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex') as PeerId;
}

export function readFlags(from: Decoder, highest: number): number {
  const flags = decoding.readUint8(from);
  if (!(flags <= highest)) throw new RangeError(`flags ${flags}`);
  return flags;
}

export function readText(from: Decoder, bytesMax: number): string {
  const bytes = readBytes(from);
  if (bytes.length > bytesMax) throw new RangeError(`text of ${bytes.length} bytes`);
  // Replaced characters would make one name of two, and a longer one than was let in.
  if (!isUtf8(bytes)) throw new RangeError('text that is not UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

export function readBytes(from: Decoder): Uint8Array {
  return decoding.readUint8Array(from, readCount(from));
}

/** lib0 reads on over any length, up to numbers that are not exact, infinite or none: no comparison with these can be trusted. */
export function readCount(from: Decoder): number {
  const count = decoding.readVarUint(from);
  if (!Number.isSafeInteger(count)) throw new RangeError(`number ${count}`);
  return count;
}

export function readList<Item>(from: Decoder, countMax: number, read: () => Item): Item[] {
  const count = readCount(from);
  if (count > countMax) throw new RangeError(`list of ${count}`);
  const items: Item[] = [];
  for (let index = 0; index < count; index++) items.push(read());
  return items;
}
