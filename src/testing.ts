/**
 * `socomm/testing`: groups for tests of your own code. The real library over a made-up network, disk and clock, in one
 * process: no native addon, no file, no socket, no waiting. The same seed gives the same run.
 *
 * ```js
 * const group = createTestGroup({ seed: 7 });
 * const [a, b] = [await group.join(), await group.join()];
 * a.doc.getMap('presets').set('warm-pad', { name: 'Warm Pad' });
 * await group.settled();
 * b.doc.getMap('presets').get('warm-pad'); // { name: 'Warm Pad' }
 * await group.run(a.flush());
 * await group.killWriter();
 * await group.close();
 * ```
 */

import { MemoryBlobDisk, MemoryBlobStore } from '../storage/blobs/memory-blob-store.js';
import { MemoryDisk } from '../storage/memory-disk.js';
import { MemoryStore } from '../storage/memory-store.js';
import { MemoryRoster } from '../sync/discovery/memory-roster.js';
import { MemoryNetwork } from '../sync/memory-network.js';
import { MemoryTransport } from '../sync/memory-transport.js';
import type { PeerId } from './base/ids.js';
import { peerOf } from './base/ids.js';
import { silent } from './base/log.js';
import { seededRandom } from './base/random.js';
import { VirtualClock } from './base/virtual-clock.js';
import { enter } from './enter.js';
import type { Instance } from './instance.js';
import { Peer } from './peer.js';
import { ownPeer } from './peer-table.js';
import { isAtRest } from './rest.js';

export type { Instance } from './instance.js';

export interface TestGroupOptions {
  /** Decides ids, delays and chances. Default: 1. */
  readonly seed?: number;
  /** Default: `'test'`. */
  readonly group?: string;
}

export interface TestJoinOptions {
  readonly storage?: 'auto' | 'never';
  readonly wait?: 'synced' | 'none';
}

export interface TestGroup {
  /** A further instance, with a peer of its own; turns the clock until it has joined. */
  join(options?: TestJoinOptions): Promise<Instance>;
  /** Turns the clock until all that can reach each other are equal and nobody has anything to say. Rejects after 60 s of virtual time. */
  settled(): Promise<void>;
  /** Lets virtual time pass. */
  advance(ms: number): Promise<void>;
  /** Turns the clock until the promise settles: for `flush()`, `synced()`, `close()`. Rejects after 60 s of virtual time. */
  run<Result>(promise: Promise<Result>): Promise<Result>;
  /** Cuts two instances off from each other; returns what heals it. */
  partition(a: Instance, b: Instance): () => void;
  /** Kills the peers of these instances in one moment, as `kill -9` would: nothing is said and nothing more is saved. */
  kill(...instances: readonly Instance[]): Promise<void>;
  /** Kills the peer that writes. Undefined if nobody wrote. */
  killWriter(): Promise<Instance | undefined>;
  /** Closes every instance that lives. */
  close(): Promise<void>;
}

const PATIENCE_MS = 60_000;
const STEP_MS = 5;

/** A group on the memory transport, memory store and virtual clock. */
export function createTestGroup({ seed = 1, group = 'test' }: TestGroupOptions = {}): TestGroup {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const network = new MemoryNetwork({ clock, random });
  const roster = new MemoryRoster();
  const disk = new MemoryDisk();
  const blobDisk = new MemoryBlobDisk();
  const members = new Map<Instance, Member>();

  async function run<Result>(promise: Promise<Result>): Promise<Result> {
    const progress = { isSettled: false };
    const mark = (): void => void (progress.isSettled = true);
    promise.then(mark, mark);
    const endsAt = clock.now() + PATIENCE_MS;
    while (!progress.isSettled && clock.now() < endsAt) await clock.advance(STEP_MS);
    if (!progress.isSettled) throw new Error(`not settled after ${PATIENCE_MS / 1000} s of virtual time`);
    return promise;
  }

  async function join({ storage = 'auto', wait = 'synced' }: TestJoinOptions = {}): Promise<Instance> {
    const transport = new MemoryTransport(network);
    const store = new MemoryStore(disk);
    const blobs = new MemoryBlobStore(blobDisk);
    const discovery = roster.discovery();
    const peer = new Peer({ group, canWrite: storage === 'auto', transport, discovery, store, blobs, clock, random, log: silent, pid: 0 });
    const instance = await run(ownPeer(peer.open().then(() => peer)).then((borrowed) => enter(borrowed, { wait })));
    members.set(instance, { peer, transport, store, blobs });
    return instance;
  }

  async function settled(): Promise<void> {
    const endsAt = clock.now() + PATIENCE_MS;
    for (;;) {
      await clock.advance(STEP_MS);
      const peers = [...members.values()].map(({ peer }) => peer);
      if (network.inFlight === 0 && isAtRest(peers, (a, b) => network.isCut(a.id, b.id) || network.isCut(b.id, a.id))) return;
      if (clock.now() >= endsAt) throw new Error(`the group did not come to rest within ${PATIENCE_MS / 1000} s of virtual time`);
    }
  }

  function partition(a: Instance, b: Instance): () => void {
    return network.partition(peerOf(a.id), peerOf(b.id));
  }

  async function kill(...instances: readonly Instance[]): Promise<void> {
    for (const instance of instances) {
      const member = members.get(instance);
      if (member === undefined) throw new TypeError(`instance ${instance.id} is none of this group, or has ended`);
      const { peer, transport, store, blobs } = member;
      members.delete(instance);
      // First its voice: nothing that ends says a word.
      transport.crash();
      peer.crash();
      roster.crash(peer.id);
      store.crash();
      blobs.crash();
    }
    await clock.advance(0);
  }

  async function killWriter(): Promise<Instance | undefined> {
    const writer = [...members.keys()].find((instance) => members.get(instance)?.peer.role === 'writer');
    if (writer !== undefined) await kill(writer);
    return writer;
  }

  async function close(): Promise<void> {
    const instances = [...members.keys()];
    members.clear();
    await run(Promise.all(instances.map((instance) => instance.close())));
  }

  return { join, settled, advance: (ms) => clock.advance(ms), run, partition, kill, killWriter, close };
}

interface Member {
  readonly peer: Peer;
  readonly transport: MemoryTransport;
  readonly store: MemoryStore;
  readonly blobs: MemoryBlobStore;
}

/** For messages of tests: which peer an instance lives in. */
export type { PeerId };
