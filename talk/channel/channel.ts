/**
 * One end of an exchange between two instances: a request with its answers, or a stream. Two halves, each of which says values
 * and then that it has finished; when both have, or when anything fails, the channel is over and its owner hears so, once.
 *
 *   opener  ask ─────────────► acceptor        opener  open ───► acceptor
 *           ◄──── data … finish                        ◄── accept
 *           credit ──────────►                         data ⇄ data, credit ⇄ credit, finish ⇄ finish
 *
 * abort, from either end at any time, ends it. Whoever does not know a channel answers so, hence no end waits for ever.
 */

import type { InstanceId } from '../../src/base/ids.js';
import type { Posted } from '../wire/posted-frame.js';
import { trimmed } from './failure.js';
import type { Failure } from './failure.js';
import { Incoming } from './incoming.js';
import type { Arrival, IncomingHost } from './incoming.js';
import type { Link } from './link.js';
import { Outgoing } from './outgoing.js';
import type { OutgoingHost, Said, SendOptions } from './outgoing.js';

/** Whoever uses an end. None of these may throw; each may use the channel at once. */
export interface ChannelOwner {
  /** The stream that was asked for is there. */
  accepted(): void;
  /** A value can be taken, or none will come any more (`isReadOut`). */
  readable(): void;
  /** There is room again, after `isRoomy` was asked and said no; or all has been handed over (`isAllSaid`). */
  writable(): void;
  /** It is over. Undefined: both ends had finished; what is unread can still be taken. Not told to who ends it himself. */
  ended(failure: Failure | undefined): void;
}

export interface ChannelEnds {
  readonly id: number;
  readonly isOpener: boolean;
  readonly own: InstanceId;
  /** Undefined while nobody of the peer that was asked has said who he is. */
  readonly other: InstanceId | undefined;
}

/** The last methods are for its halves. */
export class Channel implements OutgoingHost, IncomingHost {
  readonly id: number;
  readonly link: Link;
  readonly isOpener: boolean;
  readonly own: InstanceId;
  other: InstanceId | undefined;
  readonly #owner: ChannelOwner;
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  #isOver = false;

  constructor(link: Link, { id, isOpener, own, other }: ChannelEnds, owner: ChannelOwner) {
    this.id = id;
    this.link = link;
    this.isOpener = isOpener;
    this.own = own;
    this.other = other;
    this.#owner = owner;
    this.#outgoing = new Outgoing(this);
    this.#incoming = new Incoming(this);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isRoomy(): boolean {
    return this.#outgoing.isRoomy;
  }

  get unsentBytes(): number {
    return this.#outgoing.unsentBytes;
  }

  /** We have finished, and all that we said has been handed over. */
  get isAllSaid(): boolean {
    return this.#outgoing.isFinished;
  }

  /** Nothing more will come, and all that came has been taken. */
  get isReadOut(): boolean {
    return this.#incoming.isReadOut;
  }

  take(): Uint8Array | undefined {
    return this.#incoming.take();
  }

  /** Queued without waiting; see `isRoomy`. Small bytes are copied, large ones (LARGE_BYTES_MIN) must not be changed afterwards. */
  send(bytes: Uint8Array, options?: SendOptions): void {
    if (!this.#isOver) this.#outgoing.send(bytes, options);
  }

  finish(): void {
    if (!this.#isOver) this.#outgoing.finish();
  }

  /** The opening frame held the input up to here; nothing follows it. */
  sendRest(bytes: Uint8Array, sentBytes: number): void {
    if (sentBytes < bytes.length) this.#outgoing.sendRest(bytes, sentBytes);
    else this.#outgoing.finishedElsewhere();
  }

  /** Ends it here and at the other end. What waits is dropped; the owner is not told. */
  abort(failure: Failure): void {
    if (this.#isOver) return;
    this.#stop();
    this.link.sayAbort(this, trimmed(failure));
  }

  /** Ends it here, and at the other end where it is told to say so. */
  end(failure: Failure, told?: Failure): void {
    if (this.#isOver) return;
    this.#stop();
    if (told !== undefined) this.link.sayAbort(this, trimmed(told));
    this.#owner.ended(failure);
  }

  accepted(by: InstanceId): void {
    if (this.other !== undefined && this.other !== by) return;
    this.other = by;
    this.#owner.accepted();
  }

  /** What came from the other end. */
  receive(arrival: Arrival): void {
    this.#received(this.#incoming.receive(arrival), !arrival.continues);
  }

  finished(): void {
    this.#received(this.#incoming.finish(), true);
  }

  granted(bytes: number): void {
    this.#outgoing.granted(bytes);
  }

  encode(said: Said): Posted {
    const { id, isOpener: ofOpener } = this;
    if (said.kind === 'finish') return this.link.encode({ kind: 'finish', id, ofOpener });
    const { continues, isLast, payload } = said;
    return this.link.encode({ kind: 'data', id, ofOpener, continues, isLast, payload });
  }

  roomMade(): void {
    this.#owner.writable();
  }

  allSaid(): void {
    this.#owner.writable();
    this.#settle();
  }

  hold(bytes: number): boolean {
    return this.link.hold(bytes);
  }

  grant(bytes: number): void {
    this.link.say({ kind: 'credit', id: this.id, ofOpener: this.isOpener, bytes });
  }

  #received(broken: Failure | undefined, isNews: boolean): void {
    if (broken !== undefined) return this.end(broken, broken);
    if (isNews) this.#owner.readable();
    this.#settle();
  }

  #settle(): void {
    if (this.#isOver || !this.#outgoing.isFinished || !this.#incoming.isFinished) return;
    this.#isOver = true;
    this.link.forget(this);
    this.#owner.ended(undefined);
  }

  #stop(): void {
    this.#isOver = true;
    this.#outgoing.stop();
    this.#incoming.stop();
    this.link.forget(this);
  }
}
