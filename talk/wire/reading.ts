/** The parts of a payload, read without trust: each throws where the bytes are not what they should be, and `open` catches it. */

import { isUtf8 } from 'node:buffer';
import * as decoding from 'lib0/decoding';

/** lib0 reads on over any length, up to numbers that are not exact, infinite or none. */
export function readCount(from: decoding.Decoder, countMax: number = Number.MAX_SAFE_INTEGER): number {
  // Mostly it is one byte, and there are several to each message.
  const first = from.arr[from.pos];
  if (first !== undefined && first < 0x80 && first <= countMax) {
    from.pos++;
    return first;
  }
  const count = decoding.readVarUint(from);
  if (!Number.isSafeInteger(count) || count > countMax) throw new RangeError(`number ${count}`);
  return count;
}

export function readBytes(from: decoding.Decoder, bytesMax: number): Uint8Array {
  const length = readCount(from);
  // lib0 would read on into whatever shares the memory.
  if (length > bytesMax || length > from.arr.length - from.pos) throw new RangeError(`${length} bytes`);
  const bytes = new Uint8Array(from.arr.buffer, from.arr.byteOffset + from.pos, length);
  from.pos += length;
  return bytes;
}

export function readText(from: decoding.Decoder, bytesMax: number): string {
  const bytes = readBytes(from, bytesMax);
  // Replaced characters would make one name of two.
  if (!isUtf8(bytes)) throw new RangeError('text that is not UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

export function readList<Item>(from: decoding.Decoder, countMax: number, read: () => Item): Item[] {
  const count = readCount(from, countMax);
  const items: Item[] = [];
  for (let index = 0; index < count; index++) items.push(read());
  return items;
}
