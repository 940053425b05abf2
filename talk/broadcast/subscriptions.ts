/**
 * Who of this peer's instances listens to what: found by key, for what comes from others and for what stays in the house. It
 * does not subscribe at the transport, and follows no numbers.
 */

import type { InstanceId, PeerId } from '../../src/base/ids.js';
import type { BroadcastListener } from '../broadcasts.js';
import { EVERYONE, readKey, topicSubscription } from '../keys.js';
import type { Following } from './following.js';

/** Lists that are kept ready, by key. */
const FOUND_KEPT_MAX = 4096;

/** One subscription of one instance. */
export interface Follower {
  readonly instance: InstanceId;
  readonly pattern: string;
  readonly listener: BroadcastListener;
  /** What it asks publishers about. */
  readonly about: string;
  /** What it subscribes to at the transport. */
  readonly keys: readonly string[];
  /** What it has heard of each sender. */
  readonly heard: Map<PeerId, Following>;
  isOpen: boolean;
}

const NOBODY: readonly Follower[] = [];

export class Subscriptions {
  readonly #self: PeerId;
  readonly #followers = new Map<string, Set<Follower>>();
  /** A list never changes once it is here: it may be held while its subscriptions change. */
  readonly #found = new Map<string, readonly Follower[]>();
  #count = 0;

  constructor(self: PeerId) {
    this.#self = self;
  }

  get count(): number {
    return this.#count;
  }

  add(instance: InstanceId, pattern: string, listener: BroadcastListener): Follower {
    const keys = ([EVERYONE, this.#self, instance] as const).map((to) => topicSubscription(to, pattern));
    const about = topicSubscription(EVERYONE, pattern);
    const follower: Follower = { instance, pattern, listener, about, keys, heard: new Map(), isOpen: true };
    this.#followers.set(pattern, (this.#followers.get(pattern) ?? new Set()).add(follower));
    this.#count++;
    this.#found.clear();
    return follower;
  }

  remove(follower: Follower): void {
    const followers = this.#followers.get(follower.pattern);
    if (followers?.delete(follower) !== true) return;
    follower.isOpen = false;
    if (followers.size === 0) this.#followers.delete(follower.pattern);
    this.#count--;
    this.#found.clear();
  }

  all(): Follower[] {
    return [...this.#followers.values()].flatMap((followers) => [...followers]);
  }

  /** Those that a message under this key is for. */
  of(key: string): readonly Follower[] {
    if (this.#count === 0) return NOBODY;
    let found = this.#found.get(key);
    if (found === undefined) {
      if (this.#found.size >= FOUND_KEPT_MAX) this.#found.clear();
      found = this.#find(key);
      this.#found.set(key, found);
    }
    return found;
  }

  #find(key: string): readonly Follower[] {
    const read = readKey(key);
    if (read?.kind !== 'topic') return NOBODY;
    const { to, topic } = read;
    const patterns = [topic];
    for (let slash = topic.indexOf('/'); slash >= 0; slash = topic.indexOf('/', slash + 1)) patterns.push(topic.slice(0, slash + 1));
    return patterns
      .flatMap((pattern) => [...(this.#followers.get(pattern) ?? [])])
      .filter(({ instance }) => to === EVERYONE || to === this.#self || to === instance);
  }
}
