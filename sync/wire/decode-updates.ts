/**
 * Frames of updates as they mostly come: from who sent the last one, for the same document. What such a frame begins with is compared with how that
 * one began, in place of being read. Whatever is not just so, or not sound, is left to decode-frame.ts, which says what it is: this here never refuses
 * anything, and takes only what that takes, which a test compares.
 */

import { crc32 } from 'node:zlib';
import * as limits from '../limits.js';
import type { ReceivedFrame } from './frame.js';
import { KIND_NUMBERS } from './frame.js';

/** Where kind, and the length of the document's name, stand: magic, version, kind and sender come before it. */
const KIND_AT = 3;
const NAME_AT = KIND_AT + 1 + 8;
const CHECKSUM_BYTES = 4;
const NONE = -1;

export class UpdatesDecoder {
  #head: Uint8Array = new Uint8Array();
  #last: (Pick<ReceivedFrame, 'sender'> & { readonly document: string }) | undefined;
  #at = 0;

  /** `received`: what `bytes` were found to be, for the next one. */
  remember(bytes: Uint8Array, { sender, frame }: ReceivedFrame): void {
    if (frame.kind !== 'updates' || bytes[KIND_AT] !== KIND_NUMBERS.updates) return;
    this.#at = NAME_AT;
    const nameBytes = this.#count(bytes);
    if (nameBytes === NONE) return;
    this.#head = Uint8Array.prototype.slice.call(bytes, 0, this.#at + nameBytes); // not the message: that would be kept alive
    this.#last = { sender, document: frame.document };
  }

  /** Undefined where it has to be looked at properly. */
  decode(bytes: Uint8Array): ReceivedFrame | undefined {
    if (this.#last === undefined || bytes.length > limits.FRAME_BYTES_MAX || !this.#beginsAlike(bytes)) return undefined;
    const end = bytes.length - CHECKSUM_BYTES;
    if (end <= this.#head.length) return undefined;
    if (crc32(viewOf(bytes, 0, end)) !== checksumAt(bytes, end)) return undefined;
    this.#at = this.#head.length;
    const seq = this.#count(bytes);
    if (seq === NONE) return undefined;
    const updates = this.#updates(bytes, end);
    if (updates === undefined) return undefined;
    const { sender, document } = this.#last;
    return { sender, frame: { kind: 'updates', document, seq, updates } };
  }

  #beginsAlike(bytes: Uint8Array): boolean {
    const head = this.#head;
    // From the end: documents' names differ there, and senders' ids anywhere.
    for (let index = head.length - 1; index >= 0; index--) if (bytes[index] !== head[index]) return false;
    return true;
  }

  #updates(bytes: Uint8Array, end: number): Uint8Array[] | undefined {
    const count = this.#count(bytes);
    if (count === NONE || count > limits.UPDATES_IN_FRAME_MAX) return undefined;
    const updates: Uint8Array[] = [];
    let sum = 0;
    for (let index = 0; index < count; index++) {
      const length = this.#count(bytes);
      if (length === NONE || length > end - this.#at) return undefined;
      updates.push(viewOf(bytes, this.#at, length));
      this.#at += length;
      sum += length;
    }
    return this.#at === end && sum <= limits.FRAME_UPDATES_BYTES_MAX ? updates : undefined;
  }

  /** Reads on into the checksum where the bytes end early: then the end is not met, and nothing is made of it. */
  #count(bytes: Uint8Array): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 0x80) {
      const byte = bytes[this.#at];
      if (byte === undefined) return NONE;
      this.#at++;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? value : NONE;
    }
    return NONE;
  }
}

function checksumAt(bytes: Uint8Array, start: number): number {
  let checksum = 0;
  for (let byte = 0; byte < CHECKSUM_BYTES; byte++) checksum = checksum * 256 + (bytes[start + byte] as number);
  return checksum;
}

function viewOf(bytes: Uint8Array, start: number, length: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
}
