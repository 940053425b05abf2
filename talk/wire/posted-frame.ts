/**
 * The frames of requests and streams, which one peer posts to another. A channel is named by who opened it and by a number that
 * its opener gives once; `ofOpener` says which of its two ends speaks, since both may live in one peer.
 * Decoding is total: whatever the bytes, the outcome is a frame or a reason. docs/TALKING.md tells what follows what.
 *
 * A payload of LARGE_BYTES_MIN or more travels as the post's body, as it lies in memory; a smaller one in the frame.
 */

import * as decoding from 'lib0/decoding';
import { unreachable } from '../../src/base/errors.js';
import { isName, NAME_BYTES_MAX } from '../keys.js';
import {
  CODEC_NAME_BYTES_MAX,
  CODE_BYTES_MAX,
  DETAIL_BYTES_MAX,
  LARGE_BYTES_MIN,
  POSTED_PIECE_BYTES,
  REASON_BYTES_MAX,
} from '../limits.js';
import { open } from './envelope.js';
import type { Opened } from './envelope.js';
import { readBytes, readCount, readText } from './reading.js';

export type PostedFrame =
  /** A request, and the first piece of its input. `to` 0: any instance of that peer that handles it. */
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly name: string;
      readonly from: number;
      readonly to: number;
      readonly inputCodec: string;
      readonly outputCodec: string;
      /** The asker takes any number of answers. */
      readonly isStreamWanted: boolean;
      readonly continues: boolean;
      readonly payload: Uint8Array;
    }
  /** Asks for a stream. */
  | {
      readonly kind: 'open';
      readonly id: number;
      readonly name: string;
      readonly from: number;
      readonly to: number;
      readonly codec: string;
    }
  /** The stream is there. */
  | { readonly kind: 'accept'; readonly id: number; readonly by: number }
  /** A piece of a value. `isLast`: this end has nothing more to say. */
  | {
      readonly kind: 'data';
      readonly id: number;
      readonly ofOpener: boolean;
      readonly continues: boolean;
      readonly isLast: boolean;
      readonly payload: Uint8Array;
    }
  /** This end has nothing more to say. */
  | { readonly kind: 'finish'; readonly id: number; readonly ofOpener: boolean }
  /** So much of what came has been read. 0: asks only whether the channel is known. */
  | { readonly kind: 'credit'; readonly id: number; readonly ofOpener: boolean; readonly bytes: number }
  | {
      readonly kind: 'abort';
      readonly id: number;
      readonly ofOpener: boolean;
      /** What a handler threw, and no word of ours. */
      readonly isHandlers: boolean;
      /** The instance that speaks; 0: the peer for itself. */
      readonly by: number;
      readonly code: string;
      readonly message: string;
      readonly detail: Uint8Array | undefined;
    }
  /** The sender had lost this peer and met it again: what it does not know any more is over. */
  | { readonly kind: 'reset'; readonly incarnation: number };

export type PostedKind = PostedFrame['kind'];

export interface Posted {
  readonly frame: Uint8Array;
  readonly body: Uint8Array | undefined;
}

export const POSTED_NUMBERS: Readonly<Record<PostedKind, number>> = {
  ask: 32,
  open: 33,
  accept: 34,
  data: 35,
  finish: 36,
  credit: 37,
  abort: 38,
  reset: 39,
};
const KINDS = new Map<number, PostedKind>(Object.entries(POSTED_NUMBERS).map(([kind, number]) => [number, kind as PostedKind]));

export const OF_OPENER = 1;
export const CONTINUES = 2;
export const IS_LAST = 4;
export const IS_BESIDE = 8;
export const IS_STREAM_WANTED = 16;
export const IS_HANDLERS = 32;
export const HAS_DETAIL = 64;

type Decoder = decoding.Decoder;

/** Total: never throws, whatever the bytes. A payload is a view into the frame or the body. */
export function decodePosted(bytes: Uint8Array, body: Uint8Array | undefined): Opened<PostedFrame> {
  return open(bytes, (kindNumber, from) => {
    const kind = KINDS.get(kindNumber);
    if (kind === undefined) return undefined;
    if (body !== undefined && kind !== 'ask' && kind !== 'data') throw new Error('a body where none belongs');
    return read(kind, from, body);
  });
}

/** The flags that each kind may have. */
const FLAGS_ALLOWED: Readonly<Record<Exclude<PostedKind, 'reset'>, number>> = {
  ask: CONTINUES | IS_BESIDE | IS_STREAM_WANTED,
  open: 0,
  accept: 0,
  data: OF_OPENER | CONTINUES | IS_LAST | IS_BESIDE,
  finish: OF_OPENER,
  credit: OF_OPENER,
  abort: OF_OPENER | IS_HANDLERS | HAS_DETAIL,
};

/** In the order in which they were written: an object's properties are read from the first to the last. */
function read(kind: PostedKind, from: Decoder, body: Uint8Array | undefined): PostedFrame {
  if (kind === 'reset') return { kind, incarnation: readCount(from) };
  const id = readCount(from);
  const flags = decoding.readUint8(from);
  if ((flags & ~FLAGS_ALLOWED[kind]) !== 0) throw new Error(`flags ${flags} on ${kind}`);
  const ofOpener = (flags & OF_OPENER) !== 0;
  const continues = (flags & CONTINUES) !== 0;
  switch (kind) {
    case 'ask':
      return {
        kind,
        id,
        name: readName(from),
        from: readCount(from),
        to: readCount(from),
        inputCodec: readText(from, CODEC_NAME_BYTES_MAX),
        outputCodec: readText(from, CODEC_NAME_BYTES_MAX),
        isStreamWanted: (flags & IS_STREAM_WANTED) !== 0,
        continues,
        payload: readPayload(from, flags, body),
      };
    case 'open':
      return { kind, id, name: readName(from), from: readCount(from), to: readCount(from), codec: readText(from, CODEC_NAME_BYTES_MAX) };
    case 'accept':
      return { kind, id, by: readCount(from) };
    case 'data':
      return { kind, id, ofOpener, continues, isLast: (flags & IS_LAST) !== 0, payload: readPayload(from, flags, body) };
    case 'finish':
      return { kind, id, ofOpener };
    case 'credit':
      return { kind, id, ofOpener, bytes: readCount(from) };
    case 'abort':
      return {
        kind,
        id,
        ofOpener,
        isHandlers: (flags & IS_HANDLERS) !== 0,
        by: readCount(from),
        code: readText(from, CODE_BYTES_MAX),
        message: readText(from, REASON_BYTES_MAX),
        detail: (flags & HAS_DETAIL) === 0 ? undefined : readBytes(from, DETAIL_BYTES_MAX),
      };
    default:
      return unreachable(kind);
  }
}

function readPayload(from: Decoder, flags: number, body: Uint8Array | undefined): Uint8Array {
  if (((flags & IS_BESIDE) !== 0) !== (body !== undefined)) throw new Error('a body that is missing, or one too many');
  if (body === undefined) return readBytes(from, LARGE_BYTES_MIN - 1);
  if (body.length > POSTED_PIECE_BYTES) throw new Error(`a piece of ${body.length} bytes`);
  // Not a Buffer, whose slice() would share memory where a Uint8Array's copies.
  return new Uint8Array(body.buffer, body.byteOffset, body.length);
}

function readName(from: Decoder): string {
  const name = readText(from, NAME_BYTES_MAX);
  if (!isName(name)) throw new Error('no name');
  return name;
}
