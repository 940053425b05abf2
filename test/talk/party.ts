/**
 * Peers that talk over a memory network on a virtual clock, without documents: who met whom, who is lost and who closed is said by
 * the test. Who handles what is told by a directory that all share, after a delay as of the network.
 */

import type { InstanceId, PeerId } from '../../src/base/ids.js';
import { newInstanceId, newPeerId, peerOf } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import type { Random } from '../../src/base/random.js';
import { turn } from '../../src/base/turn.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { SocommError } from '../../src/base/errors.js';
import { Requests } from '../../src/talk/requests.js';
import { Streams } from '../../src/talk/streams.js';
import type { ConversationHost } from '../../src/talk/conversation-host.js';
import { SharedSignals } from '../../src/base/shared-signals.js';
import { MemoryNetwork } from '../../sync/memory-network.js';
import { MemoryTransport } from '../../sync/memory-transport.js';
import type { PeerAddress } from '../../sync/transport.js';
import { Channels } from '../../talk/channels.js';
import type { DirectoryValues } from '../../talk/channel/directory.js';
import type { ValueEntry } from '../../talk/values.js';

export class Party {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly network: MemoryNetwork;
  readonly peers = new Map<PeerId, PartyPeer>();
  writer: PeerId | undefined;
  /** `instance name` of all that is set, and who listens to changes. */
  readonly #set = new Map<string, ValueEntry>();
  readonly #listeners = new Map<PeerId, (changes: readonly ValueEntry[]) => void>();

  constructor(seed = 1) {
    this.random = seededRandom(seed);
    this.network = new MemoryNetwork({ clock: this.clock, random: this.random });
  }

  async peer(): Promise<PartyPeer> {
    const peer = new PartyPeer(this);
    await peer.open();
    for (const other of this.peers.values()) if (other !== peer) this.join(peer, other);
    return peer;
  }

  /** Both connect, and each learns of it at its own moment. */
  join(a: PartyPeer, b: PartyPeer): void {
    a.connect(b);
    b.connect(a);
  }

  /** Lets time pass, and all that goes without time. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    for (let count = 0; count < 20; count++) await turn();
  }

  /** Lets time pass until it settles, for at most `ms`. */
  async until<Value>(promise: Promise<Value>, ms = 10_000): Promise<Value> {
    const state = { isSettled: false };
    const note = (): void => void (state.isSettled = true);
    promise.then(note, note);
    for (let passed = 0; passed < ms && !state.isSettled; passed++) {
      for (let count = 0; count < 10 && !state.isSettled; count++) await turn();
      if (!state.isSettled) await this.clock.advance(1);
    }
    if (!state.isSettled) throw new Error(`not settled within ${ms} ms of virtual time`);
    return promise;
  }

  /** What went wrong, as a code. */
  async codeOf(promise: Promise<unknown>, ms?: number): Promise<string> {
    const outcome = await this.until(
      promise.then(
        () => 'nothing',
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      ),
      ms,
    );
    return outcome;
  }

