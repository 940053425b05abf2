/**
 * The network that memory transports share: it carries parcels between them through a clock, in order per pipe (see
 * memory-pipe), and loses, doubles, delays, cuts, slows and stops as a test or the simulator says. All chance comes
 * from the given random source: for each parcel it is asked equally often, whatever the rates are.
 *
 * What a fault hits: loss, doubling and overtaking hit published frames; requests and responses have a rate of their
 * own. A cut swallows published frames, requests and responses, but keeps what concerns the connection itself
 * (subscriptions, the news that a peer has gone) until it heals, and posts too: none of them is ever lost, doubled or
 * overtaken. A stopped peer loses nothing below the high-water mark: as with a stopped process, all waits in its
 * sockets until it goes on.
 */

import type { Clock } from '../src/base/clock.js';
import type { PeerId } from '../src/base/ids.js';
import type { Random } from '../src/base/random.js';
import { carriesFrame, Link, pipeKindOf, type End, type Parcel, type Pipe } from './memory-pipe.js';

export type { Parcel } from './memory-pipe.js';

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
}

type Receive = (from: PeerId, parcel: Parcel) => void;

/** A peer that takes its parcels one by one, with pauses. */
interface SlowReader {
  /** The pauses that are asked for; the longest counts. */
  readonly perFrameMs: number[];
  readsNextAtMs: number;
  isAwaited: boolean;
}

/** A frame that may be overtaken comes later by at most so many times the jitter (or the latency, where that is more). */
const OVERTAKEN_JITTERS_MAX = 4;

export class MemoryNetwork {
  /** From sending to delivery. */
  latencyMs = 1;
  /** Up to so much is added to the latency, by chance; the order within a pipe stays. */
  jitterMs = 0;
  /** Share of the published frames that never arrive. */
  lossRate = 0;
  /** Share of the published frames that arrive twice. */
  duplicateRate = 0;
  /** Share of the published frames that come late, out of order: later ones may overtake them. */
  reorderRate = 0;
  /** Share of the requests and responses that vanish, as at a full queue or a connection that is made anew. */
  requestLossRate = 0;
  /** Share of the parcels that stand still for up to `longDelayMs`; what comes behind them on the pipe waits too. */
  longDelayRate = 0;
  longDelayMs = 5000;
  /** Published frames that wait in one pipe for a reader that is stopped or slow; newer ones are dropped in silence. */
  highWaterFrames = Infinity;
  /** The same for requests, and for responses. */
  requestsHighWaterFrames = Infinity;
  /** Posts to one peer that it has not taken yet, from which on the poster waits. */
  postsUnderwayMax = 64;
  /** What was dropped at the marks. */
  readonly overflowed = { published: 0, requests: 0 };
  /** The most frames that ever waited in one pipe. */
  readonly mostWaiting = { published: 0, requests: 0 };

  readonly clock: Clock;
  readonly #random: Random;
  readonly #receivers = new Map<PeerId, Receive>();
  readonly #links = new Map<string, Link>();
  /** The links to each peer. */
  readonly #inward = new Map<PeerId, Link[]>();
  readonly #stopped = new Map<PeerId, number>();
  readonly #slow = new Map<PeerId, SlowReader>();
  readonly #whenQuiet: (() => void)[] = [];
  #connections = 0;
  #underway = 0;

  constructor({ clock, random }: MemoryNetworkOptions) {
    this.clock = clock;
    this.#random = random;
  }

