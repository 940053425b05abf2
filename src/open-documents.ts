/** The documents that a peer has open: their replicas, between the mesh (what comes and goes) and the writer (what is kept). */

import type { Vector } from '../storage/store.js';
import type { ApplyOutcome } from '../sync/synchronizer-host.js';
import type { Synchronizer } from '../sync/synchronizer.js';
import { assert } from './base/errors.js';
import type { PeerId } from './base/ids.js';
import type { Random } from './base/random.js';
import type { Candidacy } from './candidacy.js';
import { isStoredId } from './documents/document-name.js';
import type { TakenIn } from './spill/intake.js';
import { SettingsIndexes } from './settings/settings-map.js';
import type { Spiller } from './spill/spiller.js';
import { Replica } from './replica/replica.js';
import type { ReplicaListener } from './replica/replica-listener.js';
import type { UpdateSource } from './replica/update-check.js';
import { clashMessage, replicaWarnings } from './replica-warnings.js';
import type { Warnings } from './warnings.js';

export interface OpenDocumentsOptions {
  readonly self: PeerId;
  readonly random: Random;
  readonly warnings: Warnings;
  /** These are there before the first document is opened. */
  readonly synchronizer: () => Synchronizer;
  readonly candidacy: () => Candidacy;
  readonly spiller: () => Spiller;
}

export class OpenDocuments {
  readonly #options: OpenDocumentsOptions;
  readonly #replicas = new Map<string, Replica>();
  /** Of documents in which somebody here uses settings. */
  readonly #settings = new Map<string, SettingsIndexes>();
  /** Whose frames are being applied at this moment: names the origin in the store's record. */
  #applying: PeerId | undefined;

  constructor(options: OpenDocumentsOptions) {
    this.#options = options;
  }

  get replicas(): ReadonlyMap<string, Replica> {
    return this.#replicas;
  }

  get(name: string): Replica {
    const replica = this.#replicas.get(name);
    assert(replica !== undefined, `document ${name} is open`);
    return replica;
  }

  open(name: string): void {
    const replica = new Replica({ random: this.#options.random, listener: this.#listener(name) });
    this.#replicas.set(name, replica);
    this.#options.synchronizer().openDocument(name, replica, { isStored: isStoredId(name) });
  }

  /** Shared by all instances that use the document. */
  settings(name: string): SettingsIndexes {
    const indexes = this.#settings.get(name) ?? new SettingsIndexes(this.get(name).doc);
    this.#settings.set(name, indexes);
    return indexes;
  }

  /** What it holds is durable, saved, or not wanted any more. */
  close(name: string): void {
    const replica = this.#replicas.get(name);
    if (replica === undefined) return;
    replica.heal();
    // First the engine, which says the last numbers: it looks at the replica.
    this.#options.synchronizer().closeDocument(name);
    this.#replicas.delete(name);
    this.#settings.delete(name);
    this.#options.candidacy().documentClosed(name);
    this.#options.spiller().forget(name);
    replica.destroy();
  }

  /** Applies what came from a peer. */
  apply(name: string, updates: readonly Uint8Array[], from: PeerId, source: UpdateSource): ApplyOutcome {
    const replica = this.#replicas.get(name);
    // Closed a moment ago, of which the engine is about to hear.
    if (replica === undefined) return { ok: true };
    replica.heal();
    const { changes } = replica;
    this.#applying = from;
    const outcome = replica.apply(updates, source);
    this.#applying = undefined;
    if (!isStoredId(name)) return outcome;
    if (source === 'catch-up' && replica.changes !== changes) this.#options.spiller().noteDoubt(name, from);
    // Its number counts even where the content had come another way and there is nothing to record.
    if (outcome.ok) this.#options.candidacy().touch(name);
    return outcome;
  }

  /** Applies what was spilled, and gives it a number, so that everybody gets it and it is known when it is durable. */
  takeIn(name: string, update: Uint8Array): TakenIn {
    const replica = this.get(name);
    replica.heal();
    // What waits for something that may come still must not be set aside with what never will.
    if (replica.hasPending()) return 'busy';
    const { changes } = replica;
    const outcome = replica.apply([update], 'spill');
    if (!outcome.ok) return { refused: outcome.detail };
    const isWhole = !replica.hasPending();
    if (!isWhole) replica.setAside();
    // Also where all was here already: only a number given now shows that it is durable.
    if (isWhole || replica.changes !== changes) this.#options.synchronizer().localBulk(name);
    this.#options.candidacy().touch(name);
    return isWhole ? 'whole' : 'incomplete';
  }

  /** Drops what builds on something that nobody alive has. */
  setAside(name: string): void {
    const replica = this.#replicas.get(name);
    if (replica === undefined) return;
    if (isStoredId(name)) this.#options.spiller().noteDoubt(name, undefined);
    const bytes = replica.setAside();
    this.#options.warnings.raise(
      'update-set-aside',
      `${bytes} bytes for ${name} build on something that nobody here has, and are left out: their sender died before anyone else had it, ` +
        'or it is missing in the store (then what builds on it stays there)',
    );
    this.#options.candidacy().touch(name);
  }

  /** Another live replica writes under the client id of ours. */
  renewClientId(name: string, otherPeer: PeerId): void {
    const replica = this.#replicas.get(name);
    if (replica === undefined) return;
    const id = replica.clientId();
    replica.renewClientId();
    this.#options.warnings.raise('client-id-clash', clashMessage(name, id, `peer ${otherPeer} has the same`));
  }

  /** Looks after documents whose changes Yjs may have stopped to tell. They do so themselves, but for what no event told of. */
  heal(): void {
    for (const replica of this.#replicas.values()) replica.heal();
  }

  destroy(): void {
    for (const replica of this.#replicas.values()) replica.destroy();
  }

  #listener(name: string): ReplicaListener {
    const { self, synchronizer, candidacy, spiller, warnings } = this.#options;
    const isStored = isStoredId(name);
    return {
      changed: (update) => {
        if (!isStored) return synchronizer().local(name, update);
        // Its number is given in the drain to come.
        const seq = (synchronizer().state.documents.get(name)?.ownSeq ?? 0) + 1;
        candidacy().record(name, () => update, new Map([[self, seq]]));
        synchronizer().local(name, update);
        spiller().noteChange(name);
      },
      received: (update) => {
        if (!isStored) return;
        candidacy().record(name, update, this.#originOf(name));
        spiller().noteChange(name);
      },
      ...replicaWarnings(name, warnings),
    };
  }

  #originOf(name: string): Vector {
    const from = this.#applying;
    const seq = from === undefined ? undefined : this.#options.synchronizer().state.documents.get(name)?.applied.get(from);
    return from === undefined || seq === undefined ? new Map() : new Map([[from, seq]]);
  }
}
