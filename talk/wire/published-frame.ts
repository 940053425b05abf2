/**
 * The frames that are published on the lane of messages, to bytes and back. Reading is total: what is not exactly one of these
 * is refused, whatever it is. It knows nothing of what the numbers mean. Spec: docs/TALKING.md.
 */

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { unreachable } from '../../src/base/errors.js';
import type { PeerId } from '../../src/base/ids.js';
import {
  CODEC_NAME_BYTES_MAX,
  LARGE_BYTES_MIN,
  MESSAGE_BYTES_MAX,
  NUMBER_MAX,
  OWN_KEYS_MAX,
  PIECE_BYTES_MAX,
  TALK_KEY_BYTES_MAX,
  VALUE_BYTES_MAX,
  VALUE_KEY_BYTES_MAX,
  VALUES_PARTS_MAX,
} from '../limits.js';
import { open, seal } from './envelope.js';
import type { Opened } from './envelope.js';
import type { Covering } from './covering.js';
import { GatheredFrame, MESSAGES_KIND } from './gathered-frame.js';
import { readBytes, readCount, readList, readText } from './reading.js';

export interface PublishedItem {
  /** The number of the instance within the sender. */
  readonly instance: number;
  readonly bytes: Uint8Array;
}

export interface PublishedValue {
  readonly instance: number;
  readonly key: string;
  readonly codec: string;
  /** Undefined: gone. */
  readonly bytes: Uint8Array | undefined;
}

export interface KeyTail {
  readonly key: string;
  readonly base: number;
  readonly number: number;
}

/** `base`: the sender has begun to count this key after it, and knows nothing of what was before. */
export type PublishedFrame =
  /** Messages `number`, `number` + 1, … of the key. */
  | {
      readonly kind: 'messages';
      readonly base: number;
      readonly number: number;
      readonly codec: string;
      readonly items: readonly PublishedItem[];
    }
  /** A part of one large message; the bytes are the body beside the frame. */
  | {
      readonly kind: 'piece';
      readonly base: number;
      readonly number: number;
      readonly codec: string;
      readonly instance: number;
      readonly index: number;
      readonly bytesTotal: number;
    }
  /** The last number of the key, once more. */
  | { readonly kind: 'tail'; readonly base: number; readonly number: number }
  /** The answer to a subscriber of topics: the last numbers of all keys that it asked for, the one used longest ago first. */
  | { readonly kind: 'baseline'; readonly keys: readonly KeyTail[] }
  /** What has changed since frame `number` - 1 of the name. */
  | { readonly kind: 'values'; readonly number: number; readonly values: readonly PublishedValue[] }
  /** The answer to a subscriber of values: all that stand after frame `number`; part `part` (from 0) of `parts`. */
  | {
      readonly kind: 'whole';
      readonly number: number;
      readonly part: number;
      readonly parts: number;
      readonly values: readonly PublishedValue[];
    };

export const PUBLISHED_KINDS = { messages: MESSAGES_KIND, piece: 2, tail: 3, baseline: 4, values: 5, whole: 6 } as const satisfies Record<
  PublishedFrame['kind'],
  number
>;

export function encodePublished(sender: PeerId, frame: PublishedFrame): Uint8Array {
  if (frame.kind === 'messages') return gather(sender, frame);
  return seal({ kind: PUBLISHED_KINDS[frame.kind], sender }, (to) => write(to, frame));
}

/** Total: never throws. */
export function decodePublished(bytes: Uint8Array): Opened<PublishedFrame> {
  return open(bytes, read);
}

export function piecesOf(bytesTotal: number): number {
  return Math.ceil(bytesTotal / PIECE_BYTES_MAX);
}

type MessagesFrame = Extract<PublishedFrame, { kind: 'messages' }>;

function gather(sender: PeerId, { base, number, codec, items }: MessagesFrame): Uint8Array {
  const gathered = new GatheredFrame(sender, { key: '', base, number, codec, bytesExpected: 0 });
  for (const { instance, bytes } of items) gathered.add(instance, bytes);
  return gathered.finish();
}

