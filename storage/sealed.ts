/**
 * The envelope of every value in LevelDB and of every bundle: LevelDB returns a flipped bit as if it were right, so each value carries a
 * checksum of its own, taken over the name of its document too, so that a value under another's key does not pass.
 *
 *   kind:u8 • version:u8 • body • crc32(document name, kind, version, body):u32 little-endian
 */

import { crc32 } from 'node:zlib';

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/** What a value is, as its first byte: the letters R, C, D, M; B for a file that carries documents. */
export type SealedKind = 'record' | 'chunk' | 'document' | 'meta' | 'bundle';

/** What every decoder here returns; none of them throws. */
export type Decoded<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: DecodeFailure };

export type DecodeFailure = 'too-short' | 'checksum' | 'other-kind' | 'newer-version' | 'malformed';

export interface Sealed {
  readonly bytes: Uint8Array;
  readonly crc: number;
}

/** `document` is empty for what belongs to the whole store. */
export function seal(kind: SealedKind, document: string, write: (encoder: encoding.Encoder) => void): Sealed {
  const encoder = encoding.createEncoder();
  encoding.writeUint8(encoder, KIND_BYTE[kind]);
  encoding.writeUint8(encoder, SEALED_VERSION);
  write(encoder);
  const bytes = new Uint8Array(encoding.length(encoder) + CRC_BYTES);
  bytes.set(encoding.toUint8Array(encoder));
  const crc = checksum(document, bytes.subarray(0, -CRC_BYTES));
  viewOf(bytes).setUint32(bytes.length - CRC_BYTES, crc, true);
  return { bytes, crc };
}

/** The checksum first, then the structure: bytes that were not written by `seal` never reach `read`. */
export function unseal<Value>(
  kind: SealedKind,
  document: string,
  bytes: Uint8Array,
  read: (decoder: decoding.Decoder) => Value,
): Decoded<Value & { readonly crc: number }> {
  if (bytes.length < 2 + CRC_BYTES) return { ok: false, reason: 'too-short' };
  const content = bytes.subarray(0, -CRC_BYTES);
  const crc = viewOf(bytes).getUint32(bytes.length - CRC_BYTES, true);
  if (checksum(document, content) !== crc) return { ok: false, reason: 'checksum' };
  const decoder = decoding.createDecoder(content);
  if (decoding.readUint8(decoder) !== KIND_BYTE[kind]) return { ok: false, reason: 'other-kind' };
  if (decoding.readUint8(decoder) > SEALED_VERSION) return { ok: false, reason: 'newer-version' };
  try {
    const value = read(decoder);
    // lib0 reads past the end of a view without a word where the memory behind it goes on.
    return decoder.pos === content.length ? { ok: true, value: { ...value, crc } } : { ok: false, reason: 'malformed' };
  } catch {
    return { ok: false, reason: 'malformed' };
  }
}

const SEALED_VERSION = 1;
const CRC_BYTES = 4;
const KIND_BYTE = { record: 0x52, chunk: 0x43, document: 0x44, meta: 0x4d, bundle: 0x42 } as const satisfies Record<SealedKind, number>;

function checksum(document: string, content: Uint8Array): number {
  return crc32(content, crc32(`${document}\0`));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
