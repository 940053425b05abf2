/**
 * Writes posts of one sender, in memory that is kept for the next: one allocation for each frame. A request is a frame there and a
 * frame back, so this is on the shortest path that there is. The encodings are lib0's (7 bits at a time, lengths before bytes).
 */

import { crc32 } from 'node:zlib';
import { unreachable } from '../../src/base/errors.js';
import type { PeerId } from '../../src/base/ids.js';
import { LARGE_BYTES_MIN } from '../limits.js';
import { MAGIC_0, MAGIC_1, TALK_VERSION } from './envelope.js';
import { CONTINUES, HAS_DETAIL, IS_BESIDE, IS_HANDLERS, IS_LAST, IS_STREAM_WANTED, OF_OPENER, POSTED_NUMBERS } from './posted-frame.js';
import type { Posted, PostedFrame } from './posted-frame.js';

const HEAD_BYTES = 12;
const KIND_AT = 3;
const NUMBER_BYTES = 8;
const CHECKSUM_BYTES = 4;
const FIRST_BYTES = 1024;

export class PostedWriter {
  #memory: Buffer;
  #at = HEAD_BYTES;

  constructor(sender: PeerId) {
    this.#memory = Buffer.alloc(FIRST_BYTES);
    this.#memory.set([MAGIC_0, MAGIC_1, TALK_VERSION, 0]);
    this.#memory.write(sender, KIND_AT + 1, 'hex');
  }

  /** The bytes of a small payload are copied, those of a large one are not. */
  encode(frame: PostedFrame): Posted {
    const body = 'payload' in frame && frame.payload.length >= LARGE_BYTES_MIN ? frame.payload : undefined;
    this.#at = HEAD_BYTES;
    this.#memory[KIND_AT] = POSTED_NUMBERS[frame.kind];
    this.#write(frame, body !== undefined);
    return { frame: this.#sealed(), body };
  }

  #write(frame: PostedFrame, isBeside: boolean): void {
    if (frame.kind === 'reset') return this.#number(frame.incarnation);
    this.#number(frame.id);
    this.#byte(flagsOf(frame, isBeside));
    switch (frame.kind) {
      case 'ask':
        this.#text(frame.name);
        this.#number(frame.from);
        this.#number(frame.to);
        this.#text(frame.inputCodec);
        this.#text(frame.outputCodec);
        return isBeside ? undefined : this.#bytes(frame.payload);
      case 'open':
        this.#text(frame.name);
        this.#number(frame.from);
        this.#number(frame.to);
        return this.#text(frame.codec);
      case 'accept':
        return this.#number(frame.by);
      case 'data':
        return isBeside ? undefined : this.#bytes(frame.payload);
      case 'finish':
        return undefined;
      case 'credit':
        return this.#number(frame.bytes);
      case 'abort':
        this.#number(frame.by);
        this.#text(frame.code);
        this.#text(frame.message);
        return frame.detail === undefined ? undefined : this.#bytes(frame.detail);
      default:
        return unreachable(frame);
    }
  }

  #sealed(): Uint8Array {
    this.#reserve(CHECKSUM_BYTES);
    this.#memory.writeUInt32BE(crc32(this.#memory.subarray(0, this.#at)), this.#at);
    // A copy of its own, not of a Buffer's pool: it goes to another thread, and lives as long as that needs it.
    return Uint8Array.prototype.slice.call(this.#memory, 0, this.#at + CHECKSUM_BYTES);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#memory[this.#at++] = byte;
  }

  #number(number: number): void {
    this.#reserve(NUMBER_BYTES);
    let rest = number;
    // Not by shifts: ids may grow above 2^32.
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#memory[this.#at++] = 0x80 | (rest % 0x80);
    this.#memory[this.#at++] = rest;
  }

  #text(text: string): void {
    const size = Buffer.byteLength(text);
    this.#number(size);
    this.#reserve(size);
    this.#at += this.#memory.write(text, this.#at, 'utf8');
  }

  #bytes(bytes: Uint8Array): void {
    this.#number(bytes.length);
    this.#reserve(bytes.length);
    this.#memory.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#memory.length) return;
    const grown = Buffer.alloc(Math.max(this.#at + count, this.#memory.length * 2));
    this.#memory.copy(grown, 0, 0, this.#at);
    this.#memory = grown;
  }
}

function flagsOf(frame: Exclude<PostedFrame, { kind: 'reset' }>, isBeside: boolean): number {
  let flags = isBeside ? IS_BESIDE : 0;
  if ('ofOpener' in frame && frame.ofOpener) flags |= OF_OPENER;
  if ('continues' in frame && frame.continues) flags |= CONTINUES;
  if (frame.kind === 'data' && frame.isLast) flags |= IS_LAST;
  if (frame.kind === 'ask' && frame.isStreamWanted) flags |= IS_STREAM_WANTED;
  if (frame.kind === 'abort') flags |= (frame.isHandlers ? IS_HANDLERS : 0) | (frame.detail === undefined ? 0 : HAS_DETAIL);
  return flags;
}