function write(to: encoding.Encoder, frame: Exclude<PublishedFrame, MessagesFrame>): void {
  switch (frame.kind) {
    case 'piece':
      writeNumbers(to, frame);
      encoding.writeVarString(to, frame.codec);
      encoding.writeVarUint(to, frame.instance);
      encoding.writeVarUint(to, frame.index);
      return encoding.writeVarUint(to, frame.bytesTotal);
    case 'tail':
      return writeNumbers(to, frame);
    case 'baseline':
      encoding.writeVarUint(to, frame.keys.length);
      return frame.keys.forEach((tail) => {
        encoding.writeVarString(to, tail.key);
        writeNumbers(to, tail);
      });
    case 'values':
      encoding.writeVarUint(to, frame.number);
      return frame.values.forEach((value) => writeValue(to, value));
    case 'whole':
      encoding.writeVarUint(to, frame.number);
      encoding.writeVarUint(to, frame.part);
      encoding.writeVarUint(to, frame.parts);
      return frame.values.forEach((value) => writeValue(to, value));
    default:
      unreachable(frame);
  }
}

/** The number as what it is above the base: both stay small for as long as nothing is forgotten. */
function writeNumbers(to: encoding.Encoder, { base, number }: { readonly base: number; readonly number: number }): void {
  encoding.writeVarUint(to, base);
  encoding.writeVarUint(to, number - base);
}

function writeValue(to: encoding.Encoder, { instance, key, codec, bytes }: PublishedValue): void {
  encoding.writeVarUint(to, instance);
  encoding.writeVarString(to, key);
  encoding.writeVarString(to, codec);
  encoding.writeUint8(to, bytes === undefined ? 0 : 1);
  if (bytes !== undefined) encoding.writeVarUint8Array(to, bytes);
}

function read(kind: number, from: decoding.Decoder, covering: Covering): PublishedFrame | undefined {
  switch (kind) {
    case PUBLISHED_KINDS.messages: {
      const { base, number } = readNumbers(from, 1);
      return { kind: 'messages', base, number, codec: readText(from, CODEC_NAME_BYTES_MAX), items: readItems(from, covering) };
    }
    case PUBLISHED_KINDS.piece:
      return readPiece(from);
    case PUBLISHED_KINDS.tail:
      return { kind: 'tail', ...readNumbers(from, 1) };
    case PUBLISHED_KINDS.baseline: {
      const keys = readList(from, OWN_KEYS_MAX, () => ({ key: readText(from, TALK_KEY_BYTES_MAX), ...readNumbers(from, 0) }));
      return { kind: 'baseline', keys };
    }
    case PUBLISHED_KINDS.values:
      return { kind: 'values', number: readCount(from, NUMBER_MAX), values: readValues(from) };
    case PUBLISHED_KINDS.whole: {
      const [number, part, parts] = [readCount(from, NUMBER_MAX), readCount(from), readCount(from, VALUES_PARTS_MAX)];
      if (part >= parts) throw new RangeError(`part ${part} of ${parts}`);
      return { kind: 'whole', number, part, parts, values: readValues(from) };
    }
    default:
      return undefined;
  }
}

function readPiece(from: decoding.Decoder): PublishedFrame {
  const numbers = readNumbers(from, 1);
  const codec = readText(from, CODEC_NAME_BYTES_MAX);
  const [instance, index, bytesTotal] = [readCount(from), readCount(from), readCount(from, MESSAGE_BYTES_MAX)];
  if (index >= piecesOf(bytesTotal)) throw new RangeError(`piece ${index} of ${bytesTotal} bytes`);
  return { kind: 'piece', ...numbers, codec, instance, index, bytesTotal };
}

function readNumbers(from: decoding.Decoder, aboveMin: number): { readonly base: number; readonly number: number } {
  const base = readCount(from, NUMBER_MAX);
  const above = readCount(from, NUMBER_MAX);
  if (above < aboveMin) throw new RangeError(`number ${above} above its base`);
  return { base, number: base + above };
}

function readItems(from: decoding.Decoder, covering: Covering): PublishedItem[] {
  const items: PublishedItem[] = [];
  const { length } = from.arr;
  while (from.pos < length) {
    const instance = readCount(from);
    const bytes = readBytes(from, LARGE_BYTES_MIN);
    covering.value(from.arr, from.pos - bytes.length, bytes.length);
    items.push({ instance, bytes });
  }
  if (items.length === 0) throw new RangeError('no messages');
  return items;
}

function readValues(from: decoding.Decoder): PublishedValue[] {
  const values: PublishedValue[] = [];
  while (decoding.hasContent(from)) values.push(readValue(from));
  return values;
}

function readValue(from: decoding.Decoder): PublishedValue {
  const instance = readCount(from);
  const key = readText(from, VALUE_KEY_BYTES_MAX);
  const codec = readText(from, CODEC_NAME_BYTES_MAX);
  const isThere = readCount(from, 1) === 1;
  return { instance, key, codec, bytes: isThere ? readBytes(from, VALUE_BYTES_MAX) : undefined };
}
