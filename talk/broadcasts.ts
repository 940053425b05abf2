/**
 * Topics: messages to whoever subscribed, in order per sender, and never missed in silence. This file joins the parts: what goes
 * out (outbox, house mail, answers, tails) and what comes in (hearing). It never waits for a subscriber, and keeps no message
 * once the transport has it. Spec: docs/TALKING.md.
 *
 *   publish ──► house mail ──► other instances of this peer
 *           └─► outbox ──► pump ──► transport ══► hearing ──► subscribers        numbers: own keys ══► following
 *   subscribe ──► question ══► answers ──► baseline ══► hearing: from here on each number is delivered or counted
 *   delivered ──► receipts ══► all have it, or have counted it
 */

import { SocommError } from '../src/base/errors.js';
import { peerOf } from '../src/base/ids.js';
import type { InstanceId, PeerId } from '../src/base/ids.js';
import { Answers, questionTo } from './answers.js';
import type { Question } from './answers.js';
import { Drains } from './broadcast/drains.js';
import { Hearing } from './broadcast/hearing.js';
import { HouseMail } from './broadcast/house-mail.js';
import { Outbox } from './broadcast/outbox.js';
import { OwnKeys } from './broadcast/own-keys.js';
import { Receipts } from './broadcast/receipts.js';
import { Subscriptions } from './broadcast/subscriptions.js';
import type { Follower } from './broadcast/subscriptions.js';
import type { DroppedFrames } from './dropped.js';
import { EVERYONE, topicKey, topicScope } from './keys.js';
import { LARGE_BYTES_MIN, SUBSCRIPTIONS_MAX } from './limits.js';
import type { Mesh } from './mesh.js';
import { Pump } from './pump.js';
import type { Published } from './pump.js';
import { Questions } from './questions.js';
import { Readiness } from './readiness.js';
import { SubscribedKeys } from './subscribed-keys.js';
import { Tails } from './tails.js';
import { Watch } from './watch.js';
import { encodePublished } from './wire/published-frame.js';

/** Where a message comes from, and what it is. Messages that follow each other share it: whoever has judged it once need not again. */
export interface Origin {
  readonly from: InstanceId;
  readonly topic: string;
  /** The name of the codec that it was encoded with. */
  readonly codec: string;
}

export interface BroadcastListener {
  /** The bytes are the subscriber's to look at, and nobody's to change. */
  message(origin: Origin, bytes: Uint8Array): void;
  /** `count` messages of this peer on this topic that were for us are lost; told before whatever came behind them. */
  missed(loss: { readonly from: PeerId; readonly topic: string; readonly count: number }): void;
}

export interface Outgoing {
  readonly topic: string;
  /** Undefined: everyone who subscribed. */
  readonly to: PeerId | InstanceId | undefined;
  readonly codec: string;
  /** Copied before the call ends, unless they are many (LARGE_BYTES_MIN): those must not be changed afterwards. */
  readonly bytes: Uint8Array;
  /** Delivered to the publishing instance, too, if it subscribed. */
  readonly isEchoed: boolean;
}

export interface BroadcastSubscription {
  /** Resolves when every peer that is linked has confirmed the subscription: from then on nothing is missed unseen. */
  readonly ready: Promise<void>;
  end(): void;
}

export class Broadcasts {
  readonly #self: PeerId;
  readonly #subscriptions: Subscriptions;
  readonly #subscribedKeys: SubscribedKeys;
  readonly #questions: Questions<Follower>;
  readonly #readiness = new Readiness<Follower>();
  readonly #hearing: Hearing;
  readonly #receipts: Receipts;
  readonly #watch: Watch;
  readonly #ownKeys = new OwnKeys((key) => this.#tails.forget(key));
  readonly #tails: Tails;
  readonly #tailsDue = new Set<string>();
  readonly #answers = new Answers();
  readonly #outbox: Outbox;
  readonly #mail: HouseMail;
  readonly #pump: Pump;
  readonly #drains = new Drains();
  #lastTopic = { topic: '', key: '' };
  #lastInstance: { readonly id: InstanceId | undefined; readonly number: number } = { id: undefined, number: 0 };
  #isClosed = false;

