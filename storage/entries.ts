/**
 * The values beside the log: the store's own entry, a document's entry, a chunk of a snapshot. Spec: docs/STORAGE.md.
 *
 *   meta      format • store id:16 bytes • term • batch • records
 *   document  flags:u8 [generation • through • offset • previous:u32 • chunks • bytes • crc:u32 • state vector]
 *   chunk     generation • index • bytes
 */

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

import { seal, unseal } from './sealed.js';
import type { Decoded } from './sealed.js';

/** One per store, rewritten in every batch. */
export interface MetaEntry {
  readonly format: number;
  readonly storeId: string;
  /** The highest term that wrote. */
  readonly term: number;
  /** Number of the last atomic batch. */
  readonly batch: number;
  /** Sum of the last record numbers of all documents: tells a lost end of one log when later batches of others are there. */
  readonly records: number;
}

/** What a document's snapshot is. */
export interface SnapshotEntry {
  /** The batch that wrote it: grows, and names its chunks. */
  readonly generation: number;
  /** The last record that it includes. */
  readonly through: number;
  /** Bytes of all records through that one, and the checksum that the next one must name; undefined: not known. */
  readonly offset: number;
  readonly previous: number | undefined;
  readonly chunks: number;
  readonly bytes: number;
  /** Checksum of the whole state. */
  readonly crc: number;
  readonly stateVector: Uint8Array;
}

export interface ChunkEntry {
  readonly generation: number;
  readonly index: number;
  readonly bytes: Uint8Array;
}

export function encodeMeta(meta: MetaEntry): Uint8Array {
  return seal('meta', '', (encoder) => {
    encoding.writeVarUint(encoder, meta.format);
    encoding.writeUint8Array(encoder, Buffer.from(meta.storeId, 'hex'));
    encoding.writeVarUint(encoder, meta.term);
    encoding.writeVarUint(encoder, meta.batch);
    encoding.writeVarUint(encoder, meta.records);
  }).bytes;
}

export function decodeMeta(bytes: Uint8Array): Decoded<MetaEntry> {
  return unseal('meta', '', bytes, (decoder) => ({
    format: decoding.readVarUint(decoder),
    storeId: Buffer.from(decoding.readUint8Array(decoder, STORE_ID_BYTES)).toString('hex'),
    term: decoding.readVarUint(decoder),
    batch: decoding.readVarUint(decoder),
    records: decoding.readVarUint(decoder),
  }));
}

/** `snapshot` is undefined for a document that has only a log. */
export function encodeDocument(document: string, snapshot: SnapshotEntry | undefined): Uint8Array {
  return seal('document', document, (encoder) => {
    encoding.writeUint8(encoder, snapshot === undefined ? 0 : HAS_SNAPSHOT | (snapshot.previous === undefined ? 0 : HAS_PREVIOUS));
    if (snapshot === undefined) return;
    encoding.writeVarUint(encoder, snapshot.generation);
    encoding.writeVarUint(encoder, snapshot.through);
    encoding.writeVarUint(encoder, snapshot.offset);
    encoding.writeUint32(encoder, snapshot.previous ?? 0);
    encoding.writeVarUint(encoder, snapshot.chunks);
    encoding.writeVarUint(encoder, snapshot.bytes);
    encoding.writeUint32(encoder, snapshot.crc);
    encoding.writeVarUint8Array(encoder, snapshot.stateVector);
  }).bytes;
}

export function decodeDocument(document: string, bytes: Uint8Array): Decoded<{ readonly snapshot: SnapshotEntry | undefined }> {
  return unseal('document', document, bytes, (decoder) => {
    const flags = decoding.readUint8(decoder);
    return { snapshot: (flags & HAS_SNAPSHOT) === 0 ? undefined : readSnapshot(decoder, (flags & HAS_PREVIOUS) !== 0) };
  });
}

export function encodeChunk(document: string, chunk: ChunkEntry): Uint8Array {
  return seal('chunk', document, (encoder) => {
    encoding.writeVarUint(encoder, chunk.generation);
    encoding.writeVarUint(encoder, chunk.index);
    encoding.writeVarUint8Array(encoder, chunk.bytes);
  }).bytes;
}

export function decodeChunk(document: string, bytes: Uint8Array): Decoded<ChunkEntry> {
  return unseal('chunk', document, bytes, (decoder) => ({
    generation: decoding.readVarUint(decoder),
    index: decoding.readVarUint(decoder),
    bytes: decoding.readVarUint8Array(decoder),
  }));
}

const STORE_ID_BYTES = 16;
const HAS_SNAPSHOT = 1;
const HAS_PREVIOUS = 2;

function readSnapshot(decoder: decoding.Decoder, hasPrevious: boolean): SnapshotEntry {
  const generation = decoding.readVarUint(decoder);
  const through = decoding.readVarUint(decoder);
  const offset = decoding.readVarUint(decoder);
  const previous = decoding.readUint32(decoder);
  const chunks = decoding.readVarUint(decoder);
  const bytes = decoding.readVarUint(decoder);
  const crc = decoding.readUint32(decoder);
  const stateVector = decoding.readVarUint8Array(decoder).slice();
  return { generation, through, offset, previous: hasPrevious ? previous : undefined, chunks, bytes, crc, stateVector };
}
