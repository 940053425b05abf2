/** An instance of which only the talking is there: the test says what arrives, and sees what is sent. */

import { VirtualClock } from '../../src/base/virtual-clock.js';
import { SocommError } from '../../src/base/errors.js';
import type { InstanceId, PeerId } from '../../src/base/ids.js';
import type { ConversationHost } from '../../src/talk/conversation-host.js';
import { SharedSignals } from '../../src/base/shared-signals.js';
import { lib0 } from '../../src/talk/codecs/lib0.js';
import type { BroadcastListener, Outgoing } from '../../talk/broadcasts.js';
import type { ValueEntry } from '../../talk/values.js';

export const peer = (letter: string): PeerId => letter.repeat(16) as PeerId;
export const instance = (letter: string, number = 1): InstanceId => `${peer(letter)}.${number}` as InstanceId;

export class FakeHost {
  readonly id = instance('a');
  readonly clock = new VirtualClock();
  readonly warnings: string[] = [];
  readonly published: Outgoing[] = [];
  readonly set: string[] = [];
  readonly listeners = new Map<BroadcastListener, string>();
  readonly valueListeners = new Set<(changes: readonly ValueEntry[]) => void>();
  entries: ValueEntry[] = [];
  isOpen = true;
  readonly #ends = new Set<() => void>();

  /** What is not asked for by what is tested is not there. */
  readonly host = {
    id: this.id,
    clock: this.clock,
    signals: new SharedSignals(),
    talker: {
      broadcasts: {
        publish: (_: InstanceId, message: Outgoing) => void this.published.push(message),
        subscribe: (_: InstanceId, pattern: string, listener: BroadcastListener) => {
          this.listeners.set(listener, pattern);
          return { ready: Promise.resolve(), end: () => void this.listeners.delete(listener) };
        },
        drained: () => Promise.resolve(),
      },
      values: {
        set: (_: InstanceId, name: string, { key }: { readonly key: string }) => void this.set.push(`${name} ${key}`),
        delete: (_: InstanceId, name: string, key: string) => void this.set.push(`${name} -${key}`),
        entries: () => this.entries,
        subscribe: (_: string, listener: (changes: readonly ValueEntry[]) => void) => {
          this.valueListeners.add(listener);
          return { ready: Promise.resolve(), end: () => void this.valueListeners.delete(listener) };
        },
      },
    },
    warn: (code: string, message: string) => void this.warnings.push(`${code}: ${message}`),
    assertOpen: () => {
      if (!this.isOpen) throw new SocommError('SOCOMM_CLOSED', 'closed');
    },
    onClose: (end: () => void) => {
      this.#ends.add(end);
      return () => void this.#ends.delete(end);
    },
  } as unknown as ConversationHost;

  get endings(): number {
    return this.#ends.size;
  }

  close(): void {
    this.isOpen = false;
    for (const end of [...this.#ends]) end();
  }

  deliver(value: unknown, { from = instance('b'), topic = 'clock' } = {}): void {
    this.deliverBytes(lib0().encode(value), { from, topic });
  }

  deliverBytes(bytes: Uint8Array, { from = instance('b'), topic = 'clock', codec = 'lib0' } = {}): void {
    for (const listener of [...this.listeners.keys()]) listener.message({ from, topic, codec }, bytes);
  }

  lose(count: number, { from = peer('b'), topic = 'clock' } = {}): void {
    for (const listener of [...this.listeners.keys()]) listener.missed({ from, topic, count });
  }

  hear(key: string, value: unknown, from = instance('b')): void {
    this.hearBytes(key, value === undefined ? undefined : lib0().encode(value), { from });
  }

  hearBytes(key: string, bytes: Uint8Array | undefined, { from = instance('b'), codec = 'lib0' } = {}): void {
    for (const listener of [...this.valueListeners]) listener([{ instance: from, key, codec, bytes }]);
  }
}
