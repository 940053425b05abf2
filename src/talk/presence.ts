/**
 * What each instance says of itself for as long as it is there: one ephemeral value per instance, under a name that no user can
 * take. Nobody is shown who is gone or silent (a stopped process is no ghost), and who is heard again comes back as `added`.
 * Listeners are told in the turn in which something changes; one that throws is told of as a warning, and stops nobody.
 */

import { equalityDeep } from 'lib0/function';
import type { ValueEntry, ValuesSubscription } from '../../talk/values.js';
import { VALUE_BYTES_MAX } from '../../talk/limits.js';
import { SocommError, describe } from '../base/errors.js';
import { peerOf } from '../base/ids.js';
import type { InstanceId } from '../base/ids.js';
import { callListener } from '../base/listener.js';
import { PresenceAwareness } from './awareness.js';
import { checkListener, named } from './arguments.js';
import { lib0 } from './codecs/lib0.js';
import { isPlainObject } from './codecs/plain-values.js';
import type { ConversationHost } from './conversation-host.js';
import { deepFrozen, frozenMap } from './frozen.js';
import { SharedPresence } from './shared-presence.js';

export type PresenceState = Readonly<Record<string, unknown>>;

export interface PresenceChange {
  readonly added: readonly InstanceId[];
  readonly changed: readonly InstanceId[];
  readonly removed: readonly InstanceId[];
}

const NAME = '$presence';
const KEY = 's';
const PER_SECOND = 60;
const CODEC = lib0();

export class Presence {
  readonly #host: ConversationHost;
  readonly #shared: SharedPresence;
  readonly #listeners = new Set<(change: PresenceChange) => unknown>();
  /** What the others say, shown or not. */
  readonly #said = new Map<InstanceId, PresenceState>();
  /** What is shown, our own state included. */
  readonly #shown = new Map<InstanceId, PresenceState>();
  #own: PresenceState | undefined;
  #there: ReadonlySet<InstanceId> = new Set();
  #values: ValuesSubscription | undefined;
  #snapshot: ReadonlyMap<InstanceId, PresenceState> | undefined;
  #awareness: PresenceAwareness | undefined;
  #isClosed = false;

  constructor(host: ConversationHost) {
    this.#host = host;
    this.#shared = SharedPresence.of(host.talker);
  }