  /** Parcels sent and not yet delivered or lost; those that a cut or a stopped peer holds back do not count. */
  get inFlight(): number {
    let count = this.#underway;
    for (const peer of this.#slow.keys()) {
      if (this.#isStopped(peer)) continue;
      for (const link of this.#linksTo(peer)) {
        if (link.cuts === 0) for (const pipe of link.pipes.values()) count += pipe.waitingCount;
      }
    }
    return count;
  }

  /** Resolves as soon as nothing is in flight. The clock must be turned meanwhile. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenQuiet.push(resolve);
      this.#tellQuiet();
    });
  }

  /** Cuts one direction. Returns what heals it; cuts add up. */
  cut(from: PeerId, to: PeerId): () => void {
    const link = this.#link(from, to);
    link.cuts++;
    return once(() => {
      link.cuts--;
      this.#read(to);
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
      this.#read(peer);
    });
  }

  /** Delivers to a peer at most one parcel in `perFrameMs`, so that its queues fill. The returned function ends it. */
  slow(peer: PeerId, perFrameMs: number): () => void {
    const reader = this.#slow.get(peer) ?? { perFrameMs: [], readsNextAtMs: 0, isAwaited: false };
    this.#slow.set(peer, reader);
    reader.perFrameMs.push(perFrameMs);
    return once(() => {
      reader.perFrameMs.splice(reader.perFrameMs.indexOf(perFrameMs), 1);
      if (reader.perFrameMs.length === 0) this.#slow.delete(peer);
      this.#read(peer);
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
    for (const link of this.#linksTo(id)) for (const pipe of link.pipes.values()) pipe.clear();
    for (const other of this.#receivers.keys()) this.carry(id, other, { kind: 'gone' });
    this.#tellQuiet();
  }

  /** For transports: a number for a new connection. */
  nextConnection(): number {
    return ++this.#connections;
  }

  /** For transports: sends a parcel on its way. */
  carry(from: PeerId, to: PeerId, parcel: Parcel): void {
    if (!this.#receivers.has(to)) return;
    const link = this.#link(from, to);
    if (parcel.kind === 'gone') return this.#sendEnd(link);
    const pipe = link.pipe(pipeKindOf(parcel));
    const [isLost, isDoubled] = [this.#random.fraction(), this.#random.fraction()];
    if (carriesFrame(parcel) && isLost < (parcel.kind === 'publish' ? this.lossRate : this.requestLossRate)) return;
    if (parcel.kind === 'publish' && isDoubled < this.duplicateRate) this.#send(link, pipe, parcel);
    this.#send(link, pipe, parcel);
  }

  #sendEnd(link: Link): void {
    if (link.pipes.size === 0) link.pipe('state');
    const end: End = { kind: 'end', pipesLeft: link.pipes.size };
    for (const pipe of link.pipes.values()) this.#send(link, pipe, end);
  }

  #send(link: Link, pipe: Pipe, parcel: Parcel | End): void {
    const [jitter, longDelay, howLong] = [this.#random.fraction(), this.#random.fraction(), this.#random.fraction()];
    const [reorder, howLate] = [this.#random.fraction(), this.#random.fraction()];
    const delayMs = this.latencyMs + jitter * this.jitterMs + (longDelay < this.longDelayRate ? howLong * this.longDelayMs : 0);
    const dueMs = Math.max(parcel.kind === 'end' ? pipe.latestDueMs : pipe.lastDueMs, this.clock.now() + delayMs);
    if (parcel.kind === 'publish' && reorder < this.reorderRate) {
      const lateMs = howLate * OVERTAKEN_JITTERS_MAX * Math.max(this.jitterMs, this.latencyMs);
      pipe.latestDueMs = Math.max(pipe.latestDueMs, dueMs + lateMs);
      return this.#after(dueMs + lateMs, () => this.#arrive(link, pipe, parcel));
    }
    pipe.lastDueMs = dueMs;
    pipe.latestDueMs = Math.max(pipe.latestDueMs, dueMs);
    pipe.underway.push(parcel);
    // Each timer takes the first of the pipe, not its own: so the order holds even where timers of one instant do not keep theirs.
    this.#after(dueMs, () => this.#arrive(link, pipe, pipe.underway.shift() as Parcel | End));
  }

  #after(dueMs: number, arrive: () => void): void {
    this.#underway++;
    this.clock.after(dueMs - this.clock.now(), () => {
      this.#underway--;
      arrive();
      this.#tellQuiet();
    });
  }

  #arrive(link: Link, pipe: Pipe, parcel: Parcel | End): void {
    if (!this.#receivers.has(link.to) || (link.cuts > 0 && carriesFrame(parcel))) return;
    const mustWait = pipe.hasWaiting || link.cuts > 0 || this.#isStopped(link.to) || this.#slow.has(link.to);
    if (!mustWait) return this.#deliver(link, parcel);
    if (carriesFrame(parcel)) {
      const of = parcel.kind === 'publish' ? 'published' : 'requests';
      if (pipe.framesWaiting >= (of === 'published' ? this.highWaterFrames : this.requestsHighWaterFrames)) {
        this.overflowed[of]++;
        return;
      }
      this.mostWaiting[of] = Math.max(this.mostWaiting[of], pipe.framesWaiting + 1);
    }
    pipe.wait(parcel);
    this.#read(link.to);
  }

  /** The peer reads what waits: all of it, or as a slow one does. From which pipe next is chance. */
  #read(peer: PeerId): void {
    for (let next = this.#nextToRead(peer); next !== undefined; next = this.#nextToRead(peer)) {
      const slow = this.#slow.get(peer);
      if (slow !== undefined) return this.#readSlowly(peer, slow);
      this.#take(next);
    }
    this.#tellQuiet();
  }

  #readSlowly(peer: PeerId, reader: SlowReader): void {
    if (reader.isAwaited) return;
    reader.isAwaited = true;
    this.clock.after(Math.max(0, reader.readsNextAtMs - this.clock.now()), () => {
      reader.isAwaited = false;
      if (this.#slow.get(peer) !== reader) return;
      reader.readsNextAtMs = this.clock.now() + Math.max(...reader.perFrameMs);
      const next = this.#nextToRead(peer);
      if (next !== undefined) this.#take(next);
      this.#read(peer);
    });
  }

  #nextToRead(peer: PeerId): readonly [Link, Pipe] | undefined {
    if (this.#isStopped(peer)) return undefined;
    const open = this.#linksTo(peer).filter(({ cuts }) => cuts === 0);
    const filled = open.flatMap((link) => [...link.pipes.values()].filter((pipe) => pipe.hasWaiting).map((pipe) => [link, pipe] as const));
    return filled.length < 2 ? filled[0] : filled[Math.floor(this.#random.fraction() * filled.length)];
  }

  #take([link, pipe]: readonly [Link, Pipe]): void {
    const parcel = pipe.take();
    if (parcel !== undefined) this.#deliver(link, parcel);
  }

  #deliver(link: Link, parcel: Parcel | End): void {
    if (parcel.kind === 'end' && --parcel.pipesLeft > 0) return;
    this.#receivers.get(link.to)?.(link.from, parcel.kind === 'end' ? { kind: 'gone' } : parcel);
  }

  #tellQuiet(): void {
    if (this.#whenQuiet.length > 0 && this.inFlight === 0) this.#whenQuiet.splice(0).forEach((resolve) => resolve());
  }

  #isStopped(peer: PeerId): boolean {
    return (this.#stopped.get(peer) ?? 0) > 0;
  }

  #linksTo(peer: PeerId): readonly Link[] {
    return this.#inward.get(peer) ?? [];
  }

  #link(from: PeerId, to: PeerId): Link {
    const name = `${from}>${to}`;
    let link = this.#links.get(name);
    if (link === undefined) {
      link = new Link(from, to);
      this.#links.set(name, link);
      this.#inward.set(to, [...this.#linksTo(to), link]);
    }
    return link;
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
