/** What there is to choose from in a list: each category, author and tag, with how many presets have it. */

import type { Facets } from './library.js';
import type { Preset } from './preset.js';
import { foldText } from './search-text.js';

export function countFacets(presets: readonly Preset[]): Facets {
  const [categories, authors, tags] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
  for (const preset of presets) {
    count(categories, preset.category);
    count(authors, preset.author);
    for (const tag of preset.tags) count(tags, tag);
  }
  return Object.freeze({ categories: sorted(categories), authors: sorted(authors), tags: sorted(tags) });
}

/** A preset without one does not count. */
function count(counts: Map<string, number>, name: string): void {
  if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sorted(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const folded = [...counts].map(([name, presets]) => ({ name, presets, key: `${foldText(name)}\n${name}` }));
  folded.sort((a, b) => (a.key < b.key ? -1 : 1));
  return new Map(folded.map(({ name, presets }) => [name, presets]));
}
