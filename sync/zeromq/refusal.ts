/** Why ZeroMQ refused a message: its error codes in our words. */

import { systemCode } from '../../src/base/errors.js';
import type { TransportDropReason } from '../transport.js';

export type Refused = (reason: TransportDropReason, detail: string) => void;

/** EAGAIN: the peer's queue is at its mark. EHOSTUNREACH, and whatever else: there is no way to the peer. */
export function refusalOf(error: unknown): TransportDropReason {
  return systemCode(error) === 'EAGAIN' ? 'queue-full' : 'unreachable';
}
