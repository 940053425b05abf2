/**
 * One pipe of the memory network: what travels one way between two sockets of two peers, in order, and what waits at
 * its end for a reader that is stopped or slow. As in ZeroMQ, each lane's frames, each lane's subscriptions, requests,
 * responses and posts have a pipe of their own, and nothing orders one pipe against another.
 *
 * A pipe never decides anything: chance, faults and time are the network's.
 */

import type { PeerId } from '../src/base/ids.js';
import { laneOf, type Lane } from './transport.js';

/** `connection` tells one connection between two peers from the next; the side that connects gives the number. */
export type Parcel =
  | { readonly kind: 'subscribe'; readonly connection: number; readonly key: string }
  | { readonly kind: 'unsubscribe'; readonly connection: number; readonly key: string }
  /** The end of a connection, once on each pipe that its side has used. */
  | { readonly kind: 'hang-up'; readonly connection: number; readonly of: Lane | 'requests' }
  | ({ readonly kind: 'publish'; readonly connection: number; readonly key: string } & Carried)
  | { readonly kind: 'request'; readonly connection: number; readonly frame: Uint8Array }
  | { readonly kind: 'respond'; readonly connection: number; readonly frame: Uint8Array }
  /** `taken` is called when the reader has it. */
  | ({ readonly kind: 'post'; readonly connection: number; readonly taken: () => void } & Carried)
  | { readonly kind: 'gone' };

export interface Carried {
  readonly frame: Uint8Array;
  readonly body: Uint8Array | undefined;
}

/** The end of a peer goes down each of its pipes; it is heard when it has come out of all. */
export interface End {
  readonly kind: 'end';
  pipesLeft: number;
}

export type PipeKind = 'state' | 'messages' | 'state-subscriptions' | 'messages-subscriptions' | 'requests' | 'responses' | 'posts';

/** All pipes from one peer to another. */
export class Link {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly pipes = new Map<PipeKind, Pipe>();
  cuts = 0;

  constructor(from: PeerId, to: PeerId) {
    this.from = from;
    this.to = to;
  }

  pipe(kind: PipeKind): Pipe {
    let pipe = this.pipes.get(kind);
    if (pipe === undefined) this.pipes.set(kind, (pipe = new Pipe()));
    return pipe;
  }
}

export class Pipe {
  /** Sent and not yet there, in order. Frames that are overtaken travel outside of it. */
  readonly underway: (Parcel | End)[] = [];
  /** There, but not yet taken by the reader. */
  readonly #waiting: (Parcel | End)[] = [];
  #framesWaiting = 0;
  /** When the last parcel in order arrives: the next may not come before it. */
  lastDueMs = 0;
  /** When the last parcel of all arrives, overtaken ones included. */
  latestDueMs = 0;

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  get framesWaiting(): number {
    return this.#framesWaiting;
  }

  wait(parcel: Parcel | End): void {
    this.#waiting.push(parcel);
    if (carriesFrame(parcel)) this.#framesWaiting++;
  }

  take(): Parcel | End | undefined {
    const parcel = this.#waiting.shift();
    if (parcel !== undefined && carriesFrame(parcel)) this.#framesWaiting--;
    return parcel;
  }

  /** The reader has gone, and what waited for it with it. */
  clear(): void {
    this.#waiting.length = 0;
    this.#framesWaiting = 0;
  }
}

export function pipeKindOf(parcel: Exclude<Parcel, { kind: 'gone' }>): PipeKind {
  switch (parcel.kind) {
    case 'publish':
      return laneOf(parcel.key);
    case 'subscribe':
    case 'unsubscribe':
      return `${laneOf(parcel.key)}-subscriptions`;
    case 'hang-up':
      return parcel.of === 'requests' ? 'requests' : `${parcel.of}-subscriptions`;
    case 'request':
      return 'requests';
    case 'respond':
      return 'responses';
    case 'post':
      return 'posts';
  }
}

/** Loss, cuts and high-water marks concern these; of posts and of what the connection itself says nothing is lost. */
export function carriesFrame(parcel: Parcel | End): boolean {
  return parcel.kind === 'publish' || parcel.kind === 'request' || parcel.kind === 'respond';
}
