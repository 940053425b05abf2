/**
 * What other peers publish under topics: each frame is read once, and given to the subscriptions that it is for, as far as their
 * numbers say that it is new. Nothing that comes in throws.
 */

import { describe, unreachable } from '../../src/base/errors.js';
import type { PeerId } from '../../src/base/ids.js';
import type { Origin } from '../broadcasts.js';
import { Dropped } from '../dropped.js';
import { readKey } from '../keys.js';
import { LOST_PEERS_MAX } from '../limits.js';
import type { Mesh } from '../mesh.js';
import { decodePublished } from '../wire/published-frame.js';
import type { KeyTail, PublishedFrame, PublishedItem } from '../wire/published-frame.js';
import { Assembly } from './assembly.js';
import { Following } from './following.js';
import { Origins, topicOf } from './origins.js';
import type { Follower, Subscriptions } from './subscriptions.js';

type FrameOf<Kind extends PublishedFrame['kind']> = Extract<PublishedFrame, { kind: Kind }>;

export interface HearingOptions {
  readonly mesh: Pick<Mesh, 'self' | 'clock' | 'warn'>;
  readonly subscriptions: Subscriptions;
  /** Whose question this key is, if it still stands: that of a subscription, or one for receipts. */
  asker(key: string): Follower | 'receipts' | undefined;
  answered(key: string, from: PeerId): void;
}

export class Hearing {
  readonly dropped: Dropped;
  readonly #options: HearingOptions;
  readonly #linked = new Set<PeerId>();
  /** The one lost longest ago first. Its numbers are kept: if it is met again, what it said meanwhile is missed. */
  readonly #lost = new Set<PeerId>();
  readonly #assembly = new Assembly();
  readonly #origins = new Origins();

  constructor(options: HearingOptions) {
    this.#options = options;
    this.dropped = new Dropped(options.mesh);
  }

  get linked(): ReadonlySet<PeerId> {
    return this.#linked;
  }

  get partialBytes(): number {
    return this.#assembly.byteLength;
  }

  peerMet(peer: PeerId): void {
    this.#linked.add(peer);
    this.#lost.delete(peer);
  }

  peerLost(peer: PeerId): void {
    if (!this.#linked.delete(peer)) return;
    this.#assembly.drop((from) => from === peer);
    this.#lost.add(peer);
    if (this.#lost.size <= LOST_PEERS_MAX) return;
    const [oldest] = this.#lost;
    if (oldest === undefined) return;
    this.#lost.delete(oldest);
    for (const { heard } of this.#options.subscriptions.all()) heard.delete(oldest);
  }

  /** Nobody listens to some keys any longer. */
  unsubscribed(): void {
    this.#assembly.drop((_, key) => this.#options.subscriptions.of(key).length === 0);
  }

  published(bytes: Uint8Array, key: string, body: Uint8Array | undefined): void {
    const asker = this.#options.asker(key);
    const followers = this.#options.subscriptions.of(key);
    if (asker === undefined && followers.length === 0) return;
    const opened = decodePublished(bytes);
    if (!opened.ok) return this.dropped.unreadable(opened.detail);
    const { sender, frame } = opened;
    if (!this.#linked.has(sender)) return this.dropped.unlinked();
    switch (frame.kind) {
      case 'messages':
        return this.#messages(sender, key, frame, followers);
      case 'piece':
        return this.#piece(sender, key, frame, { followers, body });
      case 'tail':
        return this.#tail(sender, { ...frame, key }, followers);
      case 'baseline':
        return asker === undefined ? undefined : this.#baseline(sender, key, frame, asker);
      case 'values':
      case 'whole':
        return this.dropped.unreadable(`${frame.kind} under the key of a topic`);
      default:
        unreachable(frame);
    }
  }

  deliver(follower: Follower, origin: Origin, bytes: Uint8Array): void {
    if (!follower.isOpen) return;
    try {
      follower.listener.message(origin, bytes);
    } catch (error) {
      this.#threw(follower, error);
    }
  }

  #messages(from: PeerId, key: string, frame: FrameOf<'messages'>, followers: readonly Follower[]): void {
    this.#assembly.passed(from, key, frame.number + frame.items.length - 1);
    this.#hand(from, key, frame, followers);
  }

  #piece(
    from: PeerId,
    key: string,
    frame: FrameOf<'piece'>,
    { followers, body }: { readonly followers: readonly Follower[]; readonly body: Uint8Array | undefined },
  ): void {
    if (!followers.some((follower) => following(follower, from).wants(key, frame.number))) return;
    const whole = this.#assembly.add(from, key, frame, body);
    if (whole === 'refused') return this.dropped.refused();
    if (whole === undefined) return;
    this.#hand(from, key, { ...frame, items: [{ instance: frame.instance, bytes: whole }] }, followers);
  }

  #hand(
    from: PeerId,
    key: string,
    { base, number, codec, items }: Pick<FrameOf<'messages'>, 'base' | 'number' | 'codec' | 'items'>,
    followers: readonly Follower[],
  ): void {
    let origin: Origin | undefined;
    let numberOf = -1;
    for (const follower of followers) {
      const { missed, had } = following(follower, from).heard({ key, base, number }, items.length);
      if (missed > 0) this.#missed(follower, from, topicOf(key), missed);
      for (let index = had; index < items.length; index++) {
        const { instance, bytes } = items[index] as PublishedItem;
        if (origin === undefined || instance !== numberOf) {
          numberOf = instance;
          origin = this.#origins.of(from, key, { codec, instance });
        }
        this.deliver(follower, origin, bytes);
      }
    }
  }

  #tail(from: PeerId, tail: KeyTail, followers: readonly Follower[]): void {
    this.#assembly.passed(from, tail.key, tail.number);
    for (const follower of followers) this.#missed(follower, from, topicOf(tail.key), following(follower, from).tail(tail));
  }

  #baseline(from: PeerId, question: string, { keys }: FrameOf<'baseline'>, asker: Follower | 'receipts'): void {
    if (asker === 'receipts') {
      for (const tail of keys) this.#tail(from, tail, this.#options.subscriptions.of(tail.key));
      return this.#options.answered(question, from);
    }
    const tails = keys.filter(({ key }) => isFor(asker, key));
    for (const { key, number } of tails) this.#assembly.passed(from, key, number);
    for (const { key, missed } of following(asker, from).baseline(tails)) this.#missed(asker, from, topicOf(key), missed);
    this.#options.answered(question, from);
  }

  #missed(follower: Follower, from: PeerId, topic: string, count: number): void {
    if (count === 0 || !follower.isOpen) return;
    try {
      follower.listener.missed({ from, topic, count });
    } catch (error) {
      this.#threw(follower, error);
    }
  }

  #threw(follower: Follower, error: unknown): void {
    this.#options.mesh.warn('listener-threw', `a subscriber of ${follower.pattern} threw: ${describe(error)}`);
  }
}

function following(follower: Follower, sender: PeerId): Following {
  let heard = follower.heard.get(sender);
  if (heard === undefined) follower.heard.set(sender, (heard = new Following()));
  return heard;
}

/** Whether a key that a publisher names is one that this subscription asked for: others of this peer may have more directed to them. */
function isFor({ keys }: Follower, key: string): boolean {
  return readKey(key)?.kind === 'topic' && keys.some((wanted) => key.startsWith(wanted));
}
