/**
 * Yjs' decoders of both encodings, with a reader of ours in them. Whatever that does not read, or finds wrong, is read by Yjs' own
 * (docs/decisions/0031).
 */

import * as Y from 'yjs';
import { QuickReader } from './quick-reader.js';
import type { TextPiece } from './text-piece.js';

type Rest = ConstructorParameters<typeof Y.UpdateDecoderV1>[0];

/** From 1 MiB on V8 keeps such a piece outside of its heap. */
export const PIECE_BYTES = 4 * 1024 * 1024;

export type Deletions = (doc: Y.Doc) => void;

/** Encoding V1. */
export class QuickDecoder extends Y.UpdateDecoderV1 {
  readonly #reader: QuickReader;

  constructor(rest: Rest, pieceBytes = 0) {
    super(rest);
    this.#reader = new QuickReader(rest, { text: () => super.readString(), any: () => super.readAny() as unknown }, pieceBytes);
  }

  get piece(): TextPiece {
    return this.#reader.piece;
  }

  /** A number that belongs to no column of encoding V2. */
  readCount(): number {
    return this.readLen();
  }

  /** What carries out the deletions that come next; undefined where they concern what is not there. */
  readDeletions(endOf: (client: number) => number): Deletions | undefined {
    return readDeletions(this, endOf, (doc, bytes) => Y.applyUpdate(doc, Buffer.concat([NO_STRUCTS, bytes])));
  }

  override readLen(): number {
    return this.#reader.count() ?? super.readLen();
  }

  override readClient(): number {
    return this.readLen();
  }

  override readLeftID(): Y.ID {
    const client = this.readLen();
    return new Y.ID(client, this.readLen());
  }

  override readRightID(): Y.ID {
    return this.readLeftID();
  }

  override readParentInfo(): boolean {
    return this.readLen() === 1;
  }

  override readString(): string {
    return this.#reader.text();
  }

  override readKey(): string {
    return this.#reader.text();
  }

  override readAny(): unknown {
    return this.#reader.any();
  }
}

/** For an update that is most of what its document will hold. */
export class WholeDecoder extends QuickDecoder {
  constructor(rest: Rest, pieceBytes = PIECE_BYTES) {
    super(rest, pieceBytes);
  }
}

/** Encoding V2: its columns are read by Yjs; keys and texts of shared types are cut from one text there. */
export class WholeDecoderV2 extends Y.UpdateDecoderV2 {
  readonly #reader: QuickReader;

  constructor(rest: Rest, pieceBytes = PIECE_BYTES) {
    super(rest);
    this.#reader = new QuickReader(rest, { text: unreadable, any: () => super.readAny() as unknown }, pieceBytes);
  }

  readCount(): number {
    return this.#reader.count() ?? unreadable();
  }

  readDeletions(endOf: (client: number) => number): Deletions | undefined {
    return readDeletions(this, endOf, (doc, bytes) => Y.applyUpdateV2(doc, Buffer.concat([noColumns(), NO_STRUCTS, bytes])));
  }

  override readAny(): unknown {
    return this.#reader.any();
  }

  override readJSON(): unknown {
    return this.#reader.any();
  }
}

const NO_STRUCTS = Uint8Array.of(0);

/** What encoding V2 begins with, empty. */
function noColumns(): Uint8Array {
  return new Y.UpdateEncoderV2().toUint8Array();
}

function readDeletions(
  decoder: WholeDecoder | WholeDecoderV2,
  endOf: (client: number) => number,
  remove: (doc: Y.Doc, bytes: Uint8Array) => void,
): Deletions | undefined {
  const { arr, pos } = decoder.restDecoder;
  const clients = decoder.readCount();
  if (clients === 0) return () => undefined;
  for (let left = clients; left > 0; left--) {
    decoder.resetDsCurVal();
    const end = endOf(decoder.readCount());
    for (let ranges = decoder.readCount(); ranges > 0; ranges--) {
      const clock = decoder.readDsClock();
      const length = decoder.readDsLen();
      // Yjs writes none without length, and sets one aside that begins where its client ends.
      if (length === 0 || clock + length > end) return undefined;
    }
  }
  const bytes = arr.subarray(pos, decoder.restDecoder.pos);
  return (doc) => remove(doc, bytes);
}

function unreadable(): never {
  throw new Error('the bytes end, or are none of Yjs');
}
