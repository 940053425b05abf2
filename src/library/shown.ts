/** A preset as the index holds it: the value that is shown, its place, and what is worked out of it at the first search. */

import type { Preset } from './preset.js';
import { foldText, wordsOf } from './search-text.js';

export class Shown {
  /** It is not in the document any more; lists that have not noticed yet leave it out. */
  isGone = false;
  #preset: Preset;
  #order: string;
  #words: string | undefined;
  #folded: { readonly name: string; readonly category: string; readonly author: string } | undefined;

  constructor(preset: Preset, order: string) {
    this.#preset = preset;
    this.#order = order;
  }

  get preset(): Preset {
    return this.#preset;
  }

  get order(): string {
    return this.#order;
  }

  /** What is searched. */
  get words(): string {
    const { name, author, tags, comment } = this.#preset;
    this.#words ??= wordsOf([name, author, ...tags, comment]);
    return this.#words;
  }

  /** What is sorted by. */
  folded(field: 'name' | 'category' | 'author'): string {
    const { name, category, author } = this.#preset;
    this.#folded ??= { name: foldText(name), category: foldText(category), author: foldText(author) };
    return this.#folded[field];
  }

  /** Works out now what searches and lists would at first sight. */
  prepare(): void {
    void this.words;
    void this.folded('name');
  }

  become(preset: Preset, order: string): void {
    this.#preset = preset;
    this.#order = order;
    this.#words = undefined;
    this.#folded = undefined;
  }
}
