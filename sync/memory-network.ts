/**
 * The network that memory transports share: it carries parcels between them through a clock, in order per link, and
 * loses, delays, cuts and stops as a test or the simulator says. All chance comes from the given random source.
 *
 * What a fault hits: loss and doubling hit published frames only. A cut link swallows published frames, requests and
 * responses, but keeps what concerns the connection itself (subscriptions, the news that a peer has gone) until it
 * heals. A stopped peer loses nothing: as with a stopped process, all waits in its sockets until it goes on.
 */

import type { Clock } from '../src/base/clock.js';
import type { PeerId } from '../src/base/ids.js';
import type { Random } from '../src/base/random.js';

/** `connection` tells one connection between two peers from the next; the side that connects gives the number. */
export type Parcel =
  | { readonly kind: 'subscribe'; readonly connection: number; readonly key: string }
  | { readonly kind: 'unsubscribe'; readonly connection: number; readonly key: string }
  | { readonly kind: 'hang-up'; readonly connection: number }
  | { readonly kind: 'publish'; readonly connection: number; readonly key: string; readonly frame: Uint8Array }
  | { readonly kind: 'request'; readonly connection: number; readonly frame: Uint8Array }
  | { readonly kind: 'respond'; readonly connection: number; readonly frame: Uint8Array }
  | { readonly kind: 'gone' };

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
}

type Receive = (from: PeerId, parcel: Parcel) => void;

interface Link {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly underway: Parcel[];
  readonly held: Parcel[];
  lastDueMs: number;
  cuts: number;
}

export class MemoryNetwork {
  /** From sending to delivery. */
  latencyMs = 1;
  /** Up to so much is added to the latency, by chance; the order within a link stays. */
  jitterMs = 0;
  /** Share of the published frames that never arrive. */
  lossRate = 0;
  /** Share of the published frames that arrive twice. */
  duplicateRate = 0;

  readonly clock: Clock;
  readonly #random: Random;
  readonly #receivers = new Map<PeerId, Receive>();
  readonly #links = new Map<string, Link>();
  readonly #stopped = new Map<PeerId, number>();
  readonly #whenQuiet: (() => void)[] = [];
  #connections = 0;
  #inFlight = 0;

  constructor({ clock, random }: MemoryNetworkOptions) {
    this.clock = clock;
    this.#random = random;
  }

  /** Parcels sent and not yet delivered or lost; those that a cut or a stopped peer holds back do not count. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves as soon as nothing is in flight. The clock must be turned meanwhile. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#inFlight === 0) resolve();
      else this.#whenQuiet.push(resolve);
    });
  }

  /** Cuts one direction. Returns what heals it; cuts add up. */
  cut(from: PeerId, to: PeerId): () => void {
    const link = this.#link(from, to);
    link.cuts++;
    return once(() => {
      link.cuts--;
      this.#release(link);
    });
  }

  /** Cuts both directions between two peers. Returns what heals them. */
  partition(a: PeerId, b: PeerId): () => void {
    const heals = [this.cut(a, b), this.cut(b, a)];
    return () => heals.forEach((heal) => heal());
  }

  /** Whether something keeps `from` from reaching `to`. */
  isCut(from: PeerId, to: PeerId): boolean {
    return this.#link(from, to).cuts > 0;
  }

  /** Partitions a peer from all that are here now. Returns what heals it. */
  isolate(peer: PeerId): () => void {
    const heals = [...this.#receivers.keys()].filter((other) => other !== peer).map((other) => this.partition(peer, other));
    return () => heals.forEach((heal) => heal());
  }

  /** Delivers nothing to a peer until the returned function is called, then all of it. */
  stop(peer: PeerId): () => void {
    this.#stopped.set(peer, (this.#stopped.get(peer) ?? 0) + 1);
    return once(() => {
      this.#stopped.set(peer, (this.#stopped.get(peer) ?? 1) - 1);
      for (const link of this.#links.values()) if (link.to === peer) this.#release(link);
    });
  }

  /** For transports: takes part under an id. */
  attach(id: PeerId, receive: Receive): void {
    if (this.#receivers.has(id)) throw new TypeError(`peer ${id} is on this network already`);
    this.#receivers.set(id, receive);
  }

  /** For transports: takes part no more. What was sent before still arrives, then the news that the peer has gone. */
  detach(id: PeerId): void {
    if (!this.#receivers.delete(id)) return;
    for (const other of this.#receivers.keys()) this.carry(id, other, { kind: 'gone' });
  }

  /** For transports: a number for a new connection. */
  nextConnection(): number {
    return ++this.#connections;
  }

  /** For transports: sends a parcel on its way. */
  carry(from: PeerId, to: PeerId, parcel: Parcel): void {
    if (!this.#receivers.has(to)) return;
    const link = this.#link(from, to);
    if (parcel.kind === 'publish') {
      // Asked for each published frame, lost or not, so that one seed gives one course of events whatever the rates are.
      const isLost = this.#random.fraction() < this.lossRate;
      const isDoubled = this.#random.fraction() < this.duplicateRate;
      if (isLost) return;
      if (isDoubled) this.#send(link, parcel);
    }
    this.#send(link, parcel);
  }

  #send(link: Link, parcel: Parcel): void {
    const delayMs = this.latencyMs + (this.jitterMs > 0 ? this.#random.fraction() * this.jitterMs : 0);
    link.lastDueMs = Math.max(link.lastDueMs, this.clock.now() + delayMs);
    link.underway.push(parcel);
    this.#inFlight++;
    // Each timer takes the first of the link, not its own: so the order holds even where timers of one instant do not keep theirs.
    this.clock.after(link.lastDueMs - this.clock.now(), () => {
      this.#arrive(link, link.underway.shift() as Parcel);
      if (--this.#inFlight === 0) this.#whenQuiet.splice(0).forEach((resolve) => resolve());
    });
  }

  #arrive(link: Link, parcel: Parcel): void {
    if (link.cuts > 0 && carriesFrame(parcel)) return;
    if (this.#isHeld(link)) link.held.push(parcel);
    else this.#receivers.get(link.to)?.(link.from, parcel);
  }

  #release(link: Link): void {
    while (link.held.length > 0 && !this.#isHeld(link)) {
      // Taken out first: where the receiver has gone meanwhile, an optional call would not even look at its argument.
      const parcel = link.held.shift() as Parcel;
      this.#receivers.get(link.to)?.(link.from, parcel);
    }
  }

  #isHeld(link: Link): boolean {
    return link.cuts > 0 || (this.#stopped.get(link.to) ?? 0) > 0;
  }

  #link(from: PeerId, to: PeerId): Link {
    const name = `${from}>${to}`;
    let link = this.#links.get(name);
    if (link === undefined) {
      link = { from, to, underway: [], held: [], lastDueMs: 0, cuts: 0 };
      this.#links.set(name, link);
    }
    return link;
  }
}

function carriesFrame(parcel: Parcel): boolean {
  return parcel.kind === 'publish' || parcel.kind === 'request' || parcel.kind === 'respond';
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
