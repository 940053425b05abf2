/**
 * What was acknowledged, noted outside of socomm, by the presenter: the only witness that a killed process cannot take
 * along. Compared with what a copy recites. Keys are never used twice, so nothing may legitimately be another value.
 */

import { isDeepStrictEqual } from 'node:util';

import type { Edit } from './messages.js';

export interface Comparison {
  readonly acknowledged: number;
  /** Keys of acknowledged edits that are not there. */
  readonly missing: readonly string[];
  /** Keys under which something else stands. */
  readonly changed: readonly string[];
}

export class Ledger {
  readonly #edits = new Map<string, Edit>();

  get size(): number {
    return this.#edits.size;
  }

  note(key: string, edit: Edit): void {
    if (this.#edits.has(key)) throw new Error(`${key} was acknowledged twice: keys must be used once`);
    this.#edits.set(key, edit);
  }

  compare(found: Readonly<Record<string, Edit>>): Comparison {
    const missing: string[] = [];
    const changed: string[] = [];
    for (const [key, edit] of this.#edits) {
      if (!Object.hasOwn(found, key)) missing.push(key);
      else if (!isDeepStrictEqual(found[key], edit)) changed.push(key);
    }
    return { acknowledged: this.#edits.size, missing, changed };
  }
}
