/**
 * The values of other peers, of the names that somebody here subscribes to. Who is not linked has none: what it said is gone with
 * it, and asked for anew when it is met again. Nothing that comes in throws.
 */

import type { InstanceId, PeerId } from '../../src/base/ids.js';
import { peerOf } from '../../src/base/ids.js';
import { Dropped } from '../dropped.js';
import { readKey, valuesKey } from '../keys.js';
import { DEPARTED_INSTANCES_MAX, VALUES_ASK_PAUSE_MS } from '../limits.js';
import type { Mesh } from '../mesh.js';
import { Questions } from '../questions.js';
import { Readiness } from '../readiness.js';
import type { ValueEntry } from '../values.js';
import { decodePublished } from '../wire/published-frame.js';
import { HeardPeer } from './heard-peer.js';

/** One name that is subscribed to. */
interface HeardName {
  readonly name: string;
  readonly about: string;
  readonly peers: Map<PeerId, Told>;
}

interface Told {
  readonly heard: HeardPeer;
  askedAtMs: number;
  cancelTimer: (() => void) | undefined;
}

export class HeardValues {
  readonly dropped: Dropped;
  readonly #mesh: Mesh;
  readonly #changed: (name: string, entries: readonly ValueEntry[]) => void;
  readonly #names = new Map<string, HeardName>();
  readonly #linked = new Set<PeerId>();
  readonly #departed = new Map<PeerId, Set<InstanceId>>();
  readonly #questions: Questions<HeardName>;
  readonly #readiness = new Readiness<HeardName>();

  constructor(mesh: Mesh, changed: (name: string, entries: readonly ValueEntry[]) => void) {
    this.#mesh = mesh;
    this.#changed = changed;
    this.dropped = new Dropped(mesh);
    this.#questions = new Questions(mesh);
    for (const peer of mesh.peers()) this.#linked.add(peer);
  }

  get isListening(): boolean {
    return this.#names.size > 0;
  }

  /** Resolves when all peers that are linked have told their values. */
  begin(name: string): Promise<void> {
    let heard = this.#names.get(name);
    if (heard === undefined) {
      heard = { name, about: valuesKey(name), peers: new Map() };
      this.#names.set(name, heard);
      this.#mesh.transport.subscribe(heard.about);
      for (const peer of this.#linked) this.#follow(heard, peer);
      this.#questions.ask(heard, [...this.#linked]);
    }
    const { peers } = heard;
    return this.#readiness.begin(
      heard,
      [...this.#linked].filter((peer) => peers.get(peer)?.heard.isInDoubt !== false),
    );
  }

  /** As `begin`, and asks anew also those who have told before. */
  refresh(name: string): Promise<void> {
    const heard = this.#names.get(name);
    if (heard === undefined) return this.begin(name);
    const linked = [...this.#linked];
    this.#questions.ask(heard, linked);
    return this.#readiness.begin(heard, linked);
  }

  end(name: string): void {
    const heard = this.#names.get(name);
    if (heard === undefined) return;
    this.#names.delete(name);
    for (const { cancelTimer } of heard.peers.values()) cancelTimer?.();
    this.#questions.forget(heard);
    this.#readiness.forget(heard);
    this.#mesh.transport.unsubscribe(heard.about);
  }

  entries(name: string): ValueEntry[] {
    return [...(this.#names.get(name)?.peers.values() ?? [])].flatMap(({ heard }) => heard.entries());
  }

  /** Everything may have changed unseen. */
  askAll(): void {
    for (const heard of this.#names.values()) this.#questions.ask(heard, [...this.#linked]);
  }

  /** A frame under the key of a name, or of a question about one. */
  published(bytes: Uint8Array, key: string): void {
    const asker = this.#questions.subjectOf(key);
    const heard = asker ?? this.#nameOf(key);
    if (heard === undefined) return;
    const opened = decodePublished(bytes);
    if (!opened.ok) return this.dropped.unreadable(opened.detail);
    const { sender, frame } = opened;
    const told = heard.peers.get(sender);
    if (told === undefined) return this.dropped.unlinked();
    if (frame.kind === 'values' && asker === undefined) {
      this.#changed(heard.name, told.heard.changes(frame, this.#questions.isAsked(heard, sender)));
    } else if (frame.kind === 'tail' && asker === undefined) {
      told.heard.tail(frame.number);
    } else if (frame.kind === 'whole' && asker !== undefined) {
      const changes = told.heard.whole(key, frame);
      if (changes === undefined) return;
      this.#questions.answered(key, sender);
      this.#changed(heard.name, changes);
      if (!told.heard.isInDoubt) this.#readiness.answered(heard, sender);
    } else {
      return this.dropped.unreadable(`${frame.kind} under ${key}`);
    }
    if (told.heard.isInDoubt) this.#ask(heard, sender, told);
  }

  peerMet(peer: PeerId): void {
    if (this.#linked.has(peer)) return;
    this.#linked.add(peer);
    for (const heard of this.#names.values()) {
      this.#follow(heard, peer);
      this.#questions.ask(heard, [peer]);
    }
  }

  peerLost(peer: PeerId): void {
    this.#linked.delete(peer);
    this.#departed.delete(peer);
    this.#questions.peerLost(peer);
    for (const heard of this.#names.values()) {
      const told = heard.peers.get(peer);
      if (told === undefined) continue;
      told.cancelTimer?.();
      heard.peers.delete(peer);
      this.#changed(
        heard.name,
        told.heard.entries().map((entry) => ({ ...entry, bytes: undefined })),
      );
    }
    this.#readiness.peerLost(peer);
  }

  instanceLeft(instance: InstanceId): void {
    const peer = peerOf(instance);
    if (!this.#linked.has(peer)) return;
    const departed = this.#departed.get(peer) ?? new Set();
    this.#departed.set(peer, departed.add(instance));
    if (departed.size > DEPARTED_INSTANCES_MAX) for (const oldest of departed) if (departed.delete(oldest)) break;
    for (const { name, peers } of this.#names.values()) this.#changed(name, peers.get(peer)?.heard.drop(instance) ?? []);
  }

  close(): void {
    for (const name of [...this.#names.keys()]) this.end(name);
    this.#questions.close();
  }

  #nameOf(key: string): HeardName | undefined {
    const read = readKey(key);
    return read?.kind === 'values' ? this.#names.get(read.name) : undefined;
  }

  #follow({ peers }: HeardName, peer: PeerId): void {
    const hasLeft = (instance: InstanceId): boolean => this.#departed.get(peer)?.has(instance) === true;
    const heard = new HeardPeer(peer, hasLeft, () => this.dropped.refused());
    peers.set(peer, { heard, askedAtMs: this.#mesh.clock.now(), cancelTimer: undefined });
  }

  /** Asks one peer for all that stands, unless that is being done; where losses come in a storm, with a pause. */
  #ask(heard: HeardName, peer: PeerId, told: Told): void {
    if (told.cancelTimer !== undefined || this.#questions.isAsked(heard, peer)) return;
    const { clock } = this.#mesh;
    const waitMs = told.askedAtMs + VALUES_ASK_PAUSE_MS - clock.now();
    const ask = (): void => {
      told.cancelTimer = undefined;
      told.askedAtMs = clock.now();
      this.#questions.ask(heard, [peer]);
    };
    if (waitMs <= 0) ask();
    else told.cancelTimer = clock.after(waitMs, ask);
  }
}
