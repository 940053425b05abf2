/**
 * One value that somebody observes: who has a hand on it, and what is shown of it.
 *
 *   hand of an instance:   (none) ──move──► moving ──mark──► let go ──its write is here, or patience ends──► (none)
 *                                             └──gone──► (none)
 *   shown:   the hand heard last, of those that are not silent; without any, the document's value
 *
 * So a write that comes before its mark changes nothing while the hand is still seen moving, and a mark that comes before its
 * write is shown until the write is here: nobody sees the old value in between.
 */

import { equalityDeep } from 'lib0/function';
import type { Clock } from '../base/clock.js';
import type { InstanceId } from '../base/ids.js';
import { callListener } from '../base/listener.js';
import type { Y } from '../replica/replica.js';
import { contains } from './gesture-mark.js';
import type { Mark } from './gesture-mark.js';
import type { ValueListener, ValueSeen } from './gestures.js';

/** A write that does not come by then was lost with whoever made it. */
const WRITE_PATIENCE_MS = 3000;

export interface WatchedValueOptions {
  readonly map: Y.Map<unknown>;
  readonly key: string;
  readonly clock: Clock;
  readonly isSilent: (instance: InstanceId) => boolean;
  readonly threw: (error: unknown) => void;
}

interface Shown {
  readonly value: unknown;
  readonly seen: ValueSeen;
}

export class WatchedValue {
  readonly #options: WatchedValueOptions;
  readonly #listeners = new Set<{ readonly listener: ValueListener<unknown>; told: Shown | undefined }>();
  /** The one heard last comes last. */
  readonly #hands = new Map<InstanceId, Mark>();
  readonly #observer: (event: Y.YMapEvent<unknown>) => void;
  #cancelPatience: () => void = () => undefined;

  constructor(options: WatchedValueOptions) {
    this.#options = options;
    this.#observer = ({ keysChanged }) => {
      if (keysChanged.has(options.key)) this.review();
    };
    options.map.observe(this.#observer);
  }

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells `listener` at once what is shown. */
  add(listener: ValueListener<unknown>): () => void {
    const entry = { listener, told: undefined };
    this.#listeners.add(entry);
    this.#tell(entry, this.#shown());
    return () => void this.#listeners.delete(entry);
  }

  hear(instance: InstanceId, mark: Mark): void {
    this.#hands.delete(instance);
    if (!mark.isMoving) {
      // Whoever let go before was overwritten by this.
      for (const [other, { isMoving }] of this.#hands) if (!isMoving) this.#hands.delete(other);
    }
    this.#hands.set(instance, mark);
    // Before it is looked whether the write is here: then it is still told who let go.
    this.#show();
    this.review();
    if (this.#hands.get(instance)?.isMoving === false) this.#wait();
  }

  /** It moves no more. What it let go of is still waited for. */
  forget(instance: InstanceId): void {
    if (this.#hands.get(instance)?.isMoving === true) this.#hands.delete(instance);
    this.#show();
  }

  /** The document, or who is silent, may have changed. */
  review(): void {
    const { doc } = this.#options.map;
    for (const [instance, { isMoving, write }] of this.#hands) {
      if (!isMoving && (write === undefined || doc === null || contains(doc, write))) this.#hands.delete(instance);
    }
    this.#show();
  }

  end(): void {
    this.#cancelPatience();
    this.#listeners.clear();
    this.#options.map.unobserve(this.#observer);
  }

  /** All that was let go of, and is not here by then, is given up. */
  #wait(): void {
    this.#cancelPatience();
    this.#cancelPatience = this.#options.clock.after(WRITE_PATIENCE_MS, () => {
      for (const [instance, { isMoving }] of this.#hands) if (!isMoving) this.#hands.delete(instance);
      this.#show();
    });
  }

  #shown(): Shown {
    const { map, key, isSilent } = this.#options;
    const last = [...this.#hands].findLast(([instance]) => !isSilent(instance));
    if (last === undefined) return { value: map.get(key), seen: { from: undefined, isMoving: false } };
    const [from, { isMoving, value }] = last;
    return { value, seen: { from, isMoving } };
  }

  #show(): void {
    const shown = this.#shown();
    for (const entry of [...this.#listeners]) if (this.#listeners.has(entry)) this.#tell(entry, shown);
  }

  #tell(entry: { readonly listener: ValueListener<unknown>; told: Shown | undefined }, shown: Shown): void {
    if (entry.told !== undefined && isSame(entry.told, shown)) return;
    entry.told = shown;
    callListener(entry.listener, [shown.value, shown.seen], this.#options.threw);
  }
}

/** Whose value it is makes a difference only while it moves: a commit and the document's value are one. */
function isSame(a: Shown, b: Shown): boolean {
  if (a.seen.isMoving !== b.seen.isMoving || (a.seen.isMoving && a.seen.from !== b.seen.from)) return false;
  return equalityDeep(a.value, b.value);
}
