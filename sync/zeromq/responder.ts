/** Our ROUTER: requests of all peers come in, each under the routing id of its sender (the peer id); responses go out by it. */

import { isPeerId, type PeerId } from '../../src/base/ids.js';
import { ReceiveLoop } from './receive-loop.js';
import { refusalOf, tellForeigners, type Refused } from './refusal.js';
import type { Router } from './sockets.js';

export interface ResponderListener {
  requested(from: PeerId, frame: Buffer): void;
  readonly dropped: Refused;
}

export class Responder {
  readonly #socket: Router;
  readonly #listener: ResponderListener;
  readonly #loop: ReceiveLoop;

  constructor(socket: Router, listener: ResponderListener) {
    this.#socket = socket;
    this.#listener = listener;
    tellForeigners(socket, listener.dropped);
    this.#loop = new ReceiveLoop(socket, (parts) => this.#received(parts));
  }

  respond(peer: PeerId, frame: Uint8Array): void {
    this.#socket.send([peer, frame]).catch((error: unknown) => {
      this.#listener.dropped(refusalOf(error), `a response to peer ${peer} was refused`);
    });
  }

  async close(lingerMs: number): Promise<void> {
    this.#socket.linger = lingerMs;
    this.#socket.close();
    await this.#loop.ended;
  }

  #received(parts: readonly Buffer[]): void {
    const [routingId, frame] = parts;
    const from = routingId?.toString('latin1');
    if (parts.length !== 2 || frame === undefined || !isPeerId(from)) {
      return this.#listener.dropped('foreign', `a request of ${parts.length} parts or without a peer id`);
    }
    this.#listener.requested(from, frame);
  }
}