  /**
   * Merges into what this instance says of itself: `undefined` takes a field away, all others stay. A TypeError for what `lib0()` does
   * not carry. Errors: SOCOMM_TOO_LARGE (more than 64 KiB in all), SOCOMM_CLOSED.
   */
  set(partial: PresenceState): void {
    checkState(partial);
    this.replace({ ...this.#own, ...partial });
  }

  /** As `set`, but nothing of what was said before stays. */
  replace(state: PresenceState): void {
    this.#host.assertOpen();
    checkState(state);
    const bytes = CODEC.encode(Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)));
    if (bytes.length > VALUE_BYTES_MAX)
      throw new SocommError('SOCOMM_TOO_LARGE', `presence has ${bytes.length} bytes, of ${VALUE_BYTES_MAX}: put large things elsewhere`);
    const own = deepFrozen(CODEC.decode(bytes)) as PresenceState;
    if (this.#own !== undefined && equalityDeep(own, this.#own)) return;
    this.#host.talker.values.set(this.#host.id, NAME, { key: KEY, codec: CODEC.name, bytes, perSecondMax: PER_SECOND });
    this.#setOwn(own);
  }

  /** This instance says nothing of itself any more, and is gone from everybody's `all`. */
  clear(): void {
    this.#host.assertOpen();
    if (this.#own === undefined) return;
    this.#host.talker.values.delete(this.#host.id, NAME, KEY);
    this.#setOwn(undefined);
  }

  /** What this instance says of itself; frozen. */
  get own(): PresenceState | undefined {
    return this.#own;
  }

  /** All that is said, by instance, this one included; without those that are silent or gone. Frozen, and the same object until it changes. */
  get all(): ReadonlyMap<InstanceId, PresenceState> {
    this.#listen();
    return (this.#snapshot ??= frozenMap(this.#shown));
  }

  /** The same as `all`, under the name that stores of user interfaces expect. */
  get snapshot(): ReadonlyMap<InstanceId, PresenceState> {
    return this.all;
  }

  /** Resolves when everybody who was linked has said what there is. */
  get ready(): Promise<void> {
    return this.#listen()?.ready ?? Promise.resolve();
  }

  /** Calls `listener` whenever `snapshot` has become another one. Returns what ends that. Works unbound. */
  readonly subscribe = (listener: (change: PresenceChange) => void): (() => void) => {
    checkListener(listener);
    this.#listen();
    if (this.#isClosed) return () => undefined;
    // A function of its own for each call, so that one listener given twice is called, and ended, twice.
    const entry = (change: PresenceChange): unknown => listener(change);
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  };

  /** The same as an `Awareness` of y-protocols, for bindings of editors. Made at the first use; its own state is this instance's presence. */
  get awareness(): PresenceAwareness {
    this.#host.assertOpen();
    this.#awareness ??= new PresenceAwareness(this, this.#host, () => (this.#awareness = undefined));
    return this.#awareness;
  }

  #setOwn(own: PresenceState | undefined): void {
    this.#own = own;
    this.#show([this.#host.id]);
  }

  /** Receives from the first use on, until the instance closes. */
  #listen(): ValuesSubscription | undefined {
    if (this.#values !== undefined || this.#isClosed) return this.#values;
    const host = this.#host;
    host.assertOpen();
    this.#values = host.talker.values.subscribe(NAME, (changes) => this.#take(changes));
    const unwatch = host.watchInstances(() => this.#review());
    host.onClose(() => {
      unwatch();
      this.#values?.end();
      this.#awareness?.destroy();
      this.#listeners.clear();
      // Whoever still looks sees nobody: nobody can be followed any more.
      this.#isClosed = true;
      this.#said.clear();
      this.#shown.clear();
      this.#snapshot = undefined;
    });
    this.#there = this.#shared.there(host.instances());
    this.#take(host.talker.values.entries(NAME));
    return this.#values;
  }

  #take(entries: readonly ValueEntry[]): void {
    const touched: InstanceId[] = [];
    for (const entry of entries) {
      // Our own state was shown when it was set.
      if (entry.key !== KEY || entry.instance === this.#host.id) continue;
      const state = this.#read(entry);
      if (state === undefined) this.#said.delete(entry.instance);
      else this.#said.set(entry.instance, state);
      touched.push(entry.instance);
    }
    this.#show(touched);
  }

  #read({ instance, codec, bytes }: ValueEntry): PresenceState | undefined {
    if (bytes === undefined) return undefined;
    try {
      if (codec !== CODEC.name) throw new TypeError(`it was encoded with ${codec}`);
      return this.#shared.decoded(bytes, stateFrom);
    } catch (error) {
      this.#host.warn('value-unreadable', `the presence of ${instance} cannot be read: ${describe(error)}`);
      return undefined;
    }
  }

  /** Who is there, or silent, may have changed. */
  #review(): void {
    this.#there = this.#shared.there(this.#host.instances());
    this.#show(new Set([...this.#shown.keys(), ...this.#said.keys()]));
  }

  /** Shows these as they are now, and tells what of it is news. */
  #show(instances: Iterable<InstanceId>): void {
    const change = { added: [] as InstanceId[], changed: [] as InstanceId[], removed: [] as InstanceId[] };
    for (const instance of instances) {
      const [before, after] = [this.#shown.get(instance), this.#stateOf(instance)];
      if (before === after) continue;
      if (after === undefined) {
        this.#shown.delete(instance);
        change.removed.push(instance);
      } else {
        if (before !== undefined && equalityDeep(before, after)) continue;
        this.#shown.set(instance, after);
        (before === undefined ? change.added : change.changed).push(instance);
      }
    }
    if (change.added.length + change.changed.length + change.removed.length === 0) return;
    this.#snapshot = undefined;
    for (const listener of [...this.#listeners]) this.#tell(listener, change);
  }

  #stateOf(instance: InstanceId): PresenceState | undefined {
    if (instance === this.#host.id) return this.#own;
    if (!this.#there.has(instance) || this.#host.silentPeers().has(peerOf(instance))) return undefined;
    return this.#said.get(instance);
  }

  #tell(listener: (change: PresenceChange) => unknown, change: PresenceChange): void {
    callListener(listener, [change], (error) => this.#host.warn('listener-threw', `a listener of presence threw: ${describe(error)}`));
  }
}

function stateFrom(bytes: Uint8Array): PresenceState {
  const state = deepFrozen(CODEC.decode(bytes));
  checkState(state);
  return state;
}

function checkState(state: unknown): asserts state is PresenceState {
  if (typeof state === 'object' && state !== null && isPlainObject(state)) return;
  throw new TypeError(
    `presence is a plain object of fields; got ${typeof state === 'object' && state !== null ? 'another object' : named(state)}`,
  );
}
