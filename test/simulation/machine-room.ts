/**
 * The machine room: peers of one group on one network, roster and disk, all moved by one clock and one seed. It makes
 * them, kills them, stops them; who does what and when is the story's business, and what must hold the checkers'.
 */

import { pause } from '../../src/base/clock.js';
import { seededRandom } from '../../src/base/random.js';
import type { Random } from '../../src/base/random.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { Instance } from '../../src/instance.js';
import { ownPeer } from '../../src/peer-table.js';
import { Peer } from '../../src/peer.js';
import { MemoryRoster } from '../../sync/discovery/memory-roster.js';
import { MAIN } from '../../sync/membership.js';
import { DrillNetwork } from './drill-network.js';
import type { Floor } from './floor.js';
import { Member } from './member.js';
import { SkewedClock } from './skewed-clock.js';
import { NEVER, REJECTIONS } from './surprises.js';
import { WatchedDisk, WatchedStore } from './watched-disk.js';
import { WatchedTransport } from './watched-transport.js';
import { CALM } from './weather.js';
import type { Weather } from './weather.js';

export interface JoinOptions {
  readonly canWrite?: boolean;
  /** How long the store takes to be read. */
  readonly loadMs?: number;
  /** A second user of the same peer. */
  readonly hasSecondInstance?: boolean;
}

/** What the story and the checkers want to hear of. */
export interface Witness {
  joined(member: Member): void;
  /** Killed, or on its way out. */
  ended(member: Member): void;
  /** `synced` is said of a document for the first time, at this very moment. */
  synced(member: Member, document: string): void;
  /** A spill was written, whole and for good. */
  spilled(bytes: Uint8Array): void;
  /** A line of the course of events. */
  told(text: string): void;
}

export class MachineRoom {
  readonly clock = new VirtualClock();
  readonly network: DrillNetwork;
  readonly disk: WatchedDisk;
  /** Those that live and take part. */
  readonly members = new Set<Member>();
  /** What must not have happened; the run ends with it. */
  readonly violations: string[] = [];
  /** How often something happened, by name. */
  readonly counts = new Map<string, number>();
  readonly highest = new Map<string, number>();
  /** What was durable when the last living member of the epoch before had died. */
  epoch: ReadonlyMap<string, Floor> = new Map();
  /** When somebody took the lock file away last. */
  lockBrokenAt = -Infinity;
  isCalm = false;
  /** Nothing goes into the database any more; what lies beside it still can be written. */
  isDatabaseFull = false;
  /** What each batch takes at the least, also when all is calm. */
  diskLeastMs = 0;
  readonly #weather: Weather;
  readonly #witness: Witness;
  readonly #random: Random;
  readonly #roster = new MemoryRoster();
  /** Peers whose processes run, those on their way in or out among them. */
  #livingCount = 0;
  #joinCount = 0;
  #mangleNextAt: string | undefined;

