/** A preset as the index holds it: the value that is shown, its place, and what is worked out of it at the first search. */

import type { Preset } from './preset.js';
import { foldText, initialsOf, wordsOf } from './search-text.js';
import type { Beginning } from './search-text.js';

export class Shown {
  /** It is not in the document any more; lists that have not noticed yet leave it out. */
  isGone = false;
  #preset: Preset;
  #order: string;
  /** What is searched; and its initials. */
  #words: string | undefined;
  #letters = 0;
  #pairs = 0;
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

  /** Whether one of its words begins so. */
  hasWord({ text, letters, pairs }: Beginning): boolean {
    const words = this.#words ?? this.#readWords();
    return (this.#letters & letters) === letters && (this.#pairs & pairs) === pairs && words.includes(text);
  }

  /** What is sorted by. */
  folded(field: 'name' | 'category' | 'author'): string {
    const { name, category, author } = this.#preset;
    this.#folded ??= { name: foldText(name), category: foldText(category), author: foldText(author) };
    return this.#folded[field];
  }

  /** Works out now what searches and lists would at first sight. */
  prepare(): void {
    if (this.#words === undefined) this.#readWords();
    void this.folded('name');
  }

  #readWords(): string {
    const { name, author, tags, comment } = this.#preset;
    const words = wordsOf([name, author, ...tags, comment]);
    ({ letters: this.#letters, pairs: this.#pairs } = initialsOf(words));
    this.#words = words;
    return words;
  }

  become(preset: Preset, order: string): void {
    this.#preset = preset;
    this.#order = order;
    this.#words = undefined;
    this.#folded = undefined;
  }
}
