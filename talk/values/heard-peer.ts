/**
 * What one peer has said of one name. Frames of changes are numbered; where one is missing, all that stand are asked for and take
 * the place of what was known. It decides, and never speaks: what it returns is to be told to subscribers.
 *
 *   unknown ──whole──► known ──next frame──► known
 *   known ──gap, or a tail ahead──► doubted (changes are still taken: they are the latest of their keys) ──whole──► known
 *
 * Frames that come while the answer is on its way are held, too: they are applied to the whole where they are newer.
 */

import { newInstanceId } from '../../src/base/ids.js';
import type { InstanceId, PeerId } from '../../src/base/ids.js';
import { VALUES_HELD_MAX } from '../limits.js';
import type { ValueEntry } from '../values.js';
import type { PublishedFrame, PublishedValue } from '../wire/published-frame.js';
import { difference, KnownValues } from './known-values.js';

type Frame<Kind extends PublishedFrame['kind']> = Extract<PublishedFrame, { kind: Kind }>;

interface Gathering {
  readonly question: string;
  readonly number: number;
  readonly parts: (readonly PublishedValue[] | undefined)[];
  left: number;
}

export class HeardPeer {
  readonly #peer: PeerId;
  /** Whether an instance has left: nothing late brings it back. */
  readonly #hasLeft: (instance: InstanceId) => boolean;
  readonly #refused: () => void;
  #values = new KnownValues();
  /** Of the last frame that is contained; undefined until the first whole. */
  #last: number | undefined;
  /** The highest number heard of. */
  #highest = 0;
  #isGapped = false;
  readonly #held = new Map<number, readonly PublishedValue[]>();
  #gathering: Gathering | undefined;

  constructor(peer: PeerId, hasLeft: (instance: InstanceId) => boolean, refused: () => void) {
    this.#peer = peer;
    this.#hasLeft = hasLeft;
    this.#refused = refused;
  }

  /** Something was said that is not contained in what is known: all has to be asked for. */
  get isInDoubt(): boolean {
    return this.#last === undefined || this.#isGapped || this.#highest > this.#last;
  }

  entries(): ValueEntry[] {
    return this.#values.all();
  }

  /** `isAsking`: an answer is on its way. */
  changes({ number, values }: Frame<'values'>, isAsking: boolean): ValueEntry[] {
    this.tail(number);
    if (isAsking) this.#hold(number, values);
    if (this.#last === undefined || number <= this.#last) return [];
    if (number > this.#last + 1) this.#isGapped = true;
    this.#last = number;
    return this.#apply(this.#values, values);
  }

  tail(number: number): void {
    this.#highest = Math.max(this.#highest, number);
  }

  /** A part of an answer. Undefined: there is more to come. */
  whole(question: string, { number, part, parts, values }: Frame<'whole'>): ValueEntry[] | undefined {
    let gathering = this.#gathering;
    if (gathering?.question !== question || gathering.number !== number || gathering.parts.length !== parts) {
      gathering = { question, number, parts: Array.from({ length: parts }, () => undefined), left: parts };
      this.#gathering = gathering;
    }
    if (gathering.parts[part] !== undefined) return undefined;
    gathering.parts[part] = values;
    if (--gathering.left > 0) return undefined;
    this.#gathering = undefined;
    return this.#replace(
      number,
      gathering.parts.flatMap((each) => each ?? []),
    );
  }

  /** An instance has left: what is gone with it. */
  drop(instance: InstanceId): ValueEntry[] {
    const gone = this.#values.of(instance).map((entry) => ({ ...entry, bytes: undefined }));
    for (const entry of gone) this.#values.apply(entry);
    return gone;
  }

  #replace(number: number, values: readonly PublishedValue[]): ValueEntry[] {
    const after = new KnownValues();
    this.#apply(after, values);
    let last = number;
    let isGapped = false;
    for (const [next, changes] of [...this.#held].toSorted(([a], [b]) => a - b)) {
      if (next <= last) continue;
      if (next > last + 1) isGapped = true;
      this.#apply(after, changes);
      last = next;
    }
    this.#held.clear();
    if (last < (this.#last ?? 0)) {
      // Older than what is known already: it was overtaken on its way, and has to be asked for again.
      this.#isGapped = true;
      return [];
    }
    const before = this.#values;
    this.#values = after;
    this.#last = last;
    this.#highest = Math.max(this.#highest, last);
    this.#isGapped = isGapped;
    return difference(before, after);
  }

  #hold(number: number, values: readonly PublishedValue[]): void {
    // Whoever comes to be missing here shows as a gap.
    if (this.#held.size < VALUES_HELD_MAX) this.#held.set(number, values);
    else this.#isGapped = true;
  }

  #apply(to: KnownValues, values: readonly PublishedValue[]): ValueEntry[] {
    const applied: ValueEntry[] = [];
    for (const { instance: number, key, codec, bytes } of values) {
      const instance = newInstanceId(this.#peer, number);
      if (this.#hasLeft(instance)) continue;
      // A copy: the value may stand for long, and is a small part of its frame.
      const entry: ValueEntry = { instance, key, codec, bytes: bytes === undefined ? undefined : new Uint8Array(bytes) };
      const isNews = bytes !== undefined || to.get(instance, key) !== undefined;
      if (!to.apply(entry)) this.#refused();
      else if (isNews) applied.push(entry);
    }
    return applied;
  }
}
