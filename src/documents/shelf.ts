/**
 * One shelf of the catalogue, as its replica has it: which documents were made, and which generations were deleted. Keys are only
 * ever added, so concurrent writers agree, and nothing that was deleted can come back.
 *
 *   documents   id → {}     made by whoever opens it first
 *   deleted     id → true   the name now means the next generation
 */

import type { Y } from '../replica/replica.js';
import { identify, shelfOf, storedId } from './document-name.js';

export interface CatalogueEntry {
  readonly id: string;
  readonly name: string;
  readonly generation: number;
}

export class Shelf {
  readonly #own: string;
  readonly #made: Y.Map<object>;
  readonly #deleted: Y.Map<boolean>;
  /** By name: the highest generation that was deleted. */
  readonly #deletedGenerations = new Map<string, number>();
  readonly #end: () => void;

  /** `deleted` is told each id that is found to be deleted, also of what comes in later; within a transaction. */
  constructor(own: string, doc: Y.Doc, deleted: (ids: readonly string[]) => void) {
    this.#own = own;
    this.#made = doc.getMap('documents');
    this.#deleted = doc.getMap('deleted');
    const note = (ids: Iterable<string>): void => {
      const found = [...ids].filter((id) => this.#isOurs(id));
      for (const id of found) {
        const { name, generation } = identify(id);
        this.#deletedGenerations.set(name, Math.max(generation, this.#deletedGenerations.get(name) ?? 0));
      }
      if (found.length > 0) deleted(found);
    };
    const observer = ({ keysChanged }: Y.YMapEvent<boolean>): void => note(keysChanged);
    this.#deleted.observe(observer);
    this.#end = () => this.#deleted.unobserve(observer);
    note(this.#deleted.keys());
  }

  end(): void {
    this.#end();
  }

  /** What the name means now. */
  currentId(name: string): string {
    return storedId(name, 1 + (this.#deletedGenerations.get(name) ?? 0));
  }

  isDeleted(id: string): boolean {
    return this.#deleted.has(id) && this.#isOurs(id);
  }

  isMade(id: string): boolean {
    return this.#made.has(id);
  }

  noteMade(id: string): void {
    if (!this.#made.has(id)) this.#made.set(id, {});
  }

  noteDeleted(id: string): void {
    if (!this.#deleted.has(id)) this.#deleted.set(id, true);
  }

  /** Everything that was ever deleted. */
  get deletedIds(): readonly string[] {
    return [...this.#deleted.keys()].filter((id) => this.#isOurs(id));
  }

  /** What there is. */
  list(): CatalogueEntry[] {
    const ids = [...this.#made.keys()].filter((id) => this.#isOurs(id) && !this.#deleted.has(id));
    return ids.map((id) => ({ id, name: identify(id).name, generation: identify(id).generation }));
  }
  /** What a foreign hand has written here must delete no document that lies elsewhere, `main` among them. */
  #isOurs(id: string): boolean {
    const { kind, name, generation } = identify(id);
    return kind === 'stored' && storedId(name, generation) === id && shelfOf(name) === this.#own;
  }
}
