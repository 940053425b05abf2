/**
 * The trial of decision 24, which is in no product: a ring for frames in mapped memory, one writer, one reader, copied in and out. It trusts
 * both ends, as no product could.
 *
 *   words: [0] frames put │ [1] frames taken │ [2] whether the reader sleeps │ … │ slots, each behind its length
 */

import { closeSync, openSync, writeFileSync } from 'node:fs';

import { loadMapping } from '../../dist/esm/src/mapped/memory.js';

const SLOTS = 64;
const SLOT_BYTES = 128 * 1024;
const HEAD_BYTES = 64;

export class Ring {
  /** @param {Int32Array} words */
  constructor(words) {
    this.words = words;
    this.bytes = new Uint8Array(words.buffer);
  }

  /** @param {string} path */
  static async make(path) {
    const byteLength = HEAD_BYTES + SLOTS * SLOT_BYTES;
    writeFileSync(path, new Uint8Array(byteLength), { mode: 0o600 });
    return new Ring(await mapWords(path, byteLength));
  }

  /** @param {string} path */
  static async open(path) {
    return new Ring(await mapWords(path, HEAD_BYTES + SLOTS * SLOT_BYTES));
  }

  /** False where it is full. @param {Uint8Array} frame */
  put(frame) {
    const head = Atomics.load(this.words, 0);
    if (head - Atomics.load(this.words, 1) >= SLOTS) return false;
    const at = HEAD_BYTES + (head % SLOTS) * SLOT_BYTES;
    this.words[at / 4] = frame.length;
    this.bytes.set(frame, at + 4);
    Atomics.store(this.words, 0, head + 1);
    return true;
  }

  take() {
    const tail = Atomics.load(this.words, 1);
    if (Atomics.load(this.words, 0) === tail) return undefined;
    const at = HEAD_BYTES + (tail % SLOTS) * SLOT_BYTES;
    const frame = this.bytes.slice(at + 4, at + 4 + (this.words[at / 4] ?? 0));
    Atomics.store(this.words, 1, tail + 1);
    return frame;
  }

  /** The reader: whether there is nothing, and the bell will ring for what comes. */
  sleep() {
    Atomics.store(this.words, 2, 1);
    if (Atomics.load(this.words, 0) === Atomics.load(this.words, 1)) return true;
    Atomics.store(this.words, 2, 0);
    return false;
  }

  /** The writer: whether the reader sleeps; then it is to be rung for, once. */
  wantsBell() {
    return Atomics.exchange(this.words, 2, 0) === 1;
  }
}

/** A file as words that others have mapped too. @param {string} path @param {number} byteLength */
export async function mapWords(path, byteLength) {
  const descriptor = openSync(path, 'r+');
  const { words } = (await loadMapping()).map(descriptor, byteLength, 'write');
  closeSync(descriptor);
  return words;
}
