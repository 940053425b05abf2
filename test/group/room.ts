/** A room for tests of a group: peers on one network, roster and disk, all moved by one clock; nothing happens by chance but ids. */

import { seededRandom } from '../../src/base/random.js';
import type { Random } from '../../src/base/random.js';
import { pause } from '../../src/base/clock.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { enter } from '../../src/enter.js';
import type { Instance } from '../../src/instance.js';
import { ownPeer } from '../../src/peer-table.js';
import { Peer } from '../../src/peer.js';
import type { PeerOptions } from '../../src/peer.js';
import { isAtRest } from '../../src/rest.js';
import { MemoryDisk } from '../../storage/memory-disk.js';
import { MemoryStore } from '../../storage/memory-store.js';
import { MemoryRoster } from '../../sync/discovery/memory-roster.js';
import { MemoryNetwork } from '../../sync/memory-network.js';
import { MemoryTransport } from '../../sync/memory-transport.js';

export interface Member {
  readonly peer: Peer;
  readonly instance: Instance;
  readonly transport: MemoryTransport;
  readonly store: MemoryStore;
}

export interface RoomJoinOptions {
  readonly canWrite?: boolean;
  /** How long the store takes to be read. */
  readonly loadDelayMs?: number;
  readonly wait?: 'synced' | 'none';
  /** What else is to differ from the usual. */
  readonly peer?: Partial<PeerOptions>;
}

export class Room {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly members = new Set<Member>();
  readonly warnings = new Map<string, number>();
  readonly #random: Random;
  readonly roster = new MemoryRoster();
  readonly disk: MemoryDisk;
  /** The longest that the disk takes for a batch: whoever is killed meanwhile has written nothing. */
  diskDelayMs = 0;
  /** The shortest: with 0 a batch may be there at once, and nothing can come meanwhile. */
  diskDelayLeastMs = 0;
  /** Share of the batches that the disk refuses. */
  diskErrorRate = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.network = new MemoryNetwork({ clock: this.clock, random: this.#random });
    this.disk = new MemoryDisk({ sync: () => this.#syncDisk() });
  }

  async join({ canWrite = true, loadDelayMs = 0, wait = 'none', peer: special }: RoomJoinOptions = {}): Promise<Member> {
    const transport = new MemoryTransport(this.network);
    const store = new MemoryStore(this.disk);
    const load = store.load.bind(store);
    store.load = (document) => pause(this.clock, loadDelayMs).then(() => load(document));
    const peer = new Peer({
      group: 'room',
      canWrite,
      transport,
      discovery: this.roster.discovery(),
      store,
      clock: this.clock,
      random: this.#random,
      log: ({ level, code }) => {
        if (level === 'warn') this.warnings.set(code, (this.warnings.get(code) ?? 0) + 1);
      },
      pid: 0,
      ...special,
    });
    await peer.open();
    const member = { peer, transport, store, instance: await enter(await ownPeer(Promise.resolve(peer)), { wait }) };
    this.members.add(member);
    return member;
  }

  async #syncDisk(): Promise<void> {
    await pause(this.clock, this.diskDelayLeastMs + this.diskDelayMs * this.#random.fraction());
    if (this.#random.fraction() < this.diskErrorRate) throw new Error('the disk refuses');
  }

  /** As `kill -9`: nothing is said, nothing more is saved, the lock is free. */
  kill(member: Member): void {
    this.members.delete(member);
    member.peer.crash();
    member.transport.crash();
    this.roster.crash(member.peer.id);
    member.store.crash();
  }

  /** Turns the clock until the promise settles. */
  async run<Result>(promise: Promise<Result>, limitMs = 60_000): Promise<Result> {
    const progress = { isSettled: false };
    const mark = (): void => void (progress.isSettled = true);
    promise.then(mark, mark);
    const endsAt = this.clock.now() + limitMs;
    while (!progress.isSettled && this.clock.now() < endsAt) await this.clock.advance(5);
    if (!progress.isSettled) throw new Error(`not settled after ${limitMs} ms`);
    return promise;
  }

  /** Resolves with whether everything that the member wrote was saved. */
  async leave(member: Member): Promise<boolean> {
    this.members.delete(member);
    await member.instance.close();
    return !member.peer.warnings.kept.some(({ code }) => code === 'closed-unconfirmed' || code === 'writing-failed');
  }

  /** Turns the clock until all are equal, synced, and somebody leads. Rejects after two minutes. */
  async rest(): Promise<void> {
    const endsAt = this.clock.now() + 120_000;
    while (!this.#isAtRest()) {
      if (this.clock.now() >= endsAt) throw new Error(`no rest after two minutes:\n${this.describe()}`);
      await this.clock.advance(100);
    }
  }

  #isAtRest(): boolean {
    const peers = [...this.members].map(({ peer }) => peer);
    if (this.network.inFlight > 0 || !peers.every((peer) => peer.isSynced)) return false;
    return peers.some(({ candidacy }) => candidacy.state.kind === 'leading') && isAtRest(peers, () => false);
  }

  /** How each peer stands, for the message of a failure. */
  describe(): string {
    return [...this.members]
      .map(({ peer }) => {
        const document = peer.synchronizer.state.documents.get('main');
        const replica = peer.replica('main');
        return JSON.stringify({
          id: peer.id,
          election: peer.candidacy.state,
          digest: replica.digest(),
          hasPending: replica.hasPending(),
          doubts: [...(document?.doubts ?? [])],
        });
      })
      .join('\n');
  }
}
