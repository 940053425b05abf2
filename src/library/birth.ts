/**
 * A preset as it was added: written once, as JSON text, under its id. One item of Yjs, and one text to decode: a library of 10,000 loads in
 * less than half the time of plain objects, and a tenth of that of nested maps (docs/LIBRARY.md). What is changed later lies in `edits.ts`.
 */

import { isOrderKey } from './order-key.js';
import type { BodyReference, PresetFields } from './preset.js';

export interface Birth {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly order: string;
}

/** What has the value that goes without saying is left out. */
export function writeBirth(birth: PresetFields & { readonly order: string; readonly body?: BodyReference | undefined }): string {
  const { name, category, author, tags, favourite, rating, comment, source, extra, order, body } = birth;
  return JSON.stringify({
    name,
    category: category === '' ? undefined : category,
    author: author === '' ? undefined : author,
    tags: tags?.length === 0 ? undefined : tags,
    favourite: favourite === true ? true : undefined,
    rating: rating === 0 ? undefined : rating,
    comment: comment === '' ? undefined : comment,
    source: source === 'factory' ? source : undefined,
    extra: extra === undefined || Object.keys(extra).length === 0 ? undefined : extra,
    order,
    body,
  });
}

/** Undefined for what is no preset. Fields of other versions are among its fields. */
export function readBirth(text: unknown): Birth | undefined {
  const fields = parse(text);
  if (fields === undefined) return undefined;
  const { order } = fields;
  return { fields, order: isOrderKey(order) ? order : PLACELESS };
}

/** The same record with other values for some fields; what this version does not know comes along. */
export function rewriteBirth(text: unknown, changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...parse(text), ...changes });
}

const PLACELESS = 'a0';

function parse(text: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    // Another program wrote it: a preset that cannot be read is not shown, and left as it is.
    return undefined;
  }
}
