/**
 * Values that are being moved. A move goes over the ephemeral lane: nothing of it enters a document or the disk. The end of a gesture
 * is one write, one step of undo, and a closing mark on the ephemeral lane, which names the write: so whoever has the mark first
 * waits for the write, and whoever has the write first waits for the mark, and neither sees the old value in between.
 * What an observer is shown is decided in watched-value.ts.
 */

import { equalityDeep } from 'lib0/function';
import type { ValueEntry, ValuesSubscription } from '../../talk/values.js';
import { describe } from '../base/errors.js';
import { peerOf } from '../base/ids.js';
import type { InstanceId } from '../base/ids.js';
import type { Y } from '../replica/replica.js';
import { checkListener } from './arguments.js';
import type { ConversationHost } from './conversation-host.js';
import { GESTURE_CODEC, decodeMark, encodeMark, writeOf } from './gesture-mark.js';
import type { Mark } from './gesture-mark.js';
import { checkIsCarried, placeOf } from './place.js';
import type { Undoing } from './undo.js';
import { WatchedValue } from './watched-value.js';

/** A value that is being moved: seen by all at once, written once. */
export interface Gesture<Value> {
  readonly isActive: boolean;
  /** Everybody who observes the value sees it move; nothing is written. Begins the gesture, or goes on with it. */
  move(value: Value): void;
  /** Writes the last value (or this one) as one change, which is one step of undo. Nothing is written where it is there already, or was never moved. */
  commit(value?: Value): void;
  /** Everybody sees the value of the document again. */
  cancel(): void;
}

export interface ValueSeen {
  /** Who moves it, or has just let go of it; undefined where it is the document's. */
  readonly from: InstanceId | undefined;
  readonly isMoving: boolean;
}

export type ValueListener<Value> = (value: Value | undefined, seen: ValueSeen) => void;

const NAME = '$gestures';
const PER_SECOND = 60;
/** How long the closing mark of a gesture stands: by then everybody has it. */
const MARK_KEPT_MS = 1000;

export class Gestures {
  readonly #host: ConversationHost;
  readonly #undoing: Pick<Undoing, 'stopCapturing'>;
  /** What this instance moves, by place. */
  readonly #moved = new Map<string, { readonly value: unknown }>();
  /** Marks of its gestures that stand; what takes each back. */
  readonly #marks = new Map<string, () => void>();
  readonly #watched = new Map<string, WatchedValue>();
  #values: ValuesSubscription | undefined;
  #unwatch: () => void = () => undefined;

