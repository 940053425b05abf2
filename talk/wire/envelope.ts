/**
 * Around every frame of the lane of messages:  magic(2) version(1) kind(1) sender(8) … payload … crc32(4, big endian)
 * The checksum covers the frame, but not the body that may travel beside it, nor values of UNCOVERED_BYTES_MIN or more in it: they
 * are values of the application on their way between processes of one machine, looked at once by their codec, and never kept.
 * docs/PROTOCOL.md gives each kind in one line.
 */

import { crc32 } from 'node:zlib';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { describe } from '../../src/base/errors.js';
import type { PeerId } from '../../src/base/ids.js';
import { Covering } from './covering.js';

export const MAGIC_0 = 0x73; // s
export const MAGIC_1 = 0x74; // t
/** The only version so far. A later one is dropped with a count, as whatever else cannot be read. */
export const TALK_VERSION = 1;
export const HEAD_BYTES = 2 + 1 + 1 + 8;
export const CHECKSUM_BYTES = 4;

export interface Envelope {
  readonly kind: number;
  readonly sender: PeerId;
}

export type Opened<Frame> =
  | { readonly ok: true; readonly sender: PeerId; readonly frame: Frame }
  | { readonly ok: false; readonly detail: string };

/** Writes a frame: the head, what `write` writes, the checksum. */
export function seal(envelope: Envelope, write: (to: encoding.Encoder) => void): Uint8Array {
  const to = encoding.createEncoder();
  encoding.writeUint8(to, MAGIC_0);
  encoding.writeUint8(to, MAGIC_1);
  encoding.writeUint8(to, TALK_VERSION);
  encoding.writeUint8(to, envelope.kind);
  encoding.writeUint8Array(to, Buffer.from(envelope.sender, 'hex'));
  write(to);
  return finished(to);
}

function finished(to: encoding.Encoder): Uint8Array {
  const length = encoding.length(to);
  // From Node's pool where it is small: a memory of its own for each frame costs more than all the rest. Written over in full.
  const { buffer, byteOffset } = Buffer.allocUnsafe(length + CHECKSUM_BYTES);
  const bytes = new Uint8Array(buffer, byteOffset, length + CHECKSUM_BYTES);
  let end = 0;
  for (const part of to.bufs) {
    bytes.set(part, end);
    end += part.length;
  }
  bytes.set(to.cbuf.subarray(0, to.cpos), end);
  new DataView(buffer, byteOffset + length).setUint32(0, crc32(bytes.subarray(0, length)));
  return bytes;
}

/** Undefined for a kind that is not known; what it throws makes the frame unreadable. */
export type ReadFrame<Frame> = (kind: number, from: decoding.Decoder, covering: Covering) => Frame | undefined;

/** Total: never throws, whatever the bytes. Where large values lie, and so what the checksum covers, is known when all is read. */
export function open<Frame>(bytes: Uint8Array, read: ReadFrame<Frame>): Opened<Frame> {
  if (bytes.length < HEAD_BYTES + CHECKSUM_BYTES || bytes[0] !== MAGIC_0 || bytes[1] !== MAGIC_1)
    return failed(`${bytes.length} foreign bytes`);
  if (bytes[2] !== TALK_VERSION) return failed(`version ${bytes[2]}`);
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length - CHECKSUM_BYTES);
  const from = decoding.createDecoder(body);
  from.pos = HEAD_BYTES;
  const covering = new Covering(0);
  try {
    const sender = Buffer.from(bytes.buffer, bytes.byteOffset + 4, 8).toString('hex') as PeerId;
    const frame = read(body[3] ?? 0, from, covering);
    if (frame === undefined) return failed(`unknown kind ${body[3]}`);
    if (from.pos !== body.length) return failed(`${body.length - from.pos} bytes too many`);
    const checksum = new DataView(bytes.buffer, bytes.byteOffset + body.length, CHECKSUM_BYTES).getUint32(0);
    if (covering.finish(body, body.length) !== checksum) return failed('a wrong checksum');
    return { ok: true, sender, frame };
  } catch (error) {
    return failed(describe(error));
  }
}

function failed(detail: string): Extract<Opened<never>, { ok: false }> {
  return { ok: false, detail };
}
