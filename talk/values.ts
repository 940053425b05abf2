/**
 * Ephemeral values: the latest per name, instance and key; nothing of it is kept. What is lost on the way is healed by asking its
 * peer for all that stands. This file joins the parts: what this peer's instances set, and what others' have (values/). It never
 * waits for a subscriber. Spec: docs/TALKING.md.
 *
 *   set ──► own values ──at most so often──► pump ──► transport ══► heard values ──► change feeds ──► subscribers
 *   subscribe ──► question ══► answers ──► whole ══► heard values
 */

import { SocommError, describe } from '../src/base/errors.js';
import type { InstanceId, PeerId } from '../src/base/ids.js';
import { turn } from '../src/base/turn.js';
import { Answers, questionTo } from './answers.js';
import type { DroppedFrames } from './dropped.js';
import { isAboutValues, readKey } from './keys.js';
import { SUBSCRIPTIONS_MAX } from './limits.js';
import type { Mesh } from './mesh.js';
import { Pump } from './pump.js';
import type { Published } from './pump.js';
import { Tails } from './tails.js';
import { ChangeFeed } from './values/change-feed.js';
import { HeardValues } from './values/heard-values.js';
import { OwnValues } from './values/own-values.js';
import type { OwnValue } from './values/own-values.js';
import { Watch } from './watch.js';

/** One value as it stands. `bytes` undefined in a change: it is gone. */
export interface ValueEntry {
  readonly instance: InstanceId;
  readonly key: string;
  readonly codec: string;
  readonly bytes: Uint8Array | undefined;
}

export interface ValuesSubscription {
  /** Resolves when every peer that is linked has told its current values. */
  readonly ready: Promise<void>;
  end(): void;
}

export class Values {
  readonly #mesh: Mesh;
  readonly #own: OwnValues;
  readonly #heard: HeardValues;
  readonly #feeds = new Map<string, Set<ChangeFeed>>();
  readonly #watch: Watch;
  readonly #tails: Tails;
  readonly #tailsDue = new Set<string>();
  readonly #answers = new Answers();
  readonly #pump: Pump;
  #feedCount = 0;
  #isClosed = false;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#own = new OwnValues(mesh.self, mesh.clock, () => this.#pump.wake());
    this.#heard = new HeardValues(mesh, (name, entries) => this.#tell(name, entries));
    this.#watch = new Watch(mesh.clock, () => this.#heard.askAll());
    this.#tails = new Tails(mesh.clock, (key) => {
      this.#tailsDue.add(key);
      this.#pump.wake();
    });
    this.#pump = new Pump(mesh.transport, () => this.#next());
  }

  /** For inspection. */
  get dropped(): Readonly<DroppedFrames> {
    return this.#heard.dropped.counts;
  }

  /**
   * Sent at once, and then at most `perSecondMax` times a second, each time the latest of each key. Copies the bytes. Throws
   * `SOCOMM_TOO_LARGE` for a large value, `SOCOMM_BUSY` for too many, and `TypeError` for a key that cannot be one.
   */
  set(instance: InstanceId, name: string, value: OwnValue): void {
    if (!this.#isClosed) this.#tell(name, [this.#own.set(instance, name, value)]);
  }

  delete(instance: InstanceId, name: string, key: string): void {
    const gone = this.#isClosed ? undefined : this.#own.delete(instance, name, key);
    if (gone !== undefined) this.#tell(name, [gone]);
  }

  /** What is known of a name now: of our own instances always, of others only while somebody here subscribes to it. */
  entries(name: string): readonly ValueEntry[] {
    return [...this.#own.entries(name), ...this.#heard.entries(name)];
  }

  /**
   * `listener` gets what changed, gathered per turn, of others and of our own instances; not what stood before: `entries` has it.
   * Throws `SOCOMM_BUSY` where a peer has more subscriptions than it can follow.
   */
  subscribe(name: string, listener: (changes: readonly ValueEntry[]) => void): ValuesSubscription {
    if (this.#isClosed) return { ready: Promise.resolve(), end: () => undefined };
    if (this.#feedCount >= SUBSCRIPTIONS_MAX)
      throw new SocommError('SOCOMM_BUSY', `${SUBSCRIPTIONS_MAX} subscriptions to values in one peer: end some`);
    const feed = new ChangeFeed((changes) => this.#call(name, () => listener(changes)));
    this.#feeds.set(name, (this.#feeds.get(name) ?? new Set()).add(feed));
    this.#feedCount++;
    this.#watch.start();
    // The last answer is handed over within the turn that it came in: who is told that all have answered has had it.
    const ready = this.#heard.begin(name).then(() => turn());
    return { ready, end: () => this.#end(name, feed) };
  }

  /** Asks all who are linked for what stands now, of a name that is subscribed to. Resolves when it has been told. */
  refresh(name: string): Promise<void> {
    return this.#isClosed ? Promise.resolve() : this.#heard.refresh(name).then(() => turn());
  }

  /** Whether the frame was of this kind. */
  published(frame: Uint8Array, key: string): boolean {
    if (!isAboutValues(key)) return false;
    if (!this.#isClosed) this.#heard.published(frame, key);
    return true;
  }

  subscribed(key: string): void {
    const question = questionTo(this.#mesh.self, key);
    if (this.#isClosed || question === undefined || readKey(question.about)?.kind !== 'values') return;
    this.#answers.add(key, question);
    this.#pump.wake();
  }

  peerMet(peer: PeerId): void {
    if (!this.#isClosed) this.#heard.peerMet(peer);
  }

  peerLost(peer: PeerId): void {
    this.#heard.peerLost(peer);
  }

  instanceLeft(instance: InstanceId): void {
    this.#heard.instanceLeft(instance);
  }

  instanceClosed(instance: InstanceId): void {
    if (!this.#isClosed) this.#own.instanceClosed(instance, (name, gone) => this.#tell(name, [gone]));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#own.hurry();
    this.#pump.empty();
    this.#isClosed = true;
    for (const feeds of this.#feeds.values()) for (const feed of feeds) feed.close();
    this.#feeds.clear();
    this.#watch.stop();
    this.#tails.close();
    this.#own.close();
    this.#heard.close();
  }

  #end(name: string, feed: ChangeFeed): void {
    const feeds = this.#feeds.get(name);
    if (feeds?.delete(feed) !== true) return;
    feed.close();
    this.#feedCount--;
    if (feeds.size > 0) return;
    this.#feeds.delete(name);
    this.#heard.end(name);
    if (!this.#heard.isListening) this.#watch.stop();
  }

  #tell(name: string, entries: readonly ValueEntry[]): void {
    for (const feed of this.#feeds.get(name) ?? []) for (const entry of entries) feed.add(entry);
  }

  #call(name: string, tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#mesh.warn('listener-threw', `a subscriber of the values ${name} threw: ${describe(error)}`);
    }
  }

  #next(): Published | undefined {
    if (this.#isClosed) return undefined;
    if (!this.#own.isAnswering) this.#beginAnswer();
    return this.#own.next((key) => this.#tails.sent(key)) ?? this.#nextTail();
  }

  #beginAnswer(): void {
    const answer = this.#answers.next();
    const about = answer === undefined ? undefined : readKey(answer.question.about);
    if (answer !== undefined && about?.kind === 'values') this.#own.answer(answer.key, about.name);
  }

  #nextTail(): Published | undefined {
    for (const key of this.#tailsDue) {
      this.#tailsDue.delete(key);
      const read = readKey(key);
      const tail = read?.kind === 'values' ? this.#own.tail(read.name) : undefined;
      if (tail !== undefined) return tail;
    }
    return undefined;
  }
}
