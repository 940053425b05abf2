/**
 * The values beside the log: the store's own entry, a document's entry, a chunk of a snapshot. Spec: docs/STORAGE.md.
 *
 *   meta      format • store id:16 bytes • term • batch • records
 *   document  snapshot, and the older one where flag 8 says so, each:
 *             flags:u8 [generation • through • offset • previous:u32 • chunks • bytes • crc:u32 • state vector]
 *   chunk     generation • index • bytes
 *
 * Format 1 knew neither an older snapshot nor deflated ones: what it wrote is read here as it is.
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

/** What a document's entry says. */
export interface DocumentEntry {
  /** Undefined for a document that has only a log. */
  readonly snapshot: SnapshotEntry | undefined;
  /** The generation before, which is kept with the log between the two; `ORIGIN` where that is the log alone. */
  readonly older: SnapshotEntry | undefined;
}

/** What a snapshot is. */
export interface SnapshotEntry {
  /** The batch that wrote it: grows, and names its chunks. */
  readonly generation: number;
  /** The last record that it includes. */
  readonly through: number;
  /** Bytes of all records through that one, and the checksum that the next one must name; undefined: not known. */
  readonly offset: number;
  readonly previous: number | undefined;
  readonly chunks: number;
  /** Length of the whole state, and its checksum; its chunks together may be shorter. */
  readonly bytes: number;
  readonly crc: number;
  readonly isDeflated: boolean;
  readonly stateVector: Uint8Array;
}

/** The generation before the first snapshot: nothing, with the log from its first record. */
export const ORIGIN: SnapshotEntry = {
  ...{ generation: 0, through: 0, offset: 0, previous: undefined },
  ...{ chunks: 0, bytes: 0, crc: 0, isDeflated: false, stateVector: new Uint8Array() },
};

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

export function encodeDocument(document: string, { snapshot, older }: DocumentEntry): Uint8Array {
  return seal('document', document, (encoder) => {
    writeSnapshot(encoder, snapshot, older === undefined ? 0 : HAS_OLDER);
    if (older !== undefined) writeSnapshot(encoder, older, 0);
  }).bytes;
}

export function decodeDocument(document: string, bytes: Uint8Array): Decoded<DocumentEntry> {
  return unseal('document', document, bytes, (decoder) => {
    const { flags, snapshot } = readSnapshot(decoder);
    return { snapshot, older: (flags & HAS_OLDER) === 0 ? undefined : readSnapshot(decoder).snapshot };
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
const IS_DEFLATED = 4;
const HAS_OLDER = 8;

function writeSnapshot(encoder: encoding.Encoder, snapshot: SnapshotEntry | undefined, flags: number): void {
  if (snapshot === undefined) return encoding.writeUint8(encoder, flags);
  const own = HAS_SNAPSHOT | (snapshot.previous === undefined ? 0 : HAS_PREVIOUS) | (snapshot.isDeflated ? IS_DEFLATED : 0);
  encoding.writeUint8(encoder, flags | own);
  encoding.writeVarUint(encoder, snapshot.generation);
  encoding.writeVarUint(encoder, snapshot.through);
  encoding.writeVarUint(encoder, snapshot.offset);
  encoding.writeUint32(encoder, snapshot.previous ?? 0);
  encoding.writeVarUint(encoder, snapshot.chunks);
  encoding.writeVarUint(encoder, snapshot.bytes);
  encoding.writeUint32(encoder, snapshot.crc);
  encoding.writeVarUint8Array(encoder, snapshot.stateVector);
}

function readSnapshot(decoder: decoding.Decoder): { readonly flags: number; readonly snapshot: SnapshotEntry | undefined } {
  const flags = decoding.readUint8(decoder);
  if ((flags & HAS_SNAPSHOT) === 0) return { flags, snapshot: undefined };
  const generation = decoding.readVarUint(decoder);
  const through = decoding.readVarUint(decoder);
  const offset = decoding.readVarUint(decoder);
  const crcBefore = decoding.readUint32(decoder);
  const previous = (flags & HAS_PREVIOUS) === 0 ? undefined : crcBefore;
  const chunks = decoding.readVarUint(decoder);
  const bytes = decoding.readVarUint(decoder);
  const crc = decoding.readUint32(decoder);
  const stateVector = decoding.readVarUint8Array(decoder).slice();
  const isDeflated = (flags & IS_DEFLATED) !== 0;
  return { flags, snapshot: { generation, through, offset, previous, chunks, bytes, crc, isDeflated, stateVector } };
}
