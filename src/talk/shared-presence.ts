/**
 * What the presence of all instances of one peer has in common: hundreds of instances in a process are told the same bytes, and see the same
 * others. It goes with the peer.
 */

import type { InstanceId } from '../base/ids.js';

const SHARED = new WeakMap<object, SharedPresence>();

export class SharedPresence {
  readonly #decoded = new WeakMap<Uint8Array, object>();
  #there: ReadonlySet<InstanceId> = new Set();

  /** `talker`: the peer's. */
  static of(talker: object): SharedPresence {
    const shared = SHARED.get(talker) ?? new SharedPresence();
    SHARED.set(talker, shared);
    return shared;
  }

  /** `decode` is asked once for the same bytes. */
  decoded<State extends object>(bytes: Uint8Array, decode: (bytes: Uint8Array) => State): State {
    const state = (this.#decoded.get(bytes) as State | undefined) ?? decode(bytes);
    this.#decoded.set(bytes, state);
    return state;
  }

  /** The same set as before, where the same are there. */
  there(instances: readonly InstanceId[]): ReadonlySet<InstanceId> {
    const there = new Set(instances);
    if (there.size !== this.#there.size || instances.some((instance) => !this.#there.has(instance))) this.#there = there;
    return this.#there;
  }
}
