/**
 * Our ROUTER for posts of all peers. Nothing is ever sent on it: a ROUTER that waits for one peer holds up all others,
 * and one that does not wait loses.
 *
 * Every message is of one part (docs/decisions/0014). A post with a body is three in a row: an empty one, the frame, the
 * body; they lie in memory as they were sent. The routing id is that of a connection, `<peer id>/<number>`: so a
 * connection that was cut between the three leaves nothing to the next one of the same peer.
 */

import { isPeerId, type PeerId } from '../../src/base/ids.js';
import { ReceiveLoop } from './receive-loop.js';
import { tellForeigners, type Refused } from './refusal.js';
import type { Router } from './sockets.js';

/** Peers of which it is known what they posted last; who comes after that makes the eldest forgotten. */
export const MAILBOX_SENDERS_MAX = 4096;

/** Announces that frame and body follow. */
export const OPENING = new Uint8Array();

const ROUTING_ID = /^(.{16})\/(\d{1,15})$/;

export function mailboxRoutingId(self: PeerId, connection: number): string {
  return `${self}/${connection}`;
}

export interface MailboxListener {
  posted(from: PeerId, frame: Buffer, body: Buffer | undefined): void | Promise<void>;
  readonly dropped: Refused;
}

interface Sender {
  readonly peer: PeerId;
  readonly connection: number;
  expects: 'any' | 'frame' | 'body';
  frame: Buffer | undefined;
}

export class Mailbox {
  readonly #socket: Router;
  readonly #listener: MailboxListener;
  readonly #loop: ReceiveLoop;
  readonly #senders = new Map<PeerId, Sender>();
  /** Mostly the next message comes from the same one. */
  #last: { readonly routingId: Buffer; readonly sender: Sender | undefined } | undefined;

  constructor(socket: Router, listener: MailboxListener) {
    this.#socket = socket;
    this.#listener = listener;
    tellForeigners(socket, listener.dropped);
    this.#loop = new ReceiveLoop(socket, (parts) => this.#received(parts));
  }

  caughtUp(): Promise<void> {
    return this.#loop.caughtUp();
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#loop.ended;
  }

  #received(parts: readonly Buffer[]): void | Promise<void> {
    const [routingId, message] = parts;
    if (routingId === undefined || message === undefined || parts.length !== 2) return this.#foreign(parts);
    if (this.#last === undefined || !isSame(this.#last.routingId, routingId)) {
      const sender = this.#senderOf(routingId);
      if (sender === undefined) return this.#foreign(parts);
      this.#last = { routingId, sender: sender === 'ended' ? undefined : sender };
    }
    if (this.#last.sender !== undefined) return this.#take(this.#last.sender, message);
  }

  #take(sender: Sender, message: Buffer): void | Promise<void> {
    switch (sender.expects) {
      case 'any':
        if (message.length > 0) return this.#listener.posted(sender.peer, message, undefined);
        sender.expects = 'frame';
        return;
      case 'frame':
        sender.frame = message;
        sender.expects = 'body';
        return;
      case 'body': {
        const frame = sender.frame as Buffer;
        sender.expects = 'any';
        sender.frame = undefined;
        return this.#listener.posted(sender.peer, frame, message);
      }
    }
  }

  /** `ended`: of a connection that its peer has ended and made anew since. Undefined: no routing id of ours. */
  #senderOf(routingId: Buffer): Sender | 'ended' | undefined {
    const [, peer, digits] = ROUTING_ID.exec(routingId.toString('latin1')) ?? [];
    if (!isPeerId(peer)) return undefined;
    const connection = Number(digits);
    const known = this.#senders.get(peer);
    if (known !== undefined && known.connection >= connection) return known.connection > connection ? 'ended' : known;
    const sender: Sender = { peer, connection, expects: 'any', frame: undefined };
    this.#senders.set(peer, sender);
    if (this.#senders.size > MAILBOX_SENDERS_MAX) this.#forgetEldest();
    return sender;
  }

  #forgetEldest(): void {
    for (const { peer, expects } of this.#senders.values()) {
      if (expects === 'any') return void this.#senders.delete(peer);
    }
  }

  #foreign(parts: readonly Buffer[]): void {
    this.#listener.dropped('foreign', `a post of ${parts.length} parts or without a peer id`);
  }
}

function isSame(one: Buffer, other: Buffer): boolean {
  if (one.length !== other.length) return false;
  for (let index = one.length - 1; index >= 0; index--) if (one[index] !== other[index]) return false;
  return true;
}
