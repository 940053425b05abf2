/**
 * Puts large messages together again. Of each sender and key one at a time: as soon as a later number is heard, what is not whole
 * never will be, and is counted as missed by whoever follows the numbers. A message of one piece is handed on as it came, uncopied.
 */

import type { PeerId } from '../../src/base/ids.js';
import { PARTIAL_BYTES_MAX, PARTIAL_MESSAGES_MAX, PIECE_BYTES_MAX } from '../limits.js';
import { piecesOf } from '../wire/published-frame.js';
import type { PublishedFrame } from '../wire/published-frame.js';

type Piece = Extract<PublishedFrame, { kind: 'piece' }>;

interface Partial {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly isThere: Uint8Array;
  left: number;
}

export class Assembly {
  readonly #partials = new Map<PeerId, Map<string, Partial>>();
  #count = 0;
  #bytes = 0;

  get byteLength(): number {
    return this.#bytes;
  }

  /** The whole message once its last piece is here. `refused`: the body is not what the frame says, or there is no room. */
  add(from: PeerId, key: string, piece: Piece, body: Uint8Array | undefined): Uint8Array | 'refused' | undefined {
    const { number, index, bytesTotal } = piece;
    const begin = index * PIECE_BYTES_MAX;
    if (body === undefined || body.length !== Math.min(PIECE_BYTES_MAX, bytesTotal - begin)) return 'refused';
    if (piecesOf(bytesTotal) === 1) return body;
    let partial = this.#partials.get(from)?.get(key);
    if (partial !== undefined && number < partial.number) return undefined;
    if (partial?.number !== number) {
      this.passed(from, key, number);
      partial = this.#begin(from, key, number, bytesTotal);
      if (partial === undefined) return 'refused';
    }
    if (partial.bytes.length !== bytesTotal) return 'refused';
    if (partial.isThere[index] === 1) return undefined;
    partial.isThere[index] = 1;
    partial.bytes.set(body, begin);
    if (--partial.left > 0) return undefined;
    this.passed(from, key, number);
    return partial.bytes;
  }

  /** The sender has gone on past this number: what is not whole up to it is given up. */
  passed(from: PeerId, key: string, number: number): void {
    const partials = this.#partials.get(from);
    const partial = partials?.get(key);
    if (partials === undefined || partial === undefined || partial.number > number) return;
    partials.delete(key);
    if (partials.size === 0) this.#partials.delete(from);
    this.#count--;
    this.#bytes -= partial.bytes.length;
  }

  /** Gives up what is under way: all of a sender, or of one that nobody here listens to any longer. */
  drop(isGone: (from: PeerId, key: string) => boolean): void {
    for (const [from, partials] of this.#partials) {
      for (const key of partials.keys()) if (isGone(from, key)) this.passed(from, key, Infinity);
    }
  }

  #begin(from: PeerId, key: string, number: number, bytesTotal: number): Partial | undefined {
    if (this.#count >= PARTIAL_MESSAGES_MAX || this.#bytes + bytesTotal > PARTIAL_BYTES_MAX) return undefined;
    const left = piecesOf(bytesTotal);
    const partial = { number, bytes: new Uint8Array(bytesTotal), isThere: new Uint8Array(left), left };
    const partials = this.#partials.get(from) ?? new Map<string, Partial>();
    this.#partials.set(from, partials.set(key, partial));
    this.#count++;
    this.#bytes += bytesTotal;
    return partial;
  }
}
