/**
 * The documents of a peer, put together: what is open and for whom (holdings), what there is and was (catalogue), and how a name becomes
 * an open document. Instances come here with names; the engine, the store and the wire know ids only.
 */

import { SocommError } from '../base/errors.js';
import type { OpenDocuments } from '../open-documents.js';
import type { Peer } from '../peer.js';
import { Catalogue } from './catalogue.js';
import { SHELVES, memoryId, shelfOf, storedId } from './document-name.js';
import type { DocumentKeep } from './document-name.js';
import { Holdings } from './holdings.js';
import type { Hold } from './holdings.js';
import type { CatalogueEntry, Shelf } from './shelf.js';
import { makeDurable, makeSafe, setAsideLateEdits } from './leaving-document.js';
import { isWhole, waitForDocument } from './waiting-for-document.js';

/** An open document, and what keeps it open. */
export interface Opened {
  readonly id: string;
  /** The document's, and of a stored one also its shelf's. */
  readonly holds: readonly Hold[];
}

export interface OpeningOptions {
  readonly keep: DocumentKeep;
  readonly isWaiting: boolean;
  readonly signal: AbortSignal;
  /** Called once, when it is deleted while it is open. */
  readonly deleted: () => void;
}

export class PeerDocuments {
  readonly holdings: Holdings;
  readonly catalogue: Catalogue;
  readonly #peer: Peer;
  /** Found to be deleted, and not looked after yet. */
  readonly #deleted = new Set<string>();

  constructor(peer: Peer, documents: OpenDocuments) {
    this.#peer = peer;
    this.catalogue = new Catalogue({ deleted: (ids) => this.#noteDeleted(ids) });
    this.holdings = new Holdings({
      clock: peer.options.clock,
      open: (id) => {
        documents.open(id);
        this.catalogue.opened(id, documents.get(id));
        peer.candidacy.documentOpened();
      },
      close: (id) => {
        this.catalogue.closed(id);
        documents.close(id);
      },
      isDeleted: (id) => this.catalogue.isDeleted(id),
      othersHolding: (id) => peer.synchronizer.holders(id),
      isFlushing: (id) => [...peer.synchronizer.state.flushes.values()].some(({ targets }) => targets.has(id)),
      makeSafe: (id) => makeSafe(peer, id),
      setAside: (id) => setAsideLateEdits(peer, id),
    });
  }

  /** Opens what the name means now. */
  async open(name: string, { keep, isWaiting, signal, deleted }: OpeningOptions): Promise<Opened> {
    if (keep === 'memory') return this.#openMemory(name, { isWaiting, signal, deleted });
    const opening = this.#onShelf(shelfOf(name), signal, async (shelf, shelfHold) => {
      for (;;) {
        const id = shelf.currentId(name);
        const hold = this.holdings.hold(id, deleted);
        try {
          if (isWaiting) await waitForDocument(this.#peer, id, { signal, isImpatient: true });
          signal.throwIfAborted();
          if (shelf.currentId(name) !== id) continue;
          shelf.noteMade(id);
          return { id, holds: [hold, shelfHold] };
        } catch (error) {
          void hold.release();
          // Deleted in this very moment: the name means another one by now.
          if (shelf.currentId(name) === id || signal.aborted) throw error;
        }
      }
    });
    const early = this.#holdEarly(name);
    return opening.finally(() => void early?.release());
  }

  /**
   * Asked for together with its shelf, which tells only later what the name means: nearly always the first generation. Behind the shelf, so
   * that who writes opens that first, and opens nothing that it calls deleted.
   */
  #holdEarly(name: string): Hold | undefined {
    const id = storedId(name, 1);
    return isWhole(this.#peer, shelfOf(name)) || this.catalogue.isDeleted(id) ? undefined : this.holdings.hold(id);
  }

  async #openMemory(name: string, { isWaiting, signal, deleted }: Omit<OpeningOptions, 'keep'>): Promise<Opened> {
    const id = memoryId(name);
    const hold = this.holdings.hold(id, deleted);
    try {
      if (isWaiting) await waitForDocument(this.#peer, id, { signal, isImpatient: true });
      signal.throwIfAborted();
      return { id, holds: [hold] };
    } catch (error) {
      void hold.release();
      throw error;
    }
  }

  /** What there is, in the whole group. */
  async list(signal: AbortSignal): Promise<readonly CatalogueEntry[]> {
    const holds = SHELVES.map((id) => this.holdings.hold(id));
    try {
      const entries: CatalogueEntry[] = [];
      // They come side by side; only their looking through waits its turn.
      for (const { id } of holds) {
        await waitForDocument(this.#peer, id, { signal, isImpatient: true });
        entries.push(...(this.catalogue.shelf(id)?.list() ?? []));
      }
      return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    } finally {
      for (const hold of holds) void hold.release({ lingers: true });
    }
  }

  /** Says that it is deleted, to be made durable by a flush; false where there is none of that name. */
  async delete(name: string, signal: AbortSignal): Promise<boolean> {
    return this.#onShelf(shelfOf(name), signal, async (shelf, hold) => {
      // What was written here before is not late: who deletes knows of it.
      await makeDurable(this.#peer, shelf.currentId(name));
      const id = shelf.currentId(name);
      const isThere = shelf.isMade(id);
      if (isThere) shelf.noteDeleted(id);
      void hold.release({ lingers: true });
      return isThere;
    });
  }

  /** Opens a shelf, and gives it to `work` once it is whole, with the hold, which is `work`'s to release unless it throws. */
  async #onShelf<Result>(id: string, signal: AbortSignal, work: (shelf: Shelf, hold: Hold) => Promise<Result>): Promise<Result> {
    const hold = this.holdings.hold(id);
    try {
      await waitForDocument(this.#peer, id, { signal, isImpatient: true });
      const shelf = this.catalogue.shelf(id);
      if (shelf === undefined) throw new SocommError('SOCOMM_CLOSED', `${id} was closed before it was read`);
      return await work(shelf, hold);
    } catch (error) {
      void hold.release({ lingers: true });
      throw error;
    }
  }

  /** Not within the transaction that told of it. */
  #noteDeleted(ids: readonly string[]): void {
    if (this.#deleted.size === 0) queueMicrotask(() => this.#lookAfterDeleted());
    for (const id of ids) this.#deleted.add(id);
  }

  #lookAfterDeleted(): void {
    const ids = [...this.#deleted];
    this.#deleted.clear();
    if (this.#peer.status !== 'open') return;
    for (const id of ids) this.holdings.deleted(id);
    // Who waits for one of them opens the next.
    this.#peer.review();
    this.#peer.candidacy.documentsDeleted(ids);
  }
}
