/**
 * The values that the instances of this peer have set, and what of them is still to be said: per name the latest of each changed
 * key, at most so often a second; and to who asks, all that stand. Numbers count the frames of a name, and no number is given
 * twice in a peer's life.
 */

import type { Clock } from '../../src/base/clock.js';
import { SocommError } from '../../src/base/errors.js';
import type { InstanceId, PeerId } from '../../src/base/ids.js';
import { valuesKey } from '../keys.js';
import {
  VALUE_BYTES_MAX,
  VALUE_KEY_BYTES_MAX,
  VALUE_NAMES_MAX,
  VALUES_FRAME_BYTES_MAX,
  VALUES_MAX,
  VALUES_PARTS_MAX,
  VALUES_PER_SECOND_MAX,
} from '../limits.js';
import type { Published } from '../pump.js';
import type { ValueEntry } from '../values.js';
import { encodePublished } from '../wire/published-frame.js';
import type { PublishedValue } from '../wire/published-frame.js';

export interface OwnValue {
  readonly key: string;
  readonly codec: string;
  readonly bytes: Uint8Array;
  readonly perSecondMax: number;
}

interface OwnName {
  readonly name: string;
  /** Of the last frame. */
  number: number;
  readonly values: Map<InstanceId, Map<string, ValueEntry>>;
  /** To be said, by instance and key. */
  readonly changed: Map<string, ValueEntry>;
  intervalMs: number;
  saidAtMs: number;
  cancelTimer: (() => void) | undefined;
}

/** An answer on its way. */
interface Whole {
  readonly key: string;
  readonly number: number;
  readonly parts: readonly (readonly ValueEntry[])[];
  part: number;
}

/** What a value costs in a frame beside its bytes, key and codec, at most. */
const VALUE_COST_BYTES = 24;

export class OwnValues {
  readonly #self: PeerId;
  readonly #clock: Clock;
  readonly #wake: () => void;
  /** The name used longest ago first. */
  readonly #names = new Map<string, OwnName>();
  readonly #due = new Set<OwnName>();
  #floor = 0;
  #whole: Whole | undefined;

