/**
 * A preset as it is now, of its record and what was set since. Total: what comes from others may be anything, and a field that cannot be
 * what it should counts as not set.
 */

import type { Birth } from './birth.js';
import { tagOf } from './edits.js';
import type { EditsOfPreset } from './edits.js';
import { RATING_MAX } from './limits.js';
import { isOrderKey } from './order-key.js';
import type { BodyReference, JsonValue, Preset, PresetField } from './preset.js';

export interface PresetParts {
  readonly id: string;
  readonly birth: Birth;
  readonly edits: EditsOfPreset | undefined;
  readonly isHere: (hash: string) => boolean;
}

export function makePreset({ id, birth, edits, isHere }: PresetParts): Preset {
  const value = (field: string, fits: (value: unknown) => boolean): unknown => {
    const edited = edits?.get(field);
    if (edited !== undefined && fits(edited)) return edited;
    const born = birth.fields[field];
    return fits(born) ? born : undefined;
  };
  const body = value('body', isBodyReference) as BodyReference | undefined;
  return Object.freeze<Preset>({
    id,
    name: (value('name', isText) as string | undefined) ?? '',
    category: (value('category', isText) as string | undefined) ?? '',
    author: (value('author', isText) as string | undefined) ?? '',
    tags: tagsOf(birth.fields['tags'], edits),
    favourite: value('favourite', isBoolean) === true,
    rating: (value('rating', isRating) as number | undefined) ?? 0,
    comment: (value('comment', isText) as string | undefined) ?? '',
    source: value('source', isSource) === 'factory' ? 'factory' : 'user',
    extra: (value('extra', isRecord) as { readonly [key: string]: JsonValue } | undefined) ?? NOTHING,
    body,
    isComplete: body !== undefined && isHere(body.hash),
    isRemoved: edits?.get('removed') === true,
  });
}

export function orderOf(birth: Birth, edits: EditsOfPreset | undefined): string {
  const moved = edits?.get('order');
  return isOrderKey(moved) ? moved : birth.order;
}

/** What differs, but for being removed and for the order, which no preset shows. */
export function differences(before: Preset, after: Preset): Set<PresetField> {
  return new Set(COMPARED.filter((field) => !isSame(before[field], after[field])));
}

export function isBodyReference(value: unknown): value is BodyReference {
  if (!isRecord(value)) return false;
  const { hash, bytes, version } = value as Partial<Record<keyof BodyReference, unknown>>;
  return typeof hash === 'string' && HASH.test(hash) && Number.isInteger(bytes) && Number.isInteger(version);
}

export function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

const HASH = /^[0-9a-f]{64}$/;
const NOTHING = Object.freeze({});
const NO_TAGS: readonly string[] = Object.freeze([]);
const COMPARED = [
  'name',
  'category',
  'author',
  'tags',
  'favourite',
  'rating',
  'comment',
  'source',
  'extra',
  'body',
  'isComplete',
] as const satisfies readonly (keyof Preset & PresetField)[];

function tagsOf(born: unknown, edits: EditsOfPreset | undefined): readonly string[] {
  const texts = Array.isArray(born) ? born.filter((tag): tag is string => typeof tag === 'string') : NO_TAGS;
  const tags = new Set(texts);
  for (const [field, isOn] of edits ?? []) {
    const tag = tagOf(field);
    if (tag === undefined) continue;
    if (isOn === true) tags.add(tag);
    else if (isOn === false) tags.delete(tag);
  }
  return tags.size === 0 ? NO_TAGS : Object.freeze([...tags].sort());
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isRating(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= RATING_MAX;
}

function isSource(value: unknown): boolean {
  return value === 'factory' || value === 'user';
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
