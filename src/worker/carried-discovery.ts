/**
 * The roster as a worker sees it: the entry and its lock are in the main thread, for the lock is a native addon's.
 *
 * Whether a peer lives is asked there, and the answer takes a turn; but `isAlive()` must answer at once. So it answers what was
 * known last, and asks. That is safe. Who is believed alive and is dead: the answer comes as the loss of a connection, which is
 * what the caller would have concluded itself, a moment later. Who is believed dead and lives (its files were cleared away and
 * made anew): it is met again at the next reading of the roster, as after any other loss. Nothing is written on the strength of
 * either: a worker's peer never is the writer, and takes in nobody's spill.
 */

import type { PeerId } from '../../src/base/ids.js';
import type { Discovery, RosterEntry } from '../../sync/discovery.js';
import type { Line } from './line.js';

export interface CarriedDiscoveryOptions {
  readonly line: Line;
  /** A peer that was believed to live is dead. */
  readonly died: (peer: PeerId) => void;
}

export class CarriedDiscovery implements Discovery {
  readonly #line: Line;
  readonly #died: (peer: PeerId) => void;
  /** What the main thread said last, of whom we asked. */
  readonly #known = new Map<PeerId, boolean>();
  readonly #asking = new Map<PeerId, Promise<void>>();

  constructor({ line, died }: CarriedDiscoveryOptions) {
    this.#line = line;
    this.#died = died;
  }

  announce(entry: RosterEntry): Promise<void> {
    return this.#line.ask({ kind: 'announce', entry });
  }

  async list(): Promise<readonly RosterEntry[]> {
    const entries = await this.#line.ask<readonly RosterEntry[]>({ kind: 'list' });
    // Whoever is in no entry any more is not asked about either: what is known of it goes here.
    this.#known.clear();
    for (const { id } of entries) this.#known.set(id, true);
    return entries;
  }

  isAlive(peer: PeerId): boolean {
    const isAlive = this.#known.get(peer) ?? true;
    void this.learn(peer).then(() => {
      if (isAlive && this.#known.get(peer) === false) this.#died(peer);
    });
    return isAlive;
  }

  /** Resolves when `isAlive(peer)` knows what the main thread knows now. Never rejects. */
  learn(peer: PeerId): Promise<void> {
    const asked = this.#asking.get(peer);
    if (asked !== undefined) return asked;
    const asking = this.#learn(peer).finally(() => this.#asking.delete(peer));
    this.#asking.set(peer, asking);
    return asking;
  }

  /** The last that a peer does: with its entry gone, nothing is left for the main thread to carry. */
  async withdraw(): Promise<void> {
    await this.#line.askToEnd({ kind: 'withdraw' });
    this.#line.close();
  }

  async #learn(peer: PeerId): Promise<void> {
    try {
      this.#known.set(peer, await this.#line.ask<boolean>({ kind: 'is-alive', peer }));
    } catch {
      // The host is gone, and this peer is about to close: it need not learn anything any more.
    }
  }
}
