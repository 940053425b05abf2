/**
 * Our one SUB of a lane, connected to that lane's publisher of every other peer.
 *
 * libzmq puts all current subscriptions into the pipe when `connect()` makes it, later ones after them: a publisher
 * sees a key that is subscribed after `connect()` only after all earlier ones. That is what makes READY a proof.
 */

import { Opener } from './envelope.js';
import { ReceiveLoop } from './receive-loop.js';
import type { Refused } from './refusal.js';
import type { Subscriber as Socket } from './sockets.js';

export interface SubscriberListener {
  published(frame: Buffer, key: string, body: Buffer | undefined): void;
  /** The connection to this endpoint came about. */
  readonly connected?: (endpoint: string) => void;
  /** It is gone. ZeroMQ tries for ever to make it anew, until the endpoint is disconnected. */
  readonly lost?: (endpoint: string) => void;
  readonly dropped: Refused;
}

export class Subscriber {
  readonly #socket: Socket;
  readonly #loop: ReceiveLoop;
  readonly #subscriptions = new Set<string>();

  constructor(socket: Socket, listener: SubscriberListener) {
    this.#socket = socket;
    // An exception in one of these would end the observer for good: they only take notes.
    socket.events.on('connect', ({ address }) => listener.connected?.(address));
    socket.events.on('disconnect', ({ address }) => listener.lost?.(address));
    const opener = new Opener();
    this.#loop = new ReceiveLoop(socket, (parts) => {
      const [message] = parts;
      const opened = message === undefined || parts.length !== 1 ? undefined : opener.open(message);
      if (opened !== undefined) listener.published(opened.frame, opened.key, opened.body);
      else listener.dropped('foreign', `a published message of ${parts.length} parts that is none of ours`);
    });
  }

  connect(endpoint: string): void {
    this.#socket.connect(endpoint);
  }

  disconnect(endpoint: string): void {
    this.#socket.disconnect(endpoint);
  }

  /** libzmq counts how often a key is subscribed; here once is once. */
  subscribe(key: string): void {
    if (this.#subscriptions.has(key)) return;
    this.#subscriptions.add(key);
    this.#socket.subscribe(key);
  }

  unsubscribe(key: string): void {
    if (this.#subscriptions.delete(key)) this.#socket.unsubscribe(key);
  }

  caughtUp(): Promise<void> {
    return this.#loop.caughtUp();
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#loop.ended;
  }
}
