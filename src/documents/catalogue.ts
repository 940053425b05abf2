/**
 * The catalogue as this peer has it: the shelves that are open here, whoever opened them. What one says is deleted is closed at once, and,
 * where this peer writes, taken off the disk. It opens nothing itself.
 */

import type { Replica } from '../replica/replica.js';
import { identify, isShelf, shelfOf } from './document-name.js';
import { Shelf } from './shelf.js';

export interface CatalogueHost {
  /** Found to be deleted: by us, by others, or long ago. Told again when a shelf is opened anew. */
  deleted(ids: readonly string[]): void;
}

export class Catalogue {
  readonly #host: CatalogueHost;
  readonly #shelves = new Map<string, Shelf>();
  #isInUse = false;

  constructor(host: CatalogueHost) {
    this.#host = host;
  }

  /** Somebody here has opened a document by name, or listed them: so there may be others. */
  get isInUse(): boolean {
    return this.#isInUse;
  }

  /** A document was opened here: nothing happens where it is no shelf. */
  opened(id: string, replica: Replica): void {
    if (!isShelf(id)) return;
    this.#isInUse = true;
    this.#shelves.set(id, new Shelf(id, replica.doc, (ids) => this.#host.deleted(ids)));
  }

  closed(id: string): void {
    this.#shelves.get(id)?.end();
    this.#shelves.delete(id);
  }

  shelf(id: string): Shelf | undefined {
    return this.#shelves.get(id);
  }

  /** As far as is known here. */
  isDeleted(id: string): boolean {
    const { kind, name } = identify(id);
    return kind === 'stored' && this.#shelves.get(shelfOf(name))?.isDeleted(id) === true;
  }

  /** Everything that the open shelves call deleted. */
  get deletedIds(): readonly string[] {
    return [...this.#shelves.values()].flatMap((shelf) => shelf.deletedIds);
  }
}
