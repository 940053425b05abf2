/**
 * What one end of a channel says: values in order, each in pieces, then that nothing follows. A value may begin while less than
 * a window of what went out before is unread at the other end; one that has begun goes on, for the other end needs all of it.
 * It never waits by itself: it takes its turns on the lane of its peer.
 */

import { LARGE_BYTES_MIN, POSTED_PIECE_BYTES, VALUE_COST_BYTES, WINDOW_BYTES } from '../limits.js';
import type { Posted } from '../wire/posted-frame.js';
import type { PieceSource, PostLane } from './post-lane.js';

export interface OutgoingHost {
  readonly link: { readonly lane: PostLane };
  encode(said: Said): Posted;
  /** There is room again, after there was none. */
  roomMade(): void;
  /** All is said, and handed over. */
  allSaid(): void;
}

export type Said =
  | { readonly kind: 'data'; readonly continues: boolean; readonly isLast: boolean; readonly payload: Uint8Array }
  | { readonly kind: 'finish' };

export interface SendOptions {
  /** Nothing follows. */
  readonly isLast?: boolean;
  /** Bytes without bounds of their own: each piece is a value. */
  readonly isDivisible?: boolean;
}

interface Unsent {
  readonly bytes: Uint8Array;
  /** How much of it went out. */
  sentBytes: number;
  readonly isLast: boolean;
  readonly isDivisible: boolean;
}

export class Outgoing implements PieceSource {
  readonly #host: OutgoingHost;
  readonly #queue: Unsent[] = [];
  /** The first of the queue that is not out. */
  #head = 0;
  #unreadBytes = 0;
  #unsentBytes = 0;
  #mustTellRoom = false;
  /** The piece that went out last was the end. */
  #wasLast = false;
  #state: 'open' | 'finishing' | 'finished' = 'open';

  constructor(host: OutgoingHost) {
    this.#host = host;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  get isFinished(): boolean {
    return this.#state === 'finished';
  }

  /** Whether one more may be said without adding to what waits. Where not, the host hears when. */
  get isRoomy(): boolean {
    const isRoomy = this.#isEmpty && this.#unreadBytes < WINDOW_BYTES;
    if (!isRoomy) this.#mustTellRoom = true;
    return isRoomy;
  }

  /** Bytes below LARGE_BYTES_MIN are copied before this returns; more must not be changed afterwards. */
  send(bytes: Uint8Array, { isLast = false, isDivisible = false }: SendOptions = {}): void {
    if (this.#state !== 'open') return;
    if (isLast) this.#state = 'finishing';
    if (isLast && this.#isEmpty && this.#unreadBytes === 0 && bytes.length < LARGE_BYTES_MIN) {
      // The only answer, or the last: one per channel at most, so it need not take turns.
      this.#host.link.lane.say(this.#host.encode({ kind: 'data', continues: false, isLast, payload: bytes }));
      return this.#finish();
    }
    const kept = bytes.length < LARGE_BYTES_MIN ? new Uint8Array(bytes) : bytes;
    this.#queue.push({ bytes: kept, sentBytes: 0, isLast, isDivisible });
    this.#unsentBytes += bytes.length;
    this.#takeTurn();
  }

  /** The rest of a value whose first piece went another way. */
  sendRest(bytes: Uint8Array, sentBytes: number): void {
    this.#state = 'finishing';
    this.#queue.push({ bytes, sentBytes, isLast: true, isDivisible: false });
    this.#unsentBytes += bytes.length - sentBytes;
    this.#takeTurn();
  }

  finish(): void {
    if (this.#state !== 'open') return;
    this.#state = 'finishing';
    if (!this.#isEmpty) return; // it goes behind the last piece
    this.#host.link.lane.say(this.#host.encode({ kind: 'finish' }));
    this.#finish();
  }

  /** Said by someone else: what opened the channel held all of it. */
  finishedElsewhere(): void {
    this.#state = 'finished';
  }

  /** The other end has read so much. */
  granted(bytes: number): void {
    this.#unreadBytes = Math.max(0, this.#unreadBytes - bytes);
    this.#takeTurn();
    this.#tellRoom();
  }

  /** What waits is dropped. */
  stop(): void {
    this.#state = 'finished';
    this.#queue.length = 0;
    this.#head = this.#unsentBytes = 0;
    this.#host.link.lane.leave(this);
  }

  nextPiece(): Posted | undefined {
    const unsent = this.#queue[this.#head];
    if (unsent === undefined || !this.#mayGo(unsent)) return undefined;
    const { bytes, sentBytes, isDivisible } = unsent;
    const payload = bytes.length <= POSTED_PIECE_BYTES ? bytes : bytes.subarray(sentBytes, sentBytes + POSTED_PIECE_BYTES);
    unsent.sentBytes += payload.length;
    this.#unsentBytes -= payload.length;
    this.#unreadBytes += payload.length + (sentBytes === 0 || isDivisible ? VALUE_COST_BYTES : 0);
    const isWhole = unsent.sentBytes === bytes.length;
    if (isWhole) this.#shift();
    const isLast = isWhole && unsent.isLast;
    this.#wasLast = isLast;
    return this.#host.encode({ kind: 'data', continues: !isWhole && !isDivisible, isLast, payload });
  }

  pieceWent(): void {
    if (this.#state === 'finished') return;
    if (this.#wasLast) return this.#finish();
    this.#takeTurn();
    if (this.#isEmpty && this.#state === 'finishing') {
      this.#host.link.lane.say(this.#host.encode({ kind: 'finish' }));
      return this.#finish();
    }
    this.#tellRoom();
  }

  get #isEmpty(): boolean {
    return this.#head === this.#queue.length;
  }

  #mayGo({ sentBytes, isDivisible }: Unsent): boolean {
    return (sentBytes > 0 && !isDivisible) || this.#unreadBytes < WINDOW_BYTES;
  }

  #takeTurn(): void {
    const unsent = this.#queue[this.#head];
    if (unsent !== undefined && this.#mayGo(unsent)) this.#host.link.lane.enter(this);
  }

  #shift(): void {
    this.#queue[this.#head++] = undefined as unknown as Unsent;
    if (this.#head < 64 && this.#head < this.#queue.length) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }

  #tellRoom(): void {
    if (!this.#mustTellRoom || !this.isRoomy) return;
    this.#mustTellRoom = false;
    this.#host.roomMade();
  }

  #finish(): void {
    this.#state = 'finished';
    this.#host.allSaid();
  }
}
