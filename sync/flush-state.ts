/** What the engine keeps of flushes: our own, and those that others ask of us. Rules: flushing.ts. */

import type { PeerId } from '../src/base/ids.js';

/** One of ours that is not durable yet. */
export interface LocalFlush {
  readonly id: number;
  /** Those of documents that are closed meanwhile are taken out. */
  readonly targets: Map<string, number>;
  /** Those of them that were asked for last: more than fit into a frame are asked for one part after the other. */
  asked: ReadonlyMap<string, number>;
  request: number;
  askedAt: number;
  /** Whom it was asked of while there was no writer. */
  ahead: AskedAhead | undefined;
}

/** A peer that said that it takes over, and what it answered so far. */
interface AskedAhead {
  readonly peer: PeerId;
  /** The term under which it has stored what it was asked for; 0 where it refused. */
  term: number | undefined;
}

/** One that is to be answered. */
export interface WaitingFlush {
  readonly peer: PeerId;
  readonly request: number;
  /** Those of documents that the peer has closed meanwhile are taken out. */
  readonly targets: Map<string, number>;
}
