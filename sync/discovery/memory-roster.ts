/** The roster of tests and simulations: one table that the peers of a process share. A peer lives until it withdraws or is crashed. */

import type { PeerId } from '../../src/base/ids.js';
import type { Discovery, RosterEntry } from '../discovery.js';

export class MemoryRoster {
  readonly #entries = new Map<PeerId, RosterEntry>();

  /** The view of one peer; it enters the table with `announce()`. */
  discovery(): Discovery {
    return new MemoryDiscovery(this.#entries);
  }

  /** What a kill does: the peer lives no more, from this moment on and for all. */
  crash(peer: PeerId): void {
    this.#entries.delete(peer);
  }
}

class MemoryDiscovery implements Discovery {
  readonly #entries: Map<PeerId, RosterEntry>;
  #self: PeerId | undefined;

  constructor(entries: Map<PeerId, RosterEntry>) {
    this.#entries = entries;
  }

  announce(entry: RosterEntry): Promise<void> {
    this.#self = entry.id;
    this.#entries.set(entry.id, entry);
    return Promise.resolve();
  }

  list(): Promise<readonly RosterEntry[]> {
    return Promise.resolve([...this.#entries.values()].filter((entry) => entry.id !== this.#self));
  }

  isAlive(peer: PeerId): boolean {
    return this.#entries.has(peer);
  }

  withdraw(): Promise<void> {
    if (this.#self !== undefined) this.#entries.delete(this.#self);
    return Promise.resolve();
  }
}
