/** Three real peers over a network, disk and clock of memory: the first writes. What the fuzzer needs to see of each is kept beside it. */

import type { PeerId } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import type { Random } from '../../src/base/random.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { Peer } from '../../src/peer.js';
import type { Replica } from '../../src/replica/replica.js';
import { isAtRest } from '../../src/rest.js';
import { MemoryDisk } from '../../storage/memory-disk.js';
import { MemoryStore } from '../../storage/memory-store.js';
import { MemoryRoster } from '../../sync/discovery/memory-roster.js';
import { MAIN } from '../../sync/membership.js';
import { MemoryNetwork } from '../../sync/memory-network.js';
import { MemoryTransport } from '../../sync/memory-transport.js';
import type { PeerAddress, Transport, TransportListener } from '../../sync/transport.js';
import { decodeFrame } from '../../sync/wire/decode-frame.js';
import { PROTOCOL } from '../../sync/wire/frame.js';

export const DOCUMENTS = [MAIN, 'notes'] as const;
const STEP_MS = 50;
const PATIENCE_MS = 180_000;

export interface Question {
  readonly document: string;
  readonly request: number;
}

export interface Member {
  readonly peer: Peer;
  /** Into this the fuzzer feeds. */
  readonly listener: TransportListener;
  /** The last `want` that it sent to each peer. */
  readonly asked: Map<PeerId, Question>;
  /** Warnings raised, by code. */
  readonly warnings: Map<string, number>;
  /** What must not have happened: a step that failed, a refusal that changed something. */
  readonly failures: string[];
  /** Updates that passed all checks: only these may change a document. */
  readonly taken: { count: number };
}

