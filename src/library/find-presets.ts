/** Searching: one pass over a list that is sorted already, which stops when it has enough. */

import { named } from './check-fields.js';
import type { PresetIndex } from './preset-index.js';
import type { Preset, PresetQuery, PresetSort } from './preset.js';
import { beginnings } from './search-text.js';
import type { Shown } from './shown.js';

export function findPresets(index: PresetIndex, query: PresetQuery): readonly Preset[] {
  checkQuery(query);
  const { sort = 'order', reverse = false, limit = Infinity } = query;
  const tests = testsOf(query);
  const sorted = index.sorted(sort);
  const found: Preset[] = [];
  for (let at = 0; at < sorted.length && found.length < limit; at++) {
    const shown = sorted[reverse ? sorted.length - 1 - at : at] as Shown;
    if (passes(shown, tests)) found.push(shown.preset);
  }
  return found;
}

function passes(shown: Shown, tests: readonly Test[]): boolean {
  for (const test of tests) if (!test(shown)) return false;
  return true;
}

type Test = (shown: Shown) => boolean;

/** The cheapest first. */
function testsOf({ text, tags, category, author, favourite, source, rating }: PresetQuery): readonly Test[] {
  const tests: Test[] = [];
  if (favourite !== undefined) tests.push(({ preset }) => preset.favourite === favourite);
  if (source !== undefined) tests.push(({ preset }) => preset.source === source);
  if (rating !== undefined) tests.push(({ preset }) => preset.rating >= rating);
  if (category !== undefined) tests.push(oneOf(category, ({ preset }) => preset.category));
  if (author !== undefined) tests.push(oneOf(author, ({ preset }) => preset.author));
  for (const tag of tags ?? []) tests.push(({ preset }) => preset.tags.includes(tag));
  // One look for each word, the longest first: it is in the fewest.
  const words = beginnings(text ?? '').toSorted((a, b) => b.text.length - a.text.length);
  for (const word of words) tests.push((shown) => shown.hasWord(word));
  return tests;
}

function oneOf(wanted: string | readonly string[], of: (shown: Shown) => string): Test {
  if (typeof wanted === 'string') return (shown) => of(shown) === wanted;
  const all = new Set(wanted);
  return (shown) => all.has(of(shown));
}

const SORTS: ReadonlySet<PresetSort> = new Set(['order', 'name', 'category', 'author', 'rating']);

const isText = (value: unknown): boolean => typeof value === 'string';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isEither = (value: unknown): boolean => isText(value) || isTexts(value);
const isFlag = (value: unknown): boolean => typeof value === 'boolean';

const QUERY: Readonly<Record<keyof PresetQuery, readonly [fits: (value: unknown) => boolean, is: string]>> = {
  text: [isText, 'a text'],
  tags: [isTexts, 'a list of texts'],
  category: [isEither, 'a text or a list of texts'],
  author: [isEither, 'a text or a list of texts'],
  favourite: [isFlag, 'true or false'],
  source: [(value) => value === 'factory' || value === 'user', "'factory' or 'user'"],
  rating: [(value) => typeof value === 'number' && !Number.isNaN(value), 'a number'],
  sort: [(value) => SORTS.has(value as PresetSort), `one of ${[...SORTS].join(', ')}`],
  reverse: [isFlag, 'true or false'],
  limit: [(value) => value === Infinity || (Number.isInteger(value) && (value as number) >= 0), 'a whole number'],
};

function checkQuery(query: unknown): asserts query is PresetQuery {
  if (typeof query !== 'object' || query === null) throw new TypeError(`what to find is an object; got ${named(query)}`);
  for (const [name, value] of Object.entries(query)) {
    const rule = Object.hasOwn(QUERY, name) ? QUERY[name as keyof PresetQuery] : undefined;
    if (rule === undefined) throw new TypeError(`find() knows no '${name}'; it knows ${Object.keys(QUERY).join(', ')}`);
    if (value !== undefined && !rule[0](value))
      throw new TypeError(`${name} is ${rule[1]}; got ${typeof value === 'number' ? value : named(value)}`);
  }
}
