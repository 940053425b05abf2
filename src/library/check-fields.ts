/** What is said of presets, checked at the edge: mistakes are stopped at the call, before anything of it is written. */

import {
  COMMENT_CHARACTERS_MAX,
  EXTRA_CHARACTERS_MAX,
  PRESET_ID_CHARACTERS_MAX,
  PRESET_NAME_CHARACTERS_MAX,
  PRESET_WORD_CHARACTERS_MAX,
  RATING_MAX,
  TAGS_MAX,
  TAG_CHARACTERS_MAX,
} from './limits.js';
import type { PresetFields } from './preset.js';

type Check = (value: unknown) => string | undefined;

/** What is wrong with the fields of a preset, as one line that begins with the field; undefined where all is well. */
export function describePresetProblem(fields: unknown, { isNew = false }: { readonly isNew?: boolean } = {}): string | undefined {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return `a preset is an object; got ${named(fields)}`;
  const given = fields as Readonly<Record<string, unknown>>;
  if (isNew && given['name'] === undefined) return 'name is missing';
  for (const [field, check] of Object.entries(CHECKS)) {
    const value = given[field];
    const problem = value === undefined ? undefined : check(value);
    if (problem !== undefined) return `${field} ${problem}`;
  }
  return undefined;
}

/** Throws a TypeError that says which field is wrong, or that there is no such field. */
export function checkFields(fields: unknown, { isNew = false }: { readonly isNew?: boolean } = {}): asserts fields is PresetFields {
  const problem = describePresetProblem(fields, { isNew });
  if (problem !== undefined) throw new TypeError(problem);
  const unknown = Object.keys(fields as object).find((field) => !Object.hasOwn(CHECKS, field));
  if (unknown !== undefined) throw new TypeError(`a preset has no field '${unknown}'; what is the application's own goes into 'extra'`);
}

export function checkPresetId(id: unknown): asserts id is string {
  const problem = describeIdProblem(id);
  if (problem !== undefined) throw new TypeError(`id ${problem}`);
}

export function describeIdProblem(id: unknown): string | undefined {
  return textOf(1, PRESET_ID_CHARACTERS_MAX)(id);
}

export function checkTags(tags: unknown): readonly string[] {
  const list: unknown = typeof tags === 'string' ? [tags] : tags;
  const problem = tagsProblem(list);
  if (problem !== undefined) throw new TypeError(`tags ${problem}`);
  return [...new Set(list as readonly string[])];
}

export function checkRating(rating: unknown): asserts rating is number {
  const problem = ratingProblem(rating);
  if (problem !== undefined) throw new TypeError(`rating ${problem}`);
}

export function named(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

// Keys of the document are put together of these with line feeds in between, and lists are drawn in one line.
const CONTROL = /\p{Cc}/u;
// Half of a surrogate pair does not survive UTF-8.
const HALF_PAIR = /\p{Cs}/u;

function textOf(charactersMin: number, charactersMax: number, { isLong = false }: { readonly isLong?: boolean } = {}): Check {
  return (value) => {
    if (typeof value !== 'string') return `is a text; got ${named(value)}`;
    if (value.length < charactersMin) return 'is empty';
    if (value.length > charactersMax) return `has ${value.length} characters, more than ${charactersMax}`;
    if (!isLong && CONTROL.test(value)) return 'has a control character';
    return HALF_PAIR.test(value) ? 'has half of a surrogate pair' : undefined;
  };
}

const tagProblem = textOf(1, TAG_CHARACTERS_MAX);

function tagsProblem(tags: unknown): string | undefined {
  if (!Array.isArray(tags)) return `is a list of texts; got ${named(tags)}`;
  if (tags.length > TAGS_MAX) return `has ${tags.length} entries, more than ${TAGS_MAX}`;
  for (const [at, tag] of tags.entries()) {
    const problem = tagProblem(tag);
    if (problem !== undefined) return `[${at}] ${problem}`;
  }
  return undefined;
}

function ratingProblem(rating: unknown): string | undefined {
  const isRating = Number.isInteger(rating) && (rating as number) >= 0 && (rating as number) <= RATING_MAX;
  return isRating ? undefined : `is a whole number from 0 to ${RATING_MAX}; got ${typeof rating === 'number' ? rating : named(rating)}`;
}

/** What would not come back as it went is not plain JSON. */
function extraProblem(extra: unknown): string | undefined {
  if (typeof extra !== 'object' || extra === null || Array.isArray(extra)) return `is an object of plain JSON; got ${named(extra)}`;
  const foreign = foreignPath(extra, 0);
  if (foreign !== undefined) return `holds what is not plain JSON, at ${foreign === '' ? 'its top' : foreign}`;
  const { length } = JSON.stringify(extra);
  return length > EXTRA_CHARACTERS_MAX ? `has ${length} characters as JSON, more than ${EXTRA_CHARACTERS_MAX}` : undefined;
}

const EXTRA_DEPTH = 16;

function foreignPath(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return HALF_PAIR.test(value) ? '' : undefined;
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? undefined : '';
    case 'object':
      break;
    default:
      return '';
  }
  if (value === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (depth > EXTRA_DEPTH || !(Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null)) return '';
  // Of a list also what is missing in it.
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  for (const [key, inner] of entries) {
    const path = key === '__proto__' || (typeof key === 'string' && HALF_PAIR.test(key)) ? '' : foreignPath(inner, depth + 1);
    if (path !== undefined) return `${typeof key === 'number' ? `[${key}]` : `.${key}`}${path}`;
  }
  return undefined;
}

const CHECKS: Readonly<Record<keyof PresetFields, Check>> = {
  name: textOf(1, PRESET_NAME_CHARACTERS_MAX),
  category: textOf(0, PRESET_WORD_CHARACTERS_MAX),
  author: textOf(0, PRESET_WORD_CHARACTERS_MAX),
  tags: tagsProblem,
  favourite: (value) => (typeof value === 'boolean' ? undefined : `is true or false; got ${named(value)}`),
  rating: ratingProblem,
  comment: textOf(0, COMMENT_CHARACTERS_MAX, { isLong: true }),
  source: (value) => (value === 'factory' || value === 'user' ? undefined : `is 'factory' or 'user'; got ${named(value)}`),
  extra: extraProblem,
};
