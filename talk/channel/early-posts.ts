/**
 * What a peer posts that has met us before we have met it: the two learn of their link by different ways. It waits, in order, until
 * we meet; where it is too much, none of it is kept, and the peer hears of that with the meeting.
 */

import type { PeerId } from '../../src/base/ids.js';
import { EARLY_BYTES_MAX, EARLY_PEERS_MAX, EARLY_POSTS_MAX } from '../limits.js';
import type { Posted } from '../wire/posted-frame.js';

interface Early {
  readonly posts: Posted[];
  bytes: number;
}

export class EarlyPosts {
  /** Who began first comes first. */
  readonly #waiting = new Map<PeerId, Early>();
  readonly #dropped: (peer: PeerId, posts: number) => void;

  constructor(dropped: (peer: PeerId, posts: number) => void) {
    this.#dropped = dropped;
  }

  keep(peer: PeerId, posted: Posted): void {
    const early = this.#waiting.get(peer) ?? { posts: [], bytes: 0 };
    early.posts.push(posted);
    early.bytes += posted.frame.length + (posted.body?.length ?? 0);
    this.#waiting.set(peer, early);
    if (early.posts.length > EARLY_POSTS_MAX || early.bytes > EARLY_BYTES_MAX) this.#drop(peer);
    if (this.#waiting.size <= EARLY_PEERS_MAX) return;
    for (const first of this.#waiting.keys()) return this.#drop(first);
  }

  take(peer: PeerId): readonly Posted[] {
    const { posts = [] } = this.#waiting.get(peer) ?? {};
    this.#waiting.delete(peer);
    return posts;
  }

  clear(): void {
    this.#waiting.clear();
  }

  #drop(peer: PeerId): void {
    this.#dropped(peer, this.take(peer).length);
  }
}
