/** What ZeroMQ refused, and why, in our words: messages of ours, and connections of others. */

import { systemCode } from '../../src/base/errors.js';
import type { TransportDropReason } from '../transport.js';
import type { Router, XPublisher } from './sockets.js';

export type Refused = (reason: TransportDropReason, detail: string) => void;

/** EAGAIN: the peer's queue is at its mark. EHOSTUNREACH, and whatever else: there is no way to the peer. */
export function refusalOf(error: unknown): TransportDropReason {
  return systemCode(error) === 'EAGAIN' ? 'queue-full' : 'unreachable';
}

/** Somebody connected who does not speak ZeroMQ's protocol. An exception in here would end the observer for good. */
export function tellForeigners(socket: Router | XPublisher, dropped: Refused): void {
  for (const event of ['handshake:error:protocol', 'handshake:error:auth', 'handshake:error:other'] as const) {
    socket.events.on(event, ({ error }) => {
      if (!HUNG_UP.has(systemCode(error))) dropped('foreign', `a connection was refused: ${error.message}`);
    });
  }
}

/** Ended by the other side before it had said anything wrong: so ends each of our own that is closed while it is being made. */
const HUNG_UP: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET']);
