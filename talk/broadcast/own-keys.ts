/**
 * The numbers that this peer gives: of each key, what was given last and what was handed to the transport. A number is never given
 * twice in a peer's life, although not every key can be remembered for ever: those forgotten leave behind the highest of their
 * numbers, and whatever is begun later counts on from there. `base` tells a subscriber that it missed nothing by that.
 */

import { OWN_KEYS_MAX } from '../limits.js';
import type { KeyTail } from '../wire/published-frame.js';

export interface OwnKey {
  readonly key: string;
  readonly base: number;
  /** Given. */
  number: number;
  /** Handed to the transport up to this. */
  sent: number;
  /** The length of its last frame of gathered messages: the next is likely as long. */
  frameBytes: number;
}

export class OwnKeys {
  /** The one used longest ago first. */
  readonly #keys = new Map<string, OwnKey>();
  readonly #forgotten: (key: string) => void;
  #newest: OwnKey | undefined;
  #floor = 0;

  constructor(forgotten: (key: string) => void) {
    this.#forgotten = forgotten;
  }

  get(key: string): OwnKey | undefined {
    return this.#keys.get(key);
  }

  /** About to be used: it becomes the last to be forgotten. */
  use(key: string): OwnKey {
    if (this.#newest?.key === key && this.#keys.size <= OWN_KEYS_MAX) return this.#newest;
    const own = this.#keys.get(key) ?? { key, base: this.#floor, number: this.#floor, sent: this.#floor, frameBytes: 0 };
    this.#keys.delete(key);
    this.#keys.set(key, own);
    this.#newest = own;
    if (this.#keys.size > OWN_KEYS_MAX) this.#forgetOldest(own);
    return own;
  }

  /** The tails of all keys of which messages went out, the one used longest ago first. */
  tails(isWanted: (key: string) => boolean): KeyTail[] {
    const wanted = [...this.#keys.values()].filter(({ key, base, sent }) => sent > base && isWanted(key));
    // Where more than may be remembered wait in the outbox, the oldest of them will be asked for by nobody.
    return wanted.slice(-OWN_KEYS_MAX).map(({ key, base, sent }) => ({ key, base, number: sent }));
  }

  #forgetOldest(used: OwnKey): void {
    for (const own of this.#keys.values()) {
      if (own === used || own.sent < own.number) continue; // still in the outbox, which has a limit of its own
      this.#keys.delete(own.key);
      this.#floor = Math.max(this.#floor, own.number);
      return this.#forgotten(own.key);
    }
  }
}
