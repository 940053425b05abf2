/**
 * What one subscription has heard of one sender, in numbers: whether a message is new, and how many before it are lost. It never
 * sees a message. From the sender's baseline on, each higher number is delivered or counted, exactly once, whatever was lost,
 * doubled or overtaken:
 *
 *   a number after a gap    what is missing in between is counted first; if it comes after all, it is dropped as late
 *   a number that was had   dropped
 *   a tail, a baseline      what is missing up to it is counted
 *   before the baseline     messages are delivered; which of those before the first one were ours, the baseline tells
 */

import { HEARD_KEYS_MAX } from '../limits.js';
import type { KeyTail } from '../wire/published-frame.js';

interface Heard {
  /** Delivered or counted up to this. */
  last: number;
  /** Heard before the baseline: the first number, less one, and the base it came with. */
  unsettled: { readonly before: number; readonly base: number } | undefined;
}

export class Following {
  #isBaselined = false;
  /** The one heard longest ago first. */
  readonly #keys = new Map<string, Heard>();
  /** The one heard last. */
  #newest: { readonly key: string; readonly heard: Heard } | undefined;

  /** Whether a message of this number would be delivered. */
  wants(key: string, number: number): boolean {
    return number > (this.#keys.get(key)?.last ?? 0);
  }

  /** Messages `number` to `number + count - 1` have come: how many before them are lost, and how many of them were had before. */
  heard(tail: KeyTail, count: number): { readonly missed: number; readonly had: number } {
    const { key, base, number } = tail;
    const heard = this.#newest?.key === key ? this.#newest.heard : this.#keys.get(key);
    const last = number + count - 1;
    if (heard !== undefined && last <= heard.last) return { missed: 0, had: count };
    if (heard === undefined && !this.#isBaselined) {
      this.#remember(key, { last, unsettled: { before: number - 1, base } });
      return { missed: 0, had: 0 };
    }
    const from = Math.max(heard?.last ?? 0, base);
    this.#advance(key, heard, last);
    return { missed: Math.max(0, number - 1 - from), had: Math.max(0, from - number + 1) };
  }

  /** The sender says which was the last: how many of them are lost. */
  tail({ key, base, number }: KeyTail): number {
    const heard = this.#keys.get(key);
    if ((heard === undefined && !this.#isBaselined) || number <= (heard?.last ?? 0)) return 0;
    const from = Math.max(heard?.last ?? 0, base);
    this.#advance(key, heard, number);
    return number - from;
  }

  /** The sender has confirmed the subscription: the losses of each key. `tails`: all keys that it uses, the one used longest ago first. */
  baseline(tails: readonly KeyTail[]): { readonly key: string; readonly missed: number }[] {
    const losses = tails.map((tail) => ({ key: tail.key, missed: this.#settle(tail) + this.#begin(tail) }));
    // Keys that were heard of and that the answer does not name were begun after it.
    for (const [key, { unsettled }] of this.#keys) {
      if (unsettled !== undefined) losses.push({ key, missed: this.#settle({ key, base: 0, number: unsettled.base }) });
    }
    this.#isBaselined = true;
    return losses.filter(({ missed }) => missed > 0);
  }

  #begin(tail: KeyTail): number {
    if (this.#keys.has(tail.key) || this.#isBaselined) return this.tail(tail);
    this.#remember(tail.key, { last: tail.number, unsettled: undefined });
    return 0;
  }

  /** What lies between the baseline and the first message that came before it was ours, and has not come. */
  #settle({ key, number }: KeyTail): number {
    const heard = this.#keys.get(key);
    if (heard?.unsettled === undefined) return 0;
    const { before, base } = heard.unsettled;
    heard.unsettled = undefined;
    return Math.max(0, before - Math.max(number, base));
  }

  #advance(key: string, heard: Heard | undefined, last: number): void {
    if (heard === undefined) return this.#remember(key, { last, unsettled: undefined });
    heard.last = last;
    if (this.#newest?.heard !== heard) this.#remember(key, heard);
  }

  #remember(key: string, heard: Heard): void {
    this.#newest = { key, heard };
    this.#keys.delete(key);
    this.#keys.set(key, heard);
    if (this.#keys.size <= HEARD_KEYS_MAX) return;
    const [oldest] = this.#keys.keys();
    if (oldest !== undefined) this.#keys.delete(oldest);
  }
}
