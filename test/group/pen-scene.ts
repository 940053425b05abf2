/** A writer's pen by itself: replicas, a memory disk that can be held, and a record of what the pen says. No mesh, no election. */

import { peerOf } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { Replica } from '../../src/replica/replica.js';
import { Writer } from '../../src/writer.js';
import type { WriterHost, WrittenDocument } from '../../src/writer-host.js';
import { MemoryDisk } from '../../storage/memory-disk.js';
import { MemoryStore } from '../../storage/memory-store.js';
import type { Vector } from '../../storage/store.js';
import type { InstanceId, PeerId } from '../../src/base/ids.js';

export const PEER: PeerId = peerOf('0123456789abcdef-1' as InstanceId);

export interface PenOptions {
  readonly disk?: MemoryDisk;
  /** By name: already synced with somebody, so that they are loaded after the takeover only. */
  readonly synced?: readonly string[];
  readonly logBytesBeforeSnapshot?: number;
  readonly trialWorkerFile?: string;
  /** Default true: the pen rests between no two batches. */
  readonly isAwaited?: boolean;
}

const UNTIL_MS = 20_000;

export class PenScene {
  readonly clock = new VirtualClock();
  readonly disk: MemoryDisk;
  readonly store: MemoryStore;
  readonly writer: Writer;
  readonly replicas = new Map<string, Replica>();
  readonly stored = new Map<string, Vector>();
  readonly loaded = new Set<string>();
  readonly refused: string[] = [];
  readonly failures: unknown[] = [];
  /** Each another one: two replicas of one client id would not agree. */
  static #count = 0;
  readonly #random = seededRandom(++PenScene.#count);
  readonly #options: PenOptions;

  constructor(options: PenOptions = {}) {
    this.#options = options;
    this.disk = options.disk ?? heldDisk().disk;
    this.store = new MemoryStore(this.disk);
    this.writer = new Writer(this.store, this.#host());
  }

  replica(name: string): Replica {
    const found = this.replicas.get(name);
    if (found !== undefined) return found;
    const record = (update: () => Uint8Array): void => this.writer.record(name, update, new Map());
    const nothing = (): void => undefined;
    const replica = new Replica({
      random: this.#random,
      listener: {
        changed: (update) => record(() => update),
        received: record,
        observerThrew: nothing,
        repaired: nothing,
        valuesRemoved: nothing,
        changeTooDeep: nothing,
        clientIdRenewed: nothing,
        clientIdChanged: nothing,
      },
    });
    this.replicas.set(name, replica);
    return replica;
  }

  set(key: string, value: unknown, document = 'main'): void {
    this.replica(document).doc.getMap<unknown>('map').set(key, value);
  }

  get(key: string, document = 'main'): unknown {
    return this.replica(document).doc.getMap<unknown>('map').get(key);
  }

  async takeOver(): Promise<void> {
    this.store.lock.tryAcquire();
    await this.writer.takeOver();
    const begun = this.begin();
    await this.clock.advance(100);
    await begun;
  }

  /** As who leads: says first what is durable. */
  begin(): Promise<void> {
    for (const [document, vector] of this.writer.firstStored) this.stored.set(document, vector);
    return this.writer.begin();
  }

  /** All that was said to be stored of a document: the replica's count of changes. */
  storedChanges(document = 'main'): number {
    return this.stored.get(document)?.get(PEER) ?? 0;
  }

  stateOnDisk(document = 'main') {
    const stored = this.store.documents().find(({ name }) => name === document);
    if (stored === undefined) throw new Error(`nothing is stored of ${document}`);
    return stored;
  }

  /** What another writer finds. */
  async reopened(): Promise<PenScene> {
    const later = new PenScene({ disk: this.disk });
    for (const name of this.disk.documents.keys()) later.replica(name);
    await later.takeOver();
    return later;
  }

  /** Turns the loop until it is so. Counted in time: how many turns pass while a worker thread starts, a busy machine decides. */
  async until(isSo: () => boolean): Promise<void> {
    const endsAt = performance.now() + UNTIL_MS;
    while (!isSo()) {
      if (performance.now() > endsAt) throw new Error('it never came about');
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }

  #written(name: string): WrittenDocument | undefined {
    const replica = this.replicas.get(name);
    if (replica === undefined) return undefined;
    const isSynced = this.#options.synced?.includes(name) === true;
    return { name, replica, isSynced, vector: () => new Map([[PEER, replica.changes]]) };
  }

  #host(): WriterHost {
    const { isAwaited = true, logBytesBeforeSnapshot, trialWorkerFile } = this.#options;
    return {
      address: { id: PEER, publisher: 'p', messenger: 'm', responder: 'r' },
      clock: this.clock,
      logBytesBeforeSnapshot,
      isAwaited: () => isAwaited,
      document: (name) => this.#written(name),
      ...(trialWorkerFile === undefined ? {} : { trialWorkerFile }),
      termHeard: () => 0,
      documents: () => [...this.replicas.keys()].map((name) => this.#written(name)).filter((document) => document !== undefined),
      loaded: (document) => void this.loaded.add(document),
      stored: (document, vector) => void this.stored.set(document, vector),
      damaged: () => undefined,
      failed: (error) => void this.failures.push(error),
      snapshotRefused: (document) => void this.refused.push(document),
    };
  }
}

export interface HeldDisk {
  readonly disk: MemoryDisk;
  /** From now on writes wait; returns what lets them go on. */
  hold(): () => void;
  refuse(error: Error): void;
}

/** A disk whose writes can be made to wait, or to fail. */
export function heldDisk(): HeldDisk {
  let gate: Promise<void> = Promise.resolve();
  let failure: Error | undefined;
  const disk = new MemoryDisk({
    sync: async () => {
      await gate;
      if (failure !== undefined) throw failure;
    },
  });
  return {
    disk,
    hold: () => {
      let open = (): void => undefined;
      gate = new Promise((resolve) => (open = resolve));
      return open;
    },
    refuse: (error) => (failure = error),
  };
}
