/** Until when a subscriber is not ready: the peers that were linked when it began have answered, or gone. */

import type { PeerId } from '../src/base/ids.js';

interface Awaited {
  readonly peers: Set<PeerId>;
  readonly resolve: () => void;
}

export class Readiness<Subject> {
  readonly #awaited = new Map<Subject, Awaited[]>();

  begin(subject: Subject, peers: readonly PeerId[]): Promise<void> {
    if (peers.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#awaited.set(subject, [...(this.#awaited.get(subject) ?? []), { peers: new Set(peers), resolve }]);
    });
  }

  answered(subject: Subject, peer: PeerId): void {
    const left = (this.#awaited.get(subject) ?? []).filter(({ peers, resolve }) => {
      peers.delete(peer);
      if (peers.size === 0) resolve();
      return peers.size > 0;
    });
    if (left.length > 0) this.#awaited.set(subject, left);
    else this.#awaited.delete(subject);
  }

  peerLost(peer: PeerId): void {
    for (const subject of [...this.#awaited.keys()]) this.answered(subject, peer);
  }

  /** Nobody is to wait any longer. */
  forget(subject: Subject): void {
    for (const { resolve } of this.#awaited.get(subject) ?? []) resolve();
    this.#awaited.delete(subject);
  }
}