  /** `wake`: there is something to say. */
  constructor(self: PeerId, clock: Clock, wake: () => void) {
    this.#self = self;
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Throws `SOCOMM_TOO_LARGE`, and `SOCOMM_BUSY` for too many. Copies the bytes. */
  set(instance: InstanceId, name: string, { key, codec, bytes, perSecondMax }: OwnValue): ValueEntry {
    check(key, bytes);
    const own = this.#use(name);
    const values = own.values.get(instance) ?? new Map<string, ValueEntry>();
    if (!values.has(key) && values.size >= VALUES_MAX) throw tooMany(`${VALUES_MAX} values of one instance in ${name}`);
    const entry: ValueEntry = { instance, key, codec, bytes: new Uint8Array(bytes) };
    own.values.set(instance, values.set(key, entry));
    own.intervalMs = 1000 / Math.min(Math.max(perSecondMax, 0.001), VALUES_PER_SECOND_MAX);
    this.#changed(own, entry);
    return entry;
  }

  /** Undefined where there was none. */
  delete(instance: InstanceId, name: string, key: string): ValueEntry | undefined {
    const own = this.#names.get(name);
    const values = own?.values.get(instance);
    const had = values?.get(key);
    if (own === undefined || values === undefined || had === undefined) return undefined;
    values.delete(key);
    if (values.size === 0) own.values.delete(instance);
    const gone: ValueEntry = { ...had, bytes: undefined };
    this.#changed(own, gone);
    return gone;
  }

  /** All that an instance has set is gone. */
  instanceClosed(instance: InstanceId, gone: (name: string, entry: ValueEntry) => void): void {
    for (const { name, values } of this.#names.values()) {
      for (const key of [...(values.get(instance)?.keys() ?? [])]) {
        const entry = this.delete(instance, name, key);
        if (entry !== undefined) gone(name, entry);
      }
    }
  }

  entries(name: string): ValueEntry[] {
    return [...(this.#names.get(name)?.values.values() ?? [])].flatMap((values) => [...values.values()]);
  }

  /** Somebody asked, on this key, for all that stand under the name: that is what is said next. */
  answer(key: string, name: string): void {
    const number = this.#names.get(name)?.number ?? this.#floor;
    this.#whole = { key, number, parts: partsOf(this.entries(name)).slice(0, VALUES_PARTS_MAX), part: 0 };
  }

  get isAnswering(): boolean {
    return this.#whole !== undefined;
  }

  /** What is to go now. `said`: changes have gone under this key. */
  next(said: (key: string) => void): Published | undefined {
    return this.#nextPart() ?? this.#nextChanges(said);
  }

  /** The last number, once more. */
  tail(name: string): Published | undefined {
    const number = this.#names.get(name)?.number ?? 0;
    if (number === 0) return undefined;
    return { key: valuesKey(name), frame: encodePublished(this.#self, { kind: 'tail', base: 0, number }) };
  }

  /** Nothing waits any longer. */
  hurry(): void {
    for (const own of this.#names.values()) {
      own.cancelTimer?.();
      if (own.changed.size > 0) this.#due.add(own);
    }
  }

  close(): void {
    for (const own of this.#names.values()) own.cancelTimer?.();
    this.#names.clear();
    this.#due.clear();
    this.#whole = undefined;
  }

  #nextPart(): Published | undefined {
    const whole = this.#whole;
    if (whole === undefined) return undefined;
    const { key, number, parts, part } = whole;
    const values = (parts[part] ?? []).map(published);
    whole.part++;
    if (whole.part >= parts.length) this.#whole = undefined;
    return { key, frame: encodePublished(this.#self, { kind: 'whole', number, part, parts: parts.length, values }) };
  }

  #nextChanges(said: (key: string) => void): Published | undefined {
    for (const own of this.#due) {
      const values = takeFrame(own.changed);
      own.saidAtMs = this.#clock.now();
      if (own.changed.size === 0) this.#due.delete(own);
      if (values.length === 0) continue;
      own.number++;
      said(valuesKey(own.name));
      return { key: valuesKey(own.name), frame: encodePublished(this.#self, { kind: 'values', number: own.number, values }) };
    }
    return undefined;
  }

  #changed(own: OwnName, entry: ValueEntry): void {
    own.changed.set(`${entry.instance} ${entry.key}`, entry);
    if (this.#due.has(own) || own.cancelTimer !== undefined) return;
    const waitMs = own.saidAtMs + own.intervalMs - this.#clock.now();
    if (waitMs <= 0) return this.#say(own);
    own.cancelTimer = this.#clock.after(waitMs, () => this.#say(own));
  }

  #say(own: OwnName): void {
    own.cancelTimer = undefined;
    this.#due.add(own);
    this.#wake();
  }

  #use(name: string): OwnName {
    let own = this.#names.get(name);
    if (own === undefined) {
      if (this.#names.size >= VALUE_NAMES_MAX && !this.#forgetOldest()) throw tooMany(`${VALUE_NAMES_MAX} names with values`);
      own = {
        name,
        number: this.#floor,
        values: new Map(),
        changed: new Map(),
        intervalMs: 0,
        saidAtMs: -Infinity,
        cancelTimer: undefined,
      };
    } else {
      this.#names.delete(name);
    }
    this.#names.set(name, own);
    return own;
  }

  /** One without a value. Its number is not given again: others count on from there. */
  #forgetOldest(): boolean {
    for (const { name, number, values, changed } of this.#names.values()) {
      if (values.size > 0 || changed.size > 0) continue;
      this.#names.delete(name);
      this.#floor = Math.max(this.#floor, number);
      return true;
    }
    return false;
  }
}

function check(key: string, bytes: Uint8Array): void {
  if (Buffer.byteLength(key) > VALUE_KEY_BYTES_MAX)
    throw new TypeError(`the key of a value is longer than ${VALUE_KEY_BYTES_MAX} bytes: ${key}`);
  if (Buffer.from(key).toString() !== key) throw new TypeError(`the key of a value is no text: ${key}`);
  if (bytes.length <= VALUE_BYTES_MAX) return;
  throw new SocommError(
    'SOCOMM_TOO_LARGE',
    `a value of ${bytes.length} bytes: at most ${VALUE_BYTES_MAX}; publish it as a message, or send it as a stream`,
  );
}

function tooMany(what: string): SocommError {
  return new SocommError('SOCOMM_BUSY', `${what} are the most there may be: delete some`);
}

function published({ instance, key, codec, bytes }: ValueEntry): PublishedValue {
  return { instance: Number(instance.slice(instance.indexOf('.') + 1)), key, codec, bytes };
}

function costOf({ key, codec, bytes }: ValueEntry): number {
  return VALUE_COST_BYTES + Buffer.byteLength(key) + Buffer.byteLength(codec) + (bytes?.length ?? 0);
}

/** Takes as much as goes into one frame, and at least one. */
function takeFrame(changed: Map<string, ValueEntry>): PublishedValue[] {
  const values: PublishedValue[] = [];
  let bytes = 0;
  for (const [id, entry] of changed) {
    bytes += costOf(entry);
    if (bytes > VALUES_FRAME_BYTES_MAX && values.length > 0) break;
    changed.delete(id);
    values.push(published(entry));
  }
  return values;
}

/** At least one part: that there is nothing is an answer, too. */
function partsOf(entries: readonly ValueEntry[]): ValueEntry[][] {
  const parts: ValueEntry[][] = [[]];
  let bytes = 0;
  for (const entry of entries) {
    const cost = costOf(entry);
    if (bytes > 0 && bytes + cost > VALUES_FRAME_BYTES_MAX) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(entry);
    bytes += cost;
  }
  return parts;
}
