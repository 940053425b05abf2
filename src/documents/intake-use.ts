/** The documents that the writer opens to take spills in, and its look into the catalogue first: what was deleted is not brought back. */

import { MAIN } from '../../sync/membership.js';
import { identify, shelfOf } from './document-name.js';
import type { Hold } from './holdings.js';
import type { PeerDocuments } from './peer-documents.js';

export class IntakeUse {
  readonly #documents: () => PeerDocuments;
  readonly #isWhole: (id: string) => boolean;
  readonly #holds = new Map<string, Hold>();

  constructor(documents: () => PeerDocuments, isWhole: (id: string) => boolean) {
    this.#documents = documents;
    this.#isWhole = isWhole;
  }

  prepare(id: string): 'loading' | 'whole' | 'deleted' {
    const { kind, name } = identify(id);
    if (kind === 'stored') {
      const shelf = shelfOf(name);
      if (!this.#open(shelf)) return 'loading';
      if (this.#documents().catalogue.isDeleted(id)) return 'deleted';
    }
    return this.#open(id) ? 'whole' : 'loading';
  }

  end(): void {
    for (const hold of this.#holds.values()) void hold.release({ lingers: true });
    this.#holds.clear();
  }

  /** Whether it is whole. */
  #open(id: string): boolean {
    if (id !== MAIN && !this.#holds.has(id)) {
      const hold = this.#documents().holdings.hold(id, () => void this.#holds.delete(id));
      this.#holds.set(id, hold);
    }
    return this.#isWhole(id);
  }
}