  valuesOf(peer: PeerId): DirectoryValues {
    const tell = (entry: ValueEntry): void => {
      for (const [listener, hear] of this.#listeners) {
        if (listener === peer) hear([entry]);
        else this.clock.after(1 + this.random.fraction() * this.network.jitterMs, () => hear([entry]));
      }
    };
    return {
      set: (instance, _name, { key, codec, bytes }) => {
        const entry = { instance, key, codec, bytes };
        this.#set.set(`${instance} ${key}`, entry);
        tell(entry);
      },
      delete: (instance, _name, key) => {
        if (this.#set.delete(`${instance} ${key}`)) tell({ instance, key, codec: '', bytes: undefined });
      },
      entries: () => [...this.#set.values()],
      subscribe: (_name, listener) => {
        this.#listeners.set(peer, listener);
        const ready = new Promise<void>((resolve) => this.clock.after(2, resolve));
        return { ready, end: () => void this.#listeners.delete(peer) };
      },
      refresh: () => new Promise((resolve) => this.clock.after(2, resolve)),
    };
  }

  /** As if its values had vanished with it. */
  forget(isGone: (instance: InstanceId) => boolean): void {
    for (const [name, { instance, key, codec }] of this.#set) {
      if (!isGone(instance)) continue;
      this.#set.delete(name);
      for (const hear of this.#listeners.values()) hear([{ instance, key, codec, bytes: undefined }]);
    }
  }
}

export class PartyPeer {
  readonly party: Party;
  readonly id: PeerId;
  readonly transport: MemoryTransport;
  readonly channels: Channels;
  readonly warnings: string[] = [];
  readonly instances = new Set<InstanceId>();
  address!: PeerAddress;
  #instanceCount = 0;
  readonly #linked = new Set<PeerId>();
  isGone = false;

  constructor(party: Party) {
    this.party = party;
    this.id = newPeerId(party.random);
    this.transport = new MemoryTransport(party.network);
    this.channels = new Channels(
      {
        self: this.id,
        clock: party.clock,
        transport: this.transport,
        peers: () => [...this.#linked],
        instancesOf: (peer) => [...(party.peers.get(peer)?.instances ?? [])],
        writer: () => party.writer,
        warn: (code, message) => void this.warnings.push(`${code}: ${message}`),
      },
      party.valuesOf(this.id),
    );
  }

  async open(): Promise<void> {
    const nothing = (): void => undefined;
    this.address = await this.transport.open(this.id, {
      published: nothing,
      requested: nothing,
      responded: nothing,
      subscribed: nothing,
      dropped: nothing,
      posted: (from, frame, body) => this.channels.posted(from, frame, body),
      disconnected: (peer) => this.lose(peer),
    });
    this.party.peers.set(this.id, this);
  }

  instance(): PartyInstance {
    const id = newInstanceId(this.id, ++this.#instanceCount);
    this.instances.add(id);
    return new PartyInstance(this, id);
  }

  connect(other: PartyPeer): void {
    if (this.isGone || other.isGone) return;
    this.transport.connect(other.address);
    this.party.clock.after(2 + this.party.random.fraction() * 3, () => {
      if (this.isGone || other.isGone || this.#linked.has(other.id)) return;
      this.#linked.add(other.id);
      this.channels.peerMet(other.id);
    });
  }

  lose(peer: PeerId): void {
    if (this.#linked.delete(peer)) this.channels.peerLost(peer);
  }

  /** This side drops the connection; the other may not even notice. */
  cutOff(other: PartyPeer): void {
    this.transport.disconnect(other.id);
    this.lose(other.id);
  }

  /** As a kill would. */
  crash(): void {
    this.isGone = true;
    this.party.peers.delete(this.id);
    this.channels.close();
    this.transport.crash();
    this.party.forget((instance) => peerOf(instance) === this.id);
  }
}

export class PartyInstance {
  readonly peer: PartyPeer;
  readonly id: InstanceId;
  readonly requests: Requests;
  readonly streams: Streams;
  #isClosed = false;

  constructor(peer: PartyPeer, id: InstanceId) {
    this.peer = peer;
    this.id = id;
    const host = {
      id,
      talker: { channels: peer.channels, mesh: { writer: () => peer.party.writer } },
      clock: peer.party.clock,
      random: peer.party.random,
      signals: new SharedSignals(),
      silentPeers: () => new Set<string>(),
      warn: (code: string, message: string) => void peer.warnings.push(`${code}: ${message}`),
      assertOpen: () => {
        if (this.#isClosed) throw new SocommError('SOCOMM_CLOSED', 'this instance is closed');
      },
    } as unknown as ConversationHost;
    this.requests = new Requests(host);
    this.streams = new Streams(host);
  }

  close(): void {
    this.#isClosed = true;
    this.peer.instances.delete(this.id);
    this.peer.channels.instanceClosed(this.id);
    for (const other of this.peer.party.peers.values()) {
      if (other !== this.peer) this.peer.party.clock.after(1, () => other.channels.instanceLeft(this.id));
    }
  }
}
