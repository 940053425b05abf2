/**
 * A frame in which messages of one key and codec gather, written as they are published: once, into the memory that goes to the
 * transport. In front of it lies its key with the zero that ends it, as ZeroMQ carries them (sync/zeromq/envelope.ts), so that
 * nothing of it is copied again. How long the last frame of the key was tells how much memory this one will need.
 */

import type { PeerId } from '../../src/base/ids.js';
import { GATHERED_BYTES_MAX, LARGE_BYTES_MIN } from '../limits.js';
import { Covering } from './covering.js';
import { CHECKSUM_BYTES, HEAD_BYTES, MAGIC_0, MAGIC_1, TALK_VERSION } from './envelope.js';

export const MESSAGES_KIND = 1;

/** The longest number in 7 bits at a time. */
const NUMBER_BYTES = 8;
/** What a message may need beside its bytes, and the end of the frame. */
const SPARE_BYTES = 2 * NUMBER_BYTES + CHECKSUM_BYTES;

export interface FrameBegin {
  readonly key: string;
  readonly base: number;
  readonly number: number;
  readonly codec: string;
  /** So long it will be, if it is like the one before. */
  readonly bytesExpected: number;
}

export class GatheredFrame {
  readonly codec: string;
  readonly #start: number;
  readonly #covering: Covering;
  #memory: Buffer;
  #at: number;
  #count = 0;

  constructor(sender: PeerId, { key, base, number, codec, bytesExpected }: FrameBegin) {
    this.codec = codec;
    this.#start = key.length + 1;
    this.#covering = new Covering(this.#start);
    const codecBytes = Buffer.byteLength(codec);
    const begunBytes = this.#start + HEAD_BYTES + 3 * NUMBER_BYTES + codecBytes;
    this.#memory = Buffer.allocUnsafe(Math.max(begunBytes, this.#start + bytesExpected) + SPARE_BYTES);
    this.#memory.write(key, 0, 'latin1');
    this.#memory[key.length] = 0;
    this.#at = this.#start;
    this.#memory[this.#at++] = MAGIC_0;
    this.#memory[this.#at++] = MAGIC_1;
    this.#memory[this.#at++] = TALK_VERSION;
    this.#memory[this.#at++] = MESSAGES_KIND;
    this.#at += this.#memory.write(sender, this.#at, 'hex');
    this.#number(base);
    this.#number(number - base);
    this.#number(codecBytes);
    this.#at += this.#memory.write(codec, this.#at, 'utf8');
  }

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#at - this.#start + CHECKSUM_BYTES;
  }

  hasRoomFor(bytes: Uint8Array): boolean {
    return this.#count === 0 || this.byteLength + bytes.length <= GATHERED_BYTES_MAX;
  }

  /** Copies the bytes. */
  add(instance: number, bytes: Uint8Array): void {
    this.#reserve(bytes.length + SPARE_BYTES);
    this.#count++;
    this.#number(instance);
    this.#number(bytes.length);
    this.#covering.value(this.#memory, this.#at, bytes.length);
    this.#memory.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  finish(): Uint8Array {
    const { buffer, byteOffset } = this.#memory;
    this.#memory.writeUInt32BE(this.#covering.finish(this.#memory, this.#at), this.#at);
    return new Uint8Array(buffer, byteOffset + this.#start, this.byteLength);
  }

  /** Not by shifts: numbers may grow above 2^32. */
  #number(number: number): void {
    let rest = number;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#memory[this.#at++] = 0x80 | (rest % 0x80);
    this.#memory[this.#at++] = rest;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#memory.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(this.#memory.length * 2, GATHERED_BYTES_MAX + LARGE_BYTES_MIN)));
    grown.set(this.#memory.subarray(0, this.#at));
    this.#memory = grown;
  }
}