export class FuzzGroup {
  readonly clock = new VirtualClock();
  readonly roster = new MemoryRoster();
  readonly members: Member[] = [];
  readonly #random: Random;
  readonly #network: MemoryNetwork;
  readonly #disk = new MemoryDisk();

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#network = new MemoryNetwork({ clock: this.clock, random: this.#random });
  }

  static async open(seed: number): Promise<FuzzGroup> {
    const group = new FuzzGroup(seed);
    for (let count = 0; count < 3; count++) {
      group.members.push(await group.#join());
      await group.rest();
    }
    return group;
  }

  async #join(): Promise<Member> {
    const asked = new Map<PeerId, Question>();
    const warnings = new Map<string, number>();
    const failures: string[] = [];
    const taken = { count: 0 };
    const tapped: { listener?: TransportListener } = {};
    const peer = new Peer({
      group: 'fuzz',
      canWrite: true,
      transport: tap(new MemoryTransport(this.#network), {
        opened: (listener) => void (tapped.listener = listener),
        requested: (to, bytes) => note(asked, to, bytes),
      }),
      discovery: this.roster.discovery(),
      store: new MemoryStore(this.#disk),
      clock: this.clock,
      random: this.#random,
      log: ({ level, code, message }) => {
        if (level === 'warn') warnings.set(code, (warnings.get(code) ?? 0) + 1);
        if (code === 'step-failed') failures.push(message);
      },
      pid: 0,
    });
    await peer.open();
    for (const document of DOCUMENTS) {
      peer.openDocument(document);
      watch(peer.replica(document), taken, failures);
    }
    peer.attach();
    if (tapped.listener === undefined) throw new Error('a transport was not opened');
    return { peer, listener: tapped.listener, asked, warnings, failures, taken };
  }

  /** A stranger enters the roster, so that it counts as alive. */
  async announce(address: PeerAddress): Promise<void> {
    await this.roster.discovery().announce({ ...address, ...PROTOCOL, pid: 0, packageVersion: '0', canWrite: false });
  }

  /** Turns the clock until all are equal, synced and have nothing to say. */
  async rest(): Promise<void> {
    const peers = this.members.map(({ peer }) => peer);
    const endsAt = this.clock.now() + PATIENCE_MS;
    for (;;) {
      await this.clock.advance(STEP_MS);
      if (this.#network.inFlight === 0 && peers.every(({ isSynced }) => isSynced) && isAtRest(peers, () => false)) return;
      if (this.clock.now() >= endsAt) throw new Error(`the group did not come to rest:\n${this.describe()}`);
    }
  }

  /** Turns the clock until all replicas are equal, wait for nothing, and are as `isAsExpected` says. */
  async converge(isAsExpected: (replica: Replica) => boolean): Promise<void> {
    const endsAt = this.clock.now() + PATIENCE_MS;
    const haveConverged = (document: string): boolean => {
      const replicas = this.members.map(({ peer }) => peer.replica(document));
      const digests = new Set(replicas.map((replica) => replica.digest()));
      return digests.size === 1 && replicas.every((replica) => !replica.hasPending() && isAsExpected(replica));
    };
    while (!DOCUMENTS.every(haveConverged)) {
      if (this.clock.now() >= endsAt) throw new Error(`the group did not converge:\n${this.describe()}`);
      await this.clock.advance(STEP_MS);
    }
  }

  async run<Result>(promise: Promise<Result>): Promise<Result> {
    const progress = { isSettled: false };
    const mark = (): void => void (progress.isSettled = true);
    promise.then(mark, mark);
    const endsAt = this.clock.now() + PATIENCE_MS;
    while (!progress.isSettled && this.clock.now() < endsAt) await this.clock.advance(STEP_MS);
    if (!progress.isSettled) throw new Error(`something did not come to its end:\n${this.describe()}`);
    return promise;
  }

  async close(): Promise<void> {
    await this.run(Promise.all(this.members.map(({ peer }) => peer.close())));
  }

  describe(): string {
    return this.members
      .map(({ peer }) => {
        const { writer, links, documents } = peer.synchronizer.state;
        const states = [...documents.values()].map(({ name, replica, doubts, held, catchUp, applied, ownSeq }) => {
          const stand = {
            digest: replica.digest(),
            pending: replica.hasPending(),
            doubts: doubts.size,
            held: held.size,
            asks: catchUp?.peer,
          };
          return { name, ...stand, ownSeq, applied: Object.fromEntries(applied) };
        });
        return JSON.stringify({ id: peer.id, election: peer.candidacy.state.kind, writer, links: [...links.keys()], states });
      })
      .join('\n');
  }
}

/** What fails a check changes nothing. */
function watch(replica: Replica, taken: Member['taken'], failures: string[]): void {
  const apply = replica.apply.bind(replica);
  const stateOf = (): string => `${replica.digest()} ${replica.hasPending()}`;
  replica.apply = (updates, source) => {
    const before = stateOf();
    const outcome = apply(updates, source);
    if (outcome.ok) taken.count++;
    else if (stateOf() !== before) failures.push(`a refused ${source} (${outcome.detail}) changed a document`);
    return outcome;
  };
}

interface Tap {
  readonly opened: (listener: TransportListener) => void;
  readonly requested: (to: PeerId, frame: Uint8Array) => void;
}

/** The same transport, with an ear at what goes out. */
function tap(inner: MemoryTransport, { opened, requested }: Tap): Transport {
  return {
    traffic: inner.traffic,
    open: (id, listener) => {
      opened(listener);
      return inner.open(id, listener);
    },
    request: (to, frame) => {
      requested(to, frame);
      inner.request(to, frame);
    },
    respond: (to, frame) => inner.respond(to, frame),
    connect: (peer) => inner.connect(peer),
    canReach: () => inner.canReach(),
    disconnect: (peer) => inner.disconnect(peer),
    subscribe: (key) => inner.subscribe(key),
    unsubscribe: (key) => inner.unsubscribe(key),
    publish: (key, frame, body) => inner.publish(key, frame, body),
    post: (to, frame, body) => inner.post(to, frame, body),
    close: () => inner.close(),
  };
}

function note(asked: Map<PeerId, Question>, to: PeerId, bytes: Uint8Array): void {
  const decoded = decodeFrame(bytes);
  if (decoded.ok && decoded.frame.kind === 'want') asked.set(to, { document: decoded.frame.document, request: decoded.frame.request });
}