  constructor(mesh: Mesh) {
    this.#self = mesh.self;
    this.#subscriptions = new Subscriptions(mesh.self);
    this.#subscribedKeys = new SubscribedKeys(mesh.transport);
    this.#questions = new Questions(mesh);
    this.#hearing = new Hearing({
      mesh,
      subscriptions: this.#subscriptions,
      asker: (key) => this.#questions.subjectOf(key) ?? (this.#receipts.isAsking(key) ? 'receipts' : undefined),
      answered: (key, from) => this.#answered(key, from),
    });
    this.#receipts = new Receipts({
      mesh,
      subscriptions: this.#subscriptions,
      linked: this.#hearing.linked,
      isUnconfirmed: (follower, peer) => this.#questions.isAsked(follower, peer),
      answer: (key, question) => this.#answer(key, question),
    });
    this.#watch = new Watch(mesh.clock, () => this.#askAll());
    this.#tails = new Tails(mesh.clock, (key) => {
      this.#tailsDue.add(key);
      this.#pump.wake();
    });
    this.#outbox = new Outbox(mesh.self, this.#ownKeys);
    this.#mail = new HouseMail(
      (follower, origin, bytes) => this.#hearing.deliver(follower, origin, bytes),
      () => this.#tellDrained(),
    );
    this.#pump = new Pump(mesh.transport, () => this.#next());
    for (const peer of mesh.peers()) this.#hearing.peerMet(peer);
  }

  /** For inspection. */
  get dropped(): Readonly<DroppedFrames> {
    return this.#hearing.dropped.counts;
  }

  /** For inspection: bytes that wait to be sent, and of large messages that have not come in whole. */
  get waitingBytes(): { readonly outgoing: number; readonly incoming: number } {
    return { outgoing: Math.max(this.#outbox.costBytes, this.#mail.byteLength), incoming: this.#hearing.partialBytes };
  }

  /** Throws `SOCOMM_TOO_LARGE`, and `SOCOMM_QUEUE_FULL` where more is published than can be sent. */
  publish(from: InstanceId, message: Outgoing): void {
    if (this.#isClosed) return;
    const { topic, to, bytes } = message;
    Outbox.check(bytes, Math.max(this.#outbox.costBytes, this.#mail.byteLength));
    const key = to === undefined ? this.#keyToEveryone(topic) : topicKey(to, topic);
    const followers = this.#subscriptions.of(key);
    if (followers.length > 0) this.#mailTo(followers, from, message);
    if (to !== undefined && isOf(this.#self, to)) return;
    this.#outbox.add(key, this.#numberOf(from), message);
    this.#pump.wake();
  }

  /**
   * `pattern`: a topic, or the beginning of some with its closing `/`. Throws `SOCOMM_BUSY` where a peer has more subscriptions
   * than it can follow.
   */
  subscribe(instance: InstanceId, pattern: string, listener: BroadcastListener): BroadcastSubscription {
    if (this.#isClosed) return { ready: Promise.resolve(), end: () => undefined };
    if (this.#subscriptions.count >= SUBSCRIPTIONS_MAX) {
      throw new SocommError(
        'SOCOMM_BUSY',
        `${SUBSCRIPTIONS_MAX} subscriptions in one peer: end some, or subscribe to what their names begin with`,
      );
    }
    const follower = this.#subscriptions.add(instance, pattern, listener);
    for (const key of follower.keys) this.#subscribedKeys.add(key);
    const peers = [...this.#hearing.linked];
    const ready = this.#readiness.begin(follower, peers);
    this.#questions.ask(follower, peers);
    this.#watch.start();
    return { ready, end: () => this.#end(follower) };
  }

  /** Resolves when all that was published before the call has been handed to the transport, and to the instances of this peer. */
  drained(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const drained = this.#drains.until({ outbox: this.#outbox.taken, mail: this.#mail.taken });
    this.#tellDrained();
    return drained;
  }

  /**
   * Resolves when everyone who is linked has had, or has counted as missed, all that was published before the call, and what they are
   * subscribed to has reached us. Waits for who is stopped; rejects with the signal's reason, and with `SOCOMM_CLOSED`.
   */
  delivered(signal?: AbortSignal): Promise<void> {
    if (this.#isClosed) return Promise.reject(new SocommError('SOCOMM_CLOSED', 'this peer is closed'));
    return this.#receipts.delivered(this.drained(), signal);
  }

  published(frame: Uint8Array, key: string, body: Uint8Array | undefined): void {
    if (!this.#isClosed) this.#hearing.published(frame, key, body);
  }

  subscribed(key: string): void {
    const question = questionTo(this.#self, key);
    if (this.#isClosed || question === undefined || topicScope(question) === undefined) return;
    if (!this.#receipts.asked(key, question)) this.#answer(key, question);
  }

  peerMet(peer: PeerId): void {
    if (this.#isClosed || this.#hearing.linked.has(peer)) return;
    this.#hearing.peerMet(peer);
    for (const follower of this.#subscriptions.all()) this.#questions.ask(follower, [peer]);
    this.#receipts.peerMet(peer);
  }

  peerLost(peer: PeerId): void {
    this.#hearing.peerLost(peer);
    this.#questions.peerLost(peer);
    this.#readiness.peerLost(peer);
    this.#receipts.peerLost(peer);
  }

  instanceClosed(instance: InstanceId): void {
    for (const follower of this.#subscriptions.all()) if (follower.instance === instance) this.#end(follower);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#pump.empty();
    this.#isClosed = true;
    for (const follower of this.#subscriptions.all()) this.#end(follower);
    this.#mail.close();
    this.#tails.close();
    this.#questions.close();
    this.#receipts.close();
    this.#subscribedKeys.close();
    this.#drains.close();
  }

  #end(follower: Follower): void {
    if (!follower.isOpen) return;
    this.#subscriptions.remove(follower);
    this.#questions.forget(follower);
    this.#readiness.forget(follower);
    for (const key of follower.keys) this.#subscribedKeys.remove(key);
    this.#hearing.unsubscribed();
    this.#receipts.look();
    if (this.#subscriptions.count === 0) this.#watch.stop();
  }

  #mailTo(followers: readonly Follower[], from: InstanceId, { topic, codec, bytes, isEchoed }: Outgoing): void {
    const except = isEchoed ? undefined : from;
    if (followers.every(({ instance }) => instance === except)) return;
    const kept = bytes.length < LARGE_BYTES_MIN ? new Uint8Array(bytes) : bytes;
    this.#mail.add({ to: followers, except, origin: { from, topic, codec }, bytes: kept });
  }

  /** Mostly the next message is of the same topic as the last one, and of the same instance. */
  #keyToEveryone(topic: string): string {
    if (topic !== this.#lastTopic.topic) this.#lastTopic = { topic, key: topicKey(EVERYONE, topic) };
    return this.#lastTopic.key;
  }

  #numberOf(instance: InstanceId): number {
    if (instance !== this.#lastInstance.id) this.#lastInstance = { id: instance, number: numberOf(instance) };
    return this.#lastInstance.number;
  }

  #answered(key: string, from: PeerId): void {
    const follower = this.#questions.subjectOf(key);
    this.#questions.answered(key, from);
    if (follower === undefined) return this.#receipts.answered(key, from);
    this.#readiness.answered(follower, from);
    this.#receipts.look();
  }

  #answer(key: string, question: Question): void {
    this.#answers.add(key, question);
    this.#pump.wake();
  }

  /** We were away: what was said meanwhile may be lost, and its tails. */
  #askAll(): void {
    for (const follower of this.#subscriptions.all()) this.#questions.ask(follower, [...this.#hearing.linked]);
  }

  #next(): Published | undefined {
    if (this.#isClosed) return undefined;
    return this.#nextAnswer() ?? this.#nextTail() ?? this.#nextMessages();
  }

  /** Not in the middle of a large message: whoever asks now may have seen its beginning, or not. */
  #nextAnswer(): Published | undefined {
    const answer = this.#outbox.isMidway ? undefined : this.#answers.next();
    if (answer === undefined) return undefined;
    const isWanted = topicScope(answer.question) ?? ((): boolean => false);
    const keys = this.#ownKeys.tails(isWanted);
    return { key: answer.key, frame: encodePublished(this.#self, { kind: 'baseline', keys }) };
  }

  #nextTail(): Published | undefined {
    if (this.#tailsDue.size === 0) return undefined;
    for (const key of this.#tailsDue) {
      this.#tailsDue.delete(key);
      const own = this.#ownKeys.get(key);
      if (own === undefined || own.sent === own.base) continue;
      return { key, frame: encodePublished(this.#self, { kind: 'tail', base: own.base, number: own.sent }) };
    }
    return undefined;
  }

  #nextMessages(): Published | undefined {
    const next = this.#outbox.next();
    if (next !== undefined && !this.#outbox.isMidway) this.#tails.sent(next.key);
    this.#tellDrained();
    return next;
  }

  #tellDrained(): void {
    if (this.#drains.isAwaited) this.#drains.tell({ outbox: this.#outbox.handed, mail: this.#mail.handed });
  }
}

function isOf(peer: PeerId, to: PeerId | InstanceId): boolean {
  return peerOf(to as InstanceId) === peer;
}

function numberOf(instance: InstanceId): number {
  return Number(instance.slice(instance.indexOf('.') + 1));
}
