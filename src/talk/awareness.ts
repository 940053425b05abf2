/**
 * Presence as an `Awareness` of y-protocols (https://github.com/yjs/y-protocols, MIT; its interface and its rules, own code), so that
 * bindings of editors need no adapter. Our own state stands under the document's client id, as bindings expect, and follows it
 * when it changes. Every other instance, also one that shares our document and so its client id, stands under a number of its own.
 * What y-protocols does with clocks, renewals and timeouts is not done here: presence itself knows who is there.
 */

import { createHash } from 'node:crypto';
import { equalityDeep } from 'lib0/function';
import { Observable } from 'lib0/observable';
import { describe } from '../base/errors.js';
import type { InstanceId } from '../base/ids.js';
import type { Y } from '../replica/replica.js';
import { VALUE_DEPTH_MAX } from './codecs/plain-values.js';
import type { ConversationHost } from './conversation-host.js';
import type { Presence, PresenceChange, PresenceState } from './presence.js';

export interface AwarenessMeta {
  readonly clock: number;
  readonly lastUpdated: number;
}

export interface AwarenessChange {
  readonly added: number[];
  readonly updated: number[];
  readonly removed: number[];
}

type State = Record<string, unknown>;

/** Instances that have gone, whose clocks providers may still ask for. */
const DEPARTED_META_MAX = 1024;

// Its newer kin is no supertype of what bindings ask for.
// oxlint-disable-next-line typescript/no-deprecated -- y-protocols' Awareness is this Observable
export class PresenceAwareness extends Observable<string> {
  readonly doc: Y.Doc;
  readonly states = new Map<number, State>();
  readonly meta = new Map<number, AwarenessMeta>();
  /** Part of the type; nothing has to be renewed here. */
  readonly _checkInterval: unknown = undefined;
  readonly #presence: Presence;
  readonly #host: ConversationHost;
  readonly #numbers = new Map<InstanceId, number>();
  readonly #ends: readonly (() => void)[];
  #clientID: number;
  /** `setLocalState` is at work: what presence tells of ourselves is its doing. */
  #isSetting = false;

  constructor(presence: Presence, host: ConversationHost, ended: () => void) {
    super(); // oxlint-disable-line typescript/no-deprecated -- see above
    this.#presence = presence;
    this.#host = host;
    this.doc = host.doc;
    this.#clientID = host.doc.clientID;
    const follow = (): void => this.#followSafely();
    host.doc.on('afterTransaction', follow);
    this.#ends = [presence.subscribe((change) => this.#onPresence(change)), () => host.doc.off('afterTransaction', follow), ended];
    for (const [instance, state] of presence.all) this.#put(this.#numberOf(instance), state);
    // As there: whoever has an awareness begins with an empty state, which its first field makes known.
    if (presence.own === undefined) this.#put(this.#clientID, {});
  }

  get clientID(): number {
    this.#follow();
    return this.#clientID;
  }

  getStates(): Map<number, State> {
    this.#follow();
    return this.states;
  }

  getLocalState(): State | null {
    return this.states.get(this.clientID) ?? null;
  }

  /** `null`: this instance says nothing of itself any more. */
  setLocalState(state: State | null): void {
    const id = this.clientID;
    const before = this.states.get(id);
    this.#isSetting = true;
    try {
      if (state === null) this.#presence.clear();
      else this.#presence.replace(plainOf(state) as PresenceState);
    } finally {
      this.#isSetting = false;
    }
    // The very object, as there: bindings find in it what they put in.
    if (state === null) this.#take(id);
    else this.#put(id, state);
    const change = { added: [] as number[], updated: [] as number[], removed: [] as number[] };
    (state === null ? change.removed : before === undefined ? change.added : change.updated).push(id);
    this.#emit(change, state !== null && before !== undefined && equalityDeep(before, state) ? [] : change.updated, 'local');
  }

  /** Nothing happens while the local state is `null`. */
  setLocalStateField(field: string, value: unknown): void {
    const state = this.getLocalState();
    if (state !== null) this.setLocalState({ ...state, [field]: value });
  }

