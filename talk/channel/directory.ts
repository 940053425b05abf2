/**
 * Who handles which request, as ephemeral values: each instance that handles one keeps an empty value under its name. Who asks
 * anybody subscribes to them at the first such request, and from then on knows without asking. Before it is said that nobody
 * handles a request, all are asked anew: who has just begun to may not be known yet.
 */

import type { Clock } from '../../src/base/clock.js';
import type { InstanceId } from '../../src/base/ids.js';
import { RESERVED } from '../keys.js';
import { DIRECTORY_WAIT_MS, VALUES_PER_SECOND_MAX } from '../limits.js';
import type { ValueEntry, Values, ValuesSubscription } from '../values.js';

const HANDLERS = `${RESERVED}handlers`;
const NOTHING = new Uint8Array(0);

export type DirectoryValues = Pick<Values, 'set' | 'delete' | 'entries' | 'subscribe' | 'refresh'>;

export class HandlerDirectory {
  readonly #values: DirectoryValues;
  readonly #clock: Clock;
  #subscription: ValuesSubscription | undefined;
  /** By the name of the request. */
  readonly #instances = new Map<string, Set<InstanceId>>();
  /** Under way: everybody is telling what it handles. */
  #asking: Promise<void> | undefined;
  #cancelWait: (() => void) | undefined;

  constructor(values: DirectoryValues, clock: Clock) {
    this.#values = values;
    this.#clock = clock;
  }

  announce(instance: InstanceId, name: string): void {
    this.#values.set(instance, HANDLERS, { key: name, codec: 'raw', bytes: NOTHING, perSecondMax: VALUES_PER_SECOND_MAX });
  }

  withdraw(instance: InstanceId, name: string): void {
    this.#values.delete(instance, HANDLERS, name);
  }

  /** Undefined where somebody is known who handles it; else a promise of the time when everybody has told, or has had the time to. */
  whenKnown(name: string): Promise<void> | undefined {
    return this.#subscription !== undefined && this.#asking === undefined && this.#instances.has(name) ? undefined : this.refresh();
  }

  /** Resolves when everybody has told anew, or has had the time to. */
  refresh(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** All that are known, also of ourselves. */
  handlersOf(name: string): ReadonlySet<InstanceId> {
    return this.#instances.get(name) ?? new Set();
  }

  close(): void {
    this.#subscription?.end();
    this.#cancelWait?.();
  }

  async #ask(): Promise<void> {
    const told = this.#subscription === undefined ? this.#subscribe() : this.#values.refresh(HANDLERS);
    await new Promise<void>((resolve) => {
      this.#cancelWait = this.#clock.after(DIRECTORY_WAIT_MS, resolve);
      void told.then(resolve);
    });
    this.#cancelWait?.();
    this.#note(this.#values.entries(HANDLERS));
  }

  #subscribe(): Promise<void> {
    this.#subscription = this.#values.subscribe(HANDLERS, (changes) => this.#note(changes));
    return this.#subscription.ready;
  }

  #note(changes: readonly ValueEntry[]): void {
    for (const { key, instance, bytes } of changes) {
      const instances = this.#instances.get(key) ?? new Set();
      if (bytes === undefined) instances.delete(instance);
      else instances.add(instance);
      if (instances.size === 0) this.#instances.delete(key);
      else this.#instances.set(key, instances);
    }
  }
}
