/**
 * How an instance stands, as something to read and to be told of: a frozen snapshot that stays the same object until
 * something in it changes, so that `useSyncExternalStore` and its kin need no adapter.
 */

import type { WriterRef } from '../sync/engine-io.js';
import { describe } from './base/errors.js';
import type { InstanceId } from './base/ids.js';
import { callListener } from './base/listener.js';
import type { Instance } from './instance.js';
import type { Peer } from './peer.js';
import { checkListener } from './talk/arguments.js';

export interface InstanceStatus {
  readonly status: 'open' | 'closing' | 'closed';
  readonly role: 'writer' | 'follower';
  readonly writer: WriterRef | undefined;
  readonly isSynced: boolean;
  /** Nothing becomes durable: the writer is silent, or nobody can write. */
  readonly isStalled: boolean;
  /** The instances of all peers. */
  readonly instances: readonly InstanceId[];
}

export class StatusView {
  readonly #instance: Instance;
  readonly #peer: Peer;
  readonly #listeners = new Set<() => void>();
  #snapshot: InstanceStatus | undefined;
  #unwatch: (() => void) | undefined;

  constructor(instance: Instance, peer: Peer) {
    this.#instance = instance;
    this.#peer = peer;
  }

  get snapshot(): InstanceStatus {
    const now = this.#look();
    if (this.#snapshot === undefined || !areEqual(this.#snapshot, now)) this.#snapshot = Object.freeze(now);
    return this.#snapshot;
  }

  /** Calls `listener` whenever the snapshot has become another one. Returns what ends that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    checkListener(listener);
    const entry = (): void =>
      callListener(listener, [], (error) =>
        this.#peer.warnings.raise('listener-threw', `a listener of the status threw: ${describe(error)}`),
      );
    this.#listeners.add(entry);
    this.#unwatch ??= this.#peer.watch(() => this.review());
    void this.snapshot;
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size > 0) return;
      this.#unwatch?.();
      this.#unwatch = undefined;
    };
  };

  /** Something may have changed. */
  review(): void {
    const before = this.#snapshot;
    if (this.snapshot === before) return;
    for (const listener of [...this.#listeners]) listener();
  }

  #look(): InstanceStatus {
    const { status, role, writer, instances } = this.#instance;
    const isStalled = this.#peer.synchronizer.state.stallReason !== undefined;
    return { status, role, writer, isSynced: this.#peer.isSynced, isStalled, instances: Object.freeze(instances) };
  }
}

function areEqual(a: InstanceStatus, b: InstanceStatus): boolean {
  return (
    a.status === b.status &&
    a.role === b.role &&
    a.writer?.id === b.writer?.id &&
    a.writer?.term === b.writer?.term &&
    a.isSynced === b.isSynced &&
    a.isStalled === b.isStalled &&
    a.instances.length === b.instances.length &&
    a.instances.every((id, at) => id === b.instances[at])
  );
}
