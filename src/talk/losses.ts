/**
 * What a subscription has missed, per sender and topic, so that each message can say how many before it were lost. Losses on the
 * way are told before what came behind them; what a full buffer drops may lie before messages that wait already.
 */

import type { PeerId } from '../base/ids.js';

/** Senders and topics whose losses wait to be told with their next message. The oldest is forgotten, and stays in the total. */
const LOSSES_KEPT_MAX = 4096;

interface Tally {
  /** Before whatever comes from now on. */
  ahead: number;
  /** Before whatever waits. */
  dropped: number;
  /** With messages that were handed over. */
  told: number;
}

export class Losses {
  #total = 0;
  readonly #tallies = new Map<string, Tally>();

  get total(): number {
    return this.#total;
  }

  /** Lost on the way, or not let in: before whatever comes from now on. */
  add(from: PeerId, topic: string, count: number): void {
    this.#tally(from, topic).ahead += count;
    this.#total += count;
  }

  /** The oldest of those that wait was dropped. */
  addOldest(from: PeerId, topic: string): void {
    this.#tally(from, topic).dropped++;
    this.#total++;
  }

  /** To be kept with a message that comes now, and given back when it is handed over. */
  ahead(from: PeerId, topic: string): number {
    return this.#total === 0 ? 0 : (this.#tallies.get(keyOf(from, topic))?.ahead ?? 0);
  }

  /** How many were lost since the last message that was handed over; with this one they are told. */
  tell(from: PeerId, topic: string, ahead: number): number {
    if (this.#total === 0) return 0;
    const tally = this.#tallies.get(keyOf(from, topic));
    if (tally === undefined) return 0;
    const missed = Math.max(0, ahead + tally.dropped - tally.told);
    tally.told += missed;
    return missed;
  }

  #tally(from: PeerId, topic: string): Tally {
    const key = keyOf(from, topic);
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const tally = { ahead: 0, dropped: 0, told: 0 };
    this.#tallies.set(key, tally);
    const [oldest] = this.#tallies.keys();
    if (this.#tallies.size > LOSSES_KEPT_MAX && oldest !== undefined) this.#tallies.delete(oldest);
    return tally;
  }
}

function keyOf(from: PeerId, topic: string): string {
  return `${from}/${topic}`;
}
