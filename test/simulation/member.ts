/** One process of the simulated group: a peer with all that it stands on, one or two instances, and what was seen of it. */

import type * as Y from 'yjs';
import type { Hold } from '../../src/documents/holdings.js';
import type { Instance } from '../../src/instance.js';
import type { Peer } from '../../src/peer.js';
import { MAIN } from '../../sync/keys.js';
import type { DeletedRange, Floor } from './floor.js';
import { rangesOf } from './floor.js';
import { IN_MEMORY } from './operations.js';
import type { SkewedClock } from './skewed-clock.js';
import type { WatchedStore } from './watched-disk.js';
import type { WatchedTransport } from './watched-transport.js';

export interface MemberParts {
  /** For people: `#3` is the third that joined. */
  readonly name: string;
  readonly peer: Peer;
  readonly instances: readonly Instance[];
  readonly clock: SkewedClock;
  readonly transport: WatchedTransport;
  readonly store: WatchedStore;
  readonly canWrite: boolean;
  /** When it began to join: before it said a word. */
  readonly beganAtMs: number;
}

export class Member implements MemberParts {
  readonly name: string;
  readonly peer: Peer;
  readonly instances: readonly Instance[];
  readonly clock: SkewedClock;
  readonly transport: WatchedTransport;
  readonly store: WatchedStore;
  readonly canWrite: boolean;
  readonly beganAtMs: number;
  /** Per document: the client ids under which this replica wrote, and what it deleted itself. */
  readonly #written = new Map<string, { readonly clients: Set<number>; readonly deleted: DeletedRange[] }>();
  readonly #holds = new Map<string, Hold>();
  /** Flushes that wait. */
  flushesOpen = 0;
  isGone = false;

  constructor(parts: MemberParts) {
    this.name = parts.name;
    this.peer = parts.peer;
    this.instances = parts.instances;
    this.clock = parts.clock;
    this.transport = parts.transport;
    this.store = parts.store;
    this.canWrite = parts.canWrite;
    this.beganAtMs = parts.beganAtMs;
  }

  get instance(): Instance {
    return this.instances[0] as Instance;
  }

  doc(name: string): Y.Doc {
    return this.peer.replica(name).doc;
  }

  /** What its application uses; the peer may have more open, for others. */
  get documents(): readonly string[] {
    return [MAIN, ...this.#holds.keys()];
  }

  open(name: string): void {
    this.#holds.set(name, this.peer.documents.holdings.hold(name));
    this.follow(name);
  }

  /** Resolves when the peer has closed it, or goes on without it. */
  close(name: string): Promise<void> {
    const hold = this.#holds.get(name);
    this.#holds.delete(name);
    this.#written.delete(name);
    return hold?.release() ?? Promise.resolve();
  }

  /** From now on this document's own changes are noted; of what is in no store nothing is ever promised. */
  follow(name: string): void {
    if (name === IN_MEMORY) return;
    const doc = this.doc(name);
    const written = { clients: new Set([doc.clientID]), deleted: [] as DeletedRange[] };
    this.#written.set(name, written);
    doc.on('afterTransaction', ({ local, deleteSet }: Y.Transaction) => {
      written.clients.add(doc.clientID);
      if (local) written.deleted.push(...rangesOf(deleteSet));
    });
  }

  /** What this member has written itself until now: with it must come all that it builds on, or it would not be integrated. */
  writtenFloors(): ReadonlyMap<string, Floor> {
    return new Map(
      [...this.#written].map(([name, { clients, deleted }]) => {
        const { store, clientID } = this.doc(name);
        const clocks = [...clients, clientID].map((client) => [client, clockOf(store, client)] as const);
        return [name, { clients: new Map(clocks), deleted: [...deleted] }];
      }),
    );
  }
}

function clockOf(store: Y.Doc['store'], client: number): number {
  const last = store.clients.get(client)?.at(-1);
  return last === undefined ? 0 : last.id.clock + last.length;
}
