/** Frames made by hand, as another language or an attacker would: any header, any payload, and a checksum that is right. */

import { crc32 } from 'node:zlib';
import * as encoding from 'lib0/encoding';

export interface Header {
  readonly kind: number;
  readonly version?: number;
  readonly document?: Uint8Array | string;
  readonly seq?: number;
}

export const SENDER = '00112233445566ff';

/** Header, payload, checksum. */
export function sealed(
  { kind, version = 1, document = '', seq = 0 }: Header,
  payload: (to: encoding.Encoder) => void = () => undefined,
): Uint8Array {
  const to = encoding.createEncoder();
  encoding.writeUint8Array(to, Uint8Array.of(0x73, 0x6f, version));
  encoding.writeVarUint(to, kind);
  encoding.writeUint8Array(to, Buffer.from(SENDER, 'hex'));
  encoding.writeVarUint8Array(to, typeof document === 'string' ? Buffer.from(document) : document);
  encoding.writeVarUint(to, seq);
  payload(to);
  return withChecksum(encoding.toUint8Array(to));
}

/** The frame of this body: whatever it says, its checksum is right. */
export function withChecksum(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(body.length + 4);
  frame.set(body);
  new DataView(frame.buffer).setUint32(body.length, crc32(body));
  return frame;
}

/** All of a frame but its checksum. */
export const bodyOf = (frame: Uint8Array): Uint8Array => frame.slice(0, -4);
