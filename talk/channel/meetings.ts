/** How often each peer was met: from the second time on, it has to hear that we forgot what was between us. */

import type { PeerId } from '../../src/base/ids.js';
import { MEETINGS_KEPT_MAX } from '../limits.js';

export class Meetings {
  /** The one that was met last comes last. */
  readonly #counts = new Map<PeerId, number>();

  /** Returns how often it was met, this time included. */
  met(peer: PeerId): number {
    const count = (this.#counts.get(peer) ?? 0) + 1;
    this.#note(peer, count);
    return count;
  }

  /** It counts on a meeting that we know nothing of, and something that it said is gone: as if it had been met before. */
  droppedFrom(peer: PeerId): void {
    if (!this.#counts.has(peer)) this.#note(peer, 1);
  }

  #note(peer: PeerId, count: number): void {
    this.#counts.delete(peer);
    this.#counts.set(peer, count);
    if (this.#counts.size <= MEETINGS_KEPT_MAX) return;
    for (const oldest of this.#counts.keys()) return void this.#counts.delete(oldest);
  }
}
