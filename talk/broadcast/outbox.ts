/**
 * What this peer has published and not yet handed to the transport, in order: frames in which messages gather, and pieces of large
 * ones. Numbers are given here, at the call; frames are closed when they go. Small payloads are copied, large ones never.
 */

import { SocommError } from '../../src/base/errors.js';
import type { PeerId } from '../../src/base/ids.js';
import { LARGE_BYTES_MIN, MESSAGE_BYTES_MAX, UNSENT_BYTES_MAX, PIECE_BYTES_MAX } from '../limits.js';
import type { Published } from '../pump.js';
import { GatheredFrame } from '../wire/gathered-frame.js';
import { encodePublished, piecesOf } from '../wire/published-frame.js';
import type { OwnKey, OwnKeys } from './own-keys.js';

/** What a waiting frame costs beside its payloads. */
const FRAME_COST_BYTES = 256;

interface Gathering {
  readonly kind: 'gathering';
  readonly own: OwnKey;
  readonly frame: GatheredFrame;
  /** The number of its last message. */
  last: number;
  costBytes: number;
}

interface Piece {
  readonly kind: 'piece';
  readonly own: OwnKey;
  readonly number: number;
  readonly codec: string;
  readonly instance: number;
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Of the whole message. */
  readonly bytesTotal: number;
  readonly costBytes: number;
}

type Waiting = Gathering | Piece;

export interface OutboxMessage {
  readonly codec: string;
  readonly bytes: Uint8Array;
}

export class Outbox {
  readonly #self: PeerId;
  readonly #keys: OwnKeys;
  #waiting: Waiting[] = [];
  /** The first `#gone` of them have been handed over. */
  #gone = 0;
  /** Of each key, the frame that still takes messages; the one opened last stands beside the others: mostly it is the only one. */
  readonly #open = new Map<string, Gathering>();
  #newest: Gathering | undefined;
  #costBytes = 0;
  /** Frames taken in, and handed over, since the beginning. */
  #taken = 0;
  #handed = 0;
  #isMidway = false;

  constructor(self: PeerId, keys: OwnKeys) {
    this.#self = self;
    this.#keys = keys;
  }

  get costBytes(): number {
    return this.#costBytes;
  }

  /** So many frames have been taken in; once as many are handed over, all is that was published until now. */
  get taken(): number {
    return this.#taken;
  }

  get handed(): number {
    return this.#handed;
  }

  /** A large message has been begun and not ended: its number cannot be told yet. */
  get isMidway(): boolean {
    return this.#isMidway;
  }

  /** Throws `SOCOMM_TOO_LARGE`, `SOCOMM_QUEUE_FULL`. */
  static check(bytes: Uint8Array, waitingBytes: number): void {
    if (bytes.length > MESSAGE_BYTES_MAX) {
      const message = `a message of ${bytes.length} bytes: at most ${MESSAGE_BYTES_MAX}; send it as a stream, or in parts`;
      throw new SocommError('SOCOMM_TOO_LARGE', message);
    }
    if (waitingBytes > 0 && waitingBytes + bytes.length > UNSENT_BYTES_MAX) {
      const message = `${waitingBytes} bytes wait to be sent: wait for drained() before more is published`;
      throw new SocommError('SOCOMM_QUEUE_FULL', message);
    }
  }

  /** `instance`: the number of the one that publishes. */
  add(key: string, instance: number, message: OutboxMessage): void {
    if (message.bytes.length < LARGE_BYTES_MIN) this.#gather(key, instance, message);
    else this.#cut(key, instance, message);
  }

  /** What is to go now. */
  next(): Published | undefined {
    const waiting = this.#waiting[this.#gone];
    if (waiting === undefined) return undefined;
    this.#gone++;
    if (this.#waiting.length === 1) {
      this.#waiting.pop(); // keeps its memory
      this.#gone = 0;
    } else if (this.#gone === this.#waiting.length) [this.#waiting, this.#gone] = [[], 0];
    else if (this.#gone >= 1024) [this.#waiting, this.#gone] = [this.#waiting.slice(this.#gone), 0];
    this.#handed++;
    this.#costBytes -= waiting.costBytes;
    return waiting.kind === 'piece' ? this.#piece(waiting) : this.#gathered(waiting);
  }

  #gather(key: string, instance: number, { codec, bytes }: OutboxMessage): void {
    let open = this.#newest?.own.key === key ? this.#newest : this.#open.get(key);
    if (open === undefined || open.frame.codec !== codec || !open.frame.hasRoomFor(bytes)) open = this.#begin(key, codec);
    open.frame.add(instance, bytes);
    open.last = ++open.own.number;
    open.costBytes += bytes.length;
    this.#costBytes += bytes.length;
  }

  #begin(key: string, codec: string): Gathering {
    this.#close(key);
    if (this.#newest !== undefined) this.#open.set(this.#newest.own.key, this.#newest);
    const own = this.#keys.use(key);
    const begin = { key, base: own.base, number: own.number + 1, codec, bytesExpected: own.frameBytes };
    const frame = new GatheredFrame(this.#self, begin);
    const begun: Gathering = { kind: 'gathering', own, frame, last: own.number, costBytes: FRAME_COST_BYTES };
    this.#newest = begun;
    this.#push(begun);
    return begun;
  }

  /** The frame of this key takes no more. */
  #close(key: string): void {
    if (this.#newest?.own.key === key) this.#newest = undefined;
    else if (this.#open.size > 0) this.#open.delete(key);
  }

  #cut(key: string, instance: number, { codec, bytes }: OutboxMessage): void {
    this.#close(key);
    const own = this.#keys.use(key);
    const number = ++own.number;
    for (let index = 0; index < piecesOf(bytes.length); index++) {
      const piece = bytes.subarray(index * PIECE_BYTES_MAX, (index + 1) * PIECE_BYTES_MAX);
      const costBytes = FRAME_COST_BYTES + piece.length;
      this.#push({ kind: 'piece', own, number, codec, instance, index, bytes: piece, bytesTotal: bytes.length, costBytes });
    }
  }

  #push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#taken++;
    this.#costBytes += waiting.costBytes;
  }

  #gathered(waiting: Gathering): Published {
    const { own, frame, last } = waiting;
    if (this.#newest === waiting) this.#newest = undefined;
    else if (this.#open.get(own.key) === waiting) this.#open.delete(own.key);
    own.sent = last;
    own.frameBytes = frame.byteLength;
    return { key: own.key, frame: frame.finish() };
  }

  #piece({ own, number, codec, instance, index, bytes, bytesTotal }: Piece): Published {
    const isLast = index === piecesOf(bytesTotal) - 1;
    this.#isMidway = !isLast;
    if (isLast) own.sent = number;
    const frame = encodePublished(this.#self, { kind: 'piece', base: own.base, number, codec, instance, index, bytesTotal });
    return { key: own.key, frame, body: bytes };
  }
}
