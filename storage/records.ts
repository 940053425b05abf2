/**
 * A record of a document's log, as bytes: what a replica integrated in one go. Spec: docs/STORAGE.md, "Records".
 *
 *   flags:u8 • term • number • batch • offset • previous:u32 • origins: count × (peer:8 bytes • seq) • length • update
 *
 * Numbers without a type are lib0 variable-length unsigned integers. Each record names the checksum of the one before it
 * and the length of the log up to it, so that a record which was lost and one which was replaced are both seen.
 */

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

import type { PeerId } from '../src/base/ids.js';
import { seal, unseal } from './sealed.js';
import type { Decoded, Sealed } from './sealed.js';
import type { Vector } from './store.js';

export interface LogRecord {
  /** Counts the records of one document from 1, without holes. */
  readonly number: number;
  readonly term: number;
  /** The store's count of atomic batches, shared by all that was written in one. */
  readonly batch: number;
  /** Bytes of all records of this document before this one, those that snapshots have replaced included. */
  readonly offset: number;
  /** Checksum of the record before; undefined where a chain begins. */
  readonly previous: number | undefined;
  readonly isTakeover: boolean;
  readonly origins: Vector;
  readonly update: Uint8Array;
}

export interface StoredRecord extends LogRecord {
  readonly crc: number;
}

export function encodeRecord(document: string, record: LogRecord): Sealed {
  return seal('record', document, (encoder) => {
    encoding.writeUint8(encoder, (record.isTakeover ? IS_TAKEOVER : 0) | (record.previous === undefined ? BEGINS_CHAIN : 0));
    encoding.writeVarUint(encoder, record.term);
    encoding.writeVarUint(encoder, record.number);
    encoding.writeVarUint(encoder, record.batch);
    encoding.writeVarUint(encoder, record.offset);
    encoding.writeUint32(encoder, record.previous ?? 0);
    encoding.writeVarUint(encoder, record.origins.size);
    for (const [peer, seq] of record.origins) {
      encoding.writeUint8Array(encoder, Buffer.from(peer, 'hex'));
      encoding.writeVarUint(encoder, seq);
    }
    encoding.writeVarUint8Array(encoder, record.update);
  });
}

/** Never throws. `update` is a view into `bytes`. */
export function decodeRecord(document: string, bytes: Uint8Array): Decoded<StoredRecord> {
  return unseal('record', document, bytes, (decoder) => {
    const flags = decoding.readUint8(decoder);
    const term = decoding.readVarUint(decoder);
    const number = decoding.readVarUint(decoder);
    const batch = decoding.readVarUint(decoder);
    const offset = decoding.readVarUint(decoder);
    const previous = decoding.readUint32(decoder);
    const origins = readOrigins(decoder);
    const update = decoding.readVarUint8Array(decoder);
    return {
      ...{ term, number, batch, offset, origins, update },
      previous: (flags & BEGINS_CHAIN) === 0 ? previous : undefined,
      isTakeover: (flags & IS_TAKEOVER) !== 0,
    };
  });
}

const IS_TAKEOVER = 1;
const BEGINS_CHAIN = 2;
const PEER_BYTES = 8;

function readOrigins(decoder: decoding.Decoder): Vector {
  const origins = new Map<PeerId, number>();
  for (let left = decoding.readVarUint(decoder); left > 0; left--) {
    const peer = Buffer.from(decoding.readUint8Array(decoder, PEER_BYTES)).toString('hex') as PeerId;
    origins.set(peer, decoding.readVarUint(decoder));
  }
  return origins;
}