  constructor(host: ConversationHost, undoing: Pick<Undoing, 'stopCapturing'>) {
    this.#host = host;
    this.#undoing = undoing;
    host.onClose(() => this.#end());
  }

  /** Errors: TypeError where the map is not in the document, or a value is none that `lib0()` carries. */
  gesture<Value>(map: Y.Map<Value>, key: string): Gesture<Value> {
    const place = placeOf(this.#host.doc, map, key);
    const moved = this.#moved;
    return {
      get isActive() {
        return moved.has(place);
      },
      move: (value) => this.#move(place, value),
      commit: (...given) => this.#commit(place, { map: map as Y.Map<unknown>, key }, given),
      cancel: () => this.#cancel(place),
    };
  }

  /**
   * Calls `listener` with the value as it stands, before this returns, and then whenever it is moved, committed or changed; never twice
   * with the same. While somebody moves it, that hand counts, of several the latest heard; else what the document says.
   */
  observeValue<Value>(map: Y.Map<Value>, key: string, listener: ValueListener<Value>): () => void {
    this.#host.assertOpen();
    checkListener(listener);
    const place = placeOf(this.#host.doc, map, key);
    const watched = this.#watched.get(place) ?? this.#watch(place, map as Y.Map<unknown>, key);
    const end = watched.add(listener as ValueListener<unknown>);
    return () => {
      end();
      if (watched.isWatched || this.#watched.get(place) !== watched) return;
      watched.end();
      this.#watched.delete(place);
      if (this.#watched.size === 0) this.#deafen();
    };
  }

  #move(place: string, value: unknown): void {
    this.#host.assertOpen();
    this.#say(place, { isMoving: true, value });
    this.#moved.set(place, { value });
    this.#watched.get(place)?.hear(this.#host.id, { isMoving: true, value });
  }

  #commit(place: string, { map, key }: { readonly map: Y.Map<unknown>; readonly key: string }, given: readonly unknown[]): void {
    this.#host.assertOpen();
    const moved = this.#moved.get(place);
    if (given.length === 0 && moved === undefined) return;
    const value = given.length === 0 ? moved?.value : given[0];
    checkIsCarried(value);
    const isThere = (map.has(key) && equalityDeep(map.get(key), value)) || map._item?.deleted === true;
    if (!isThere) {
      // Nothing before it, and nothing after it, is undone with it.
      this.#undoing.stopCapturing();
      this.#host.transact(() => void map.set(key, value));
      this.#undoing.stopCapturing();
    }
    this.#moved.delete(place);
    const mark: Mark = { isMoving: false, value, write: isThere ? undefined : writeOf(map, key) };
    if (moved !== undefined) this.#close(place, mark);
    this.#watched.get(place)?.hear(this.#host.id, mark);
  }

  /** Says that the gesture is over, and takes that back when everybody has heard it. */
  #close(place: string, mark: Mark): void {
    this.#say(place, mark);
    const cancel = this.#host.clock.after(MARK_KEPT_MS, () => {
      this.#marks.delete(place);
      this.#host.talker.values.delete(this.#host.id, NAME, place);
    });
    this.#marks.set(place, cancel);
  }

  #cancel(place: string): void {
    if (!this.#moved.delete(place)) return;
    this.#host.talker.values.delete(this.#host.id, NAME, place);
    this.#watched.get(place)?.forget(this.#host.id);
  }

  #say(place: string, mark: Mark): void {
    const bytes = encodeMark(mark);
    this.#marks.get(place)?.();
    this.#marks.delete(place);
    this.#host.talker.values.set(this.#host.id, NAME, { key: place, codec: GESTURE_CODEC, bytes, perSecondMax: PER_SECOND });
  }

  #watch(place: string, map: Y.Map<unknown>, key: string): WatchedValue {
    const { clock, id } = this.#host;
    const watched = new WatchedValue({
      map,
      key,
      clock,
      isSilent: (instance) => this.#host.silentPeers().has(peerOf(instance)),
      threw: (error) => this.#host.warn('listener-threw', `a listener of the value '${key}' threw: ${describe(error)}`),
    });
    this.#watched.set(place, watched);
    this.#listen();
    this.#take(this.#host.talker.values.entries(NAME).filter((entry) => entry.key === place));
    const own = this.#moved.get(place);
    if (own !== undefined) watched.hear(id, { isMoving: true, value: own.value });
    return watched;
  }

  #listen(): void {
    if (this.#values !== undefined) return;
    this.#values = this.#host.talker.values.subscribe(NAME, (changes) => this.#take(changes));
    this.#unwatch = this.#host.watchInstances(() => {
      for (const watched of this.#watched.values()) watched.review();
    });
  }

  #deafen(): void {
    this.#unwatch();
    this.#values?.end();
    this.#values = undefined;
  }

  #take(entries: readonly ValueEntry[]): void {
    for (const { instance, key, codec, bytes } of entries) {
      const watched = this.#watched.get(key);
      // Our own hand was seen when it moved.
      if (watched === undefined || instance === this.#host.id) continue;
      if (bytes === undefined) {
        watched.forget(instance);
        continue;
      }
      const mark = decodeMark(codec, bytes);
      if (mark.ok) watched.hear(instance, mark.mark);
      else this.#host.warn('value-unreadable', `a gesture of ${instance} cannot be read: ${mark.why}`);
    }
  }

  #end(): void {
    for (const cancel of this.#marks.values()) cancel();
    for (const watched of this.#watched.values()) watched.end();
    this.#marks.clear();
    this.#moved.clear();
    this.#watched.clear();
    this.#deafen();
  }
}