  /** Ends this view, and with it what this instance says of itself. */
  override destroy(): void {
    for (const end of this.#ends) end();
    this.emit('destroy', [this]);
    // Where the instance has ended its presence has, too; what a binding still says of itself then is said to nobody.
    if (this.#isHostOpen()) {
      if (this.states.has(this.#clientID)) this.setLocalState(null);
    } else this.#take(this.#clientID);
    super.destroy(); // oxlint-disable-line typescript/no-deprecated -- see above
  }

  #isHostOpen(): boolean {
    try {
      this.#host.assertOpen();
      return true;
    } catch {
      return false; // the instance has ended, and its presence with it
    }
  }

  #onPresence({ added, changed, removed }: PresenceChange): void {
    const isNews = (instance: InstanceId): boolean => !(this.#isSetting && instance === this.#host.id);
    const change: AwarenessChange = { added: [], updated: [], removed: [] };
    for (const instance of [...added, ...changed].filter(isNews)) {
      const number = this.#numberOf(instance);
      (this.states.has(number) ? change.updated : change.added).push(number);
      this.#put(number, this.#presence.all.get(instance) ?? {});
    }
    for (const instance of removed.filter(isNews)) {
      const number = this.#numberOf(instance);
      this.#take(number);
      change.removed.push(number);
      this.#numbers.delete(instance);
    }
    const own = this.#clientID;
    const isOwn = change.added.includes(own) || change.updated.includes(own) || change.removed.includes(own);
    this.#emit(change, change.updated, isOwn ? 'local' : this.#presence);
  }

  /** `update` for whoever passes states on, also equal ones; `change` for whoever shows them. */
  #emit(change: AwarenessChange, really: number[], origin: unknown): void {
    const { added, updated, removed } = change;
    if (added.length + really.length + removed.length > 0) this.emit('change', [{ added, updated: really, removed }, origin]);
    if (added.length + updated.length + removed.length > 0) this.emit('update', [change, origin]);
  }

  #put(number: number, state: State): void {
    this.states.set(number, state);
    this.#touch(number);
  }

  #take(number: number): void {
    this.states.delete(number);
    this.#touch(number);
    // Of who has gone the clock is kept for a while: providers encode that somebody is gone by asking for it.
    for (const known of this.meta.keys()) {
      if (this.meta.size - this.states.size <= DEPARTED_META_MAX) return;
      if (!this.states.has(known)) this.meta.delete(known);
    }
  }

  #touch(number: number): void {
    // The empty state that everybody begins with has 0, and what has 0 is no news to others.
    const first = number === this.#clientID && this.#presence.own === undefined ? 0 : 1;
    const before = this.meta.get(number);
    const clock = before === undefined ? first : before.clock + 1;
    this.meta.delete(number);
    this.meta.set(number, { clock, lastUpdated: this.#host.clock.wallTime() });
  }

  /** Within a transaction of the document, which must not be broken by a listener of ours. */
  #followSafely(): void {
    try {
      this.#follow();
    } catch (error) {
      this.#host.warn('listener-threw', `a listener of an awareness threw: ${describe(error)}`);
    }
  }

  /** A replica takes another client id when two have the same: our state goes with it. */
  #follow(): void {
    const [before, after] = [this.#clientID, this.doc.clientID];
    if (before === after) return;
    const displaced = [...this.#numbers].find(([, number]) => number === after)?.[0];
    this.#clientID = after;
    const change: AwarenessChange = { added: [], updated: [], removed: [] };
    const move = (from: number, to: number): void => {
      const state = this.states.get(from);
      if (state === undefined) return;
      this.#take(from);
      this.#put(to, state);
      change.removed.push(from);
      change.added.push(to);
    };
    if (displaced !== undefined) {
      this.#numbers.delete(displaced);
      move(after, this.#numberOf(displaced));
    }
    move(before, after);
    this.#emit(change, [], 'local');
  }

  /** The same for an instance as long as it is there. */
  #numberOf(instance: InstanceId): number {
    if (instance === this.#host.id) return this.#clientID;
    const known = this.#numbers.get(instance);
    if (known !== undefined) return known;
    const taken = new Set([this.#clientID, ...this.#numbers.values()]);
    let number = createHash('sha256').update(instance).digest().readUIntBE(0, 6);
    while (taken.has(number)) number++;
    this.#numbers.set(instance, number);
    return number;
  }
}

/** As JSON would carry it, which is what bindings rely on (relative positions are objects of a class); bytes and large numbers stay. */
function plainOf(value: unknown, depth = 0): unknown {
  // What is deeper is left to the codec, which refuses it.
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || depth > VALUE_DEPTH_MAX) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return plainOf((value.toJSON as () => unknown)(), depth + 1);
  if (Array.isArray(value)) return value.map((inner) => plainOf(inner, depth + 1) ?? null);
  const fields = Object.entries(value).filter(
    ([, inner]) => inner !== undefined && typeof inner !== 'function' && typeof inner !== 'symbol',
  );
  return Object.fromEntries(fields.map(([field, inner]) => [field, plainOf(inner, depth + 1)]));
}