  constructor(seed: number, weather: Weather, witness: Witness) {
    this.#weather = weather;
    this.#witness = witness;
    this.#random = seededRandom(seed);
    this.network = new DrillNetwork({ clock: this.clock, random: this.#random });
    Object.assign(this.network, weather.network);
    const violated = (what: string): void => this.violated(what);
    this.disk = new WatchedDisk({ sync: () => this.#syncDatabase(), syncBundle: () => this.#syncDisk(), violated });
  }

  violated(what: string): void {
    this.tell(`VIOLATED: ${what}`);
    this.violations.push(what);
  }

  tell(text: string): void {
    this.#witness.told(`${this.clock.now().toFixed(1).padStart(9)}  ${text}`);
  }

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  /** The highest of some measure. */
  most(what: string, measure: number): void {
    this.highest.set(what, Math.max(this.highest.get(what) ?? 0, measure));
  }

  async join({ canWrite = true, loadMs = 0, hasSecondInstance = false }: JoinOptions = {}): Promise<Member> {
    const name = `#${++this.#joinCount}`;
    const clock = new SkewedClock(this.clock);
    const transport = new WatchedTransport(this.network, {
      mangles: () => this.#mangles(name),
      arrived: (kind) => {
        this.count(`frames: ${kind}`);
        // Before that there would be too many to be read.
        if (this.isCalm && kind !== 'pulse' && kind !== 'echo') this.tell(`${name} receives ${kind}`);
      },
    });
    const store = new WatchedStore({
      disk: this.disk,
      running: () => this.#running(clock),
      load: () => pause(this.clock, this.isCalm ? 0 : loadMs),
      violated: (what) => this.violated(`${what} (${name})`),
      spilled: (bytes) => this.#spilled(name, bytes),
    });
    const peer = new Peer({
      group: 'simulation',
      canWrite,
      transport,
      discovery: this.#roster.discovery(),
      store,
      clock,
      random: this.#random,
      limits: this.#weather.limits,
      logBytesBeforeSnapshot: this.#weather.logBytesBeforeSnapshot,
      log: ({ level, code, message }) => {
        if (level !== 'warn') return;
        this.count(`warning: ${code}`);
        if (NEVER.has(code) || (REJECTIONS.has(code) && (this.counts.get('mangled frames') ?? 0) === 0))
          this.violated(`${name} warns ${code}, for which there is no reason: ${message}`);
        this.tell(`${name} warns ${code}: ${message}`);
      },
      pid: 0,
    });
    this.#livingCount++;
    const beganAtMs = this.clock.now();
    await peer.open();
    const { release } = await ownPeer(Promise.resolve(peer));
    const instances = Array.from({ length: hasSecondInstance ? 2 : 1 }, () => {
      const instance: Instance = new Instance(peer, () => release(instance));
      return instance;
    });
    const member = new Member({ name, peer, instances, clock, transport, store, canWrite, beganAtMs });
    this.members.add(member);
    this.tell(`${name} joins as ${peer.id}${canWrite ? '' : ', never to write to disk'}`);
    this.#awaitSynced(member);
    member.follow(MAIN);
    this.#witness.joined(member);
    return member;
  }

  openDocument(member: Member, document: string): void {
    if (member.documents.includes(document)) return;
    member.open(document);
    this.tell(`${member.name} opens ${document}`);
    this.count('documents opened late');
    this.#witness.joined(member);
  }

  closeDocument(member: Member, document: string): void {
    this.tell(`${member.name} closes ${document}`);
    this.count('documents closed');
    member.close(document).then(
      () => this.tell(`${member.name} is done with ${document}`),
      (error: unknown) => this.violated(`${member.name} could not close ${document}: ${String(error)}`),
    );
  }

  /** As `kill -9`: nothing is said, nothing more is saved, the lock is free. */
  kill(member: Member): void {
    this.tell(`${member.name} is killed`);
    this.members.delete(member);
    this.#witness.ended(member);
    const { peer, transport, store } = member;
    peer.crash();
    transport.crash();
    this.#roster.crash(peer.id);
    store.crash();
    this.#ended(member);
  }

  /** As `process.exit()`: what nobody has confirmed is spilled at once, and nothing else happens. */
  exit(member: Member): void {
    this.tell(`the process of ${member.name} exits`);
    member.peer.endAtOnce();
    this.kill(member);
  }

  /** Resolves with what became of all that the member wrote, as far as it says itself: stored, or spilled and the next writer's to take in. */
  async leave(member: Member): Promise<'stored' | 'spilled' | 'lost'> {
    this.tell(`${member.name} leaves`);
    this.members.delete(member);
    this.#witness.ended(member);
    const { peer, instance } = member;
    const warned = new Set<string>();
    const off = peer.events.on('warning', ({ code }) => void warned.add(code));
    try {
      await instance.close();
    } finally {
      off();
      this.tell(`${member.name} has left`);
      this.#ended(member);
    }
    if (warned.has('closed-unconfirmed')) return 'lost';
    return warned.has('spilled') ? 'spilled' : 'stored';
  }

  /** As SIGSTOP: what is sent to it waits in its sockets, its timers wait, and of what the disk did it learns nothing. */
  stop(member: Member): () => void {
    member.clock.stop();
    const deliver = this.network.stop(member.peer.id);
    return () => {
      if (!member.clock.isStopped) return;
      member.clock.goOn();
      deliver();
      this.tell(`${member.name} goes on`);
    };
  }

  /** The next frame of updates that reaches this member is damaged on its way. */
  mangleNextAt(member: Member): void {
    this.#mangleNextAt = member.name;
  }

  #mangles(name: string): boolean {
    if (this.#mangleNextAt === name) this.#mangleNextAt = undefined;
    else if (this.isCalm || this.#random.fraction() >= this.#weather.mangleRate) return false;
    this.count('mangled frames');
    return true;
  }

  breakLock(): void {
    this.lockBrokenAt = this.clock.now();
    this.disk.breakLock();
  }

  /** No more faults from here on; what is cut or stopped is the story's to mend. */
  calm(): void {
    this.isCalm = true;
    Object.assign(this.network, CALM);
  }

  async #running(clock: SkewedClock): Promise<void> {
    if (clock.isStopped) await new Promise<void>((resolve) => void clock.after(0, resolve));
  }

  async #syncDatabase(): Promise<void> {
    if (this.isDatabaseFull) throw new Error('the database refuses');
    if (this.diskLeastMs > 0) await pause(this.clock, this.diskLeastMs);
    return this.#syncDisk();
  }

  async #syncDisk(): Promise<void> {
    const { slowestMs, errorRate } = this.#weather.disk;
    const [howSlow, lot] = [this.#random.fraction(), this.#random.fraction()];
    if (this.isCalm) return;
    await pause(this.clock, slowestMs * howSlow);
    if (lot >= errorRate) return;
    this.count('writes refused');
    throw new Error('the disk refuses');
  }

  #spilled(name: string, bytes: Uint8Array): void {
    this.tell(`${name} spills ${bytes.length} bytes`);
    this.count('spills');
    this.#witness.spilled(bytes);
  }

  #awaitSynced(member: Member): void {
    const said = new Set<string>();
    const look = (): void => {
      for (const { name, isSynced } of member.peer.synchronizer.state.documents.values()) {
        if (!isSynced || said.has(name)) continue;
        said.add(name);
        this.tell(`${member.name} says synced of ${name}`);
        this.#witness.synced(member, name);
      }
    };
    member.peer.watch(look);
    look();
  }

  #ended(member: Member): void {
    if (member.isGone) return;
    member.isGone = true;
    this.count('catch-ups', member.peer.synchronizer.state.counters.catchUps);
    if (--this.#livingCount > 0) return;
    this.tell('nobody lives any more');
    this.epoch = this.disk.floors();
  }
}
