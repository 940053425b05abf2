/**
 * What a preset looks like in a file, and back.
 *
 *   own form       { "id", "name", "category"?, …, "extra"?, "body"? }: fields in this order, those left out that say nothing. So is
 *                  written what an application made
 *   foreign form   any other object, as synthesizers write them. All of it is the body, as it stands in the file; name, category and so
 *                  on are read out of it, and written back into it where they have changed since
 *
 * Whatever is written comes back equal, and is then written as the very same bytes.
 */

import { describeIdProblem, describePresetProblem } from '../check-fields.js';
import type { PresetEntry } from '../library.js';
import { isSame } from '../make-preset.js';
import type { JsonValue, Preset, PresetFields, PresetId } from '../preset.js';

type Fields = { [Field in keyof PresetFields]?: PresetFields[Field] };
type JsonObject = { readonly [key: string]: unknown };

/** Where in a foreign object a field may stand; the first place that holds what it may be counts. */
const PLACES: Readonly<Record<keyof PresetFields, readonly (readonly [string] | readonly [string, string])[]>> = {
  name: [['name'], ['title'], ['meta', 'name'], ['meta', 'programName']],
  category: [['category'], ['folder'], ['bank'], ['meta', 'category']],
  author: [['author'], ['meta', 'author']],
  tags: [['tags'], ['meta', 'tags']],
  favourite: [['favourite'], ['favorite']],
  rating: [['rating']],
  comment: [['comment'], ['description'], ['meta', 'comment']],
  source: [['source']],
  extra: [['extra']],
};

const FIELDS = Object.keys(PLACES) as readonly (keyof PresetFields)[];
const OWN_KEYS: ReadonlySet<string> = new Set(['id', 'body', ...FIELDS]);

/** Says nothing: what a preset has that nothing was said of. */
const SILENT: Readonly<Record<string, unknown>> = {
  category: '',
  author: '',
  tags: [],
  favourite: false,
  rating: 0,
  comment: '',
  source: 'user',
  extra: {},
};

/** In `extra` of presets whose body is a foreign object. */
const FORM = '$form';
const FOREIGN = 'foreign';

/** What a preset in a file is called, where the file itself does not say: relative path without extensions, with `#n` for the n-th in it. */
export interface FormPlace {
  readonly stem: string;
}

export type FormRead = { readonly entry: ReadEntry } | { readonly problem: string };
export type ReadEntry = PresetEntry<unknown> & { readonly id: PresetId };

/** Never throws: what cannot be taken is told. */
export function readForm(value: unknown, { stem }: FormPlace): FormRead {
  if (!isObject(value))
    return { problem: `expected an object, found ${Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`}` };
  const id = typeof value['id'] === 'string' ? value['id'] : stem;
  const idProblem = describeIdProblem(id);
  if (idProblem !== undefined) return { problem: `its id ${idProblem}` };
  const entry = isOwnForm(value) ? { ...(value as Fields), id } : { ...foreignFields(value, stem), id, body: value };
  const problem = describePresetProblem(entry, { isNew: true });
  return problem === undefined ? { entry: entry as ReadEntry } : { problem };
}

/** `body` is undefined for a preset without one. */
export function writeForm(preset: Preset, body: unknown): JsonObject {
  const { [FORM]: form, ...extra } = preset.extra;
  if (form === FOREIGN && isObject(body)) return foreignForm({ ...preset, extra }, body);
  const said = FIELDS.filter((field) => field !== 'extra' && !isSame(preset[field], SILENT[field]));
  return {
    id: preset.id,
    ...Object.fromEntries(said.map((field) => [field, preset[field]])),
    ...(!isSame(preset.extra, {}) && { extra: preset.extra }),
    ...(body !== undefined && { body }),
  };
}

function isOwnForm(value: JsonObject): boolean {
  const isNamed = typeof value['name'] === 'string' && (typeof value['id'] === 'string' || Object.hasOwn(value, 'body'));
  return isNamed && Object.keys(value).every((key) => OWN_KEYS.has(key));
}

function foreignFields(value: JsonObject, stem: string): Fields {
  const found: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const place = placeOf(field, value);
    if (place !== undefined) found[field] = valueAt(value, place);
  }
  // Where it says itself that it lay counts before where it lies now.
  const places = { ...named(stem), ...named(value['path']) };
  return { ...places, ...found, extra: { ...(found['extra'] as { readonly [key: string]: JsonValue }), [FORM]: FOREIGN } };
}

/** What a path, as synthesizers write them into their presets, says of one: its last folder and its file's name. */
function named(path: unknown): { readonly name?: string; readonly category?: string } {
  if (typeof path !== 'string') return {};
  const [file = '', category] = path.replace(EXTENSION, '').split('/').toReversed();
  return Object.fromEntries(
    Object.entries({ name: file, category }).filter(
      ([field, value]) => value !== undefined && describePresetProblem({ [field]: value }) === undefined,
    ),
  );
}

const EXTENSION = /(?<=[^/])\.[A-Za-z][A-Za-z0-9_-]{0,15}$/;

/** The object as it came, with what has changed since; what it has no place for behind it. */
function foreignForm(preset: Preset, body: JsonObject): JsonObject {
  const hasId = typeof body['id'] === 'string';
  const written: Record<string, unknown> = hasId ? { ...body, id: preset.id } : { id: preset.id, ...withoutId(body) };
  const unsaid: Readonly<Record<string, unknown>> = { ...SILENT, ...named(body['path']) };
  for (const field of FIELDS) {
    const place = placeOf(field, body);
    const now = preset[field];
    if (place === undefined) {
      if (!isSame(now, unsaid[field])) written[field] = now;
    } else if (!isEqualField(field, valueAt(body, place), now)) put(written, place, now);
  }
  return written;
}

/** An id that is no text cannot be the preset's: it would hide it. */
function withoutId(body: JsonObject): JsonObject {
  const { id: _, ...others } = body;
  return others;
}

function isEqualField(field: keyof PresetFields, one: unknown, other: unknown): boolean {
  // A set: neither order nor repetition counts.
  return field === 'tags' ? isSame([...new Set(one as readonly string[])].toSorted(), other) : isSame(one, other);
}

function placeOf(field: keyof PresetFields, value: JsonObject): readonly [string] | readonly [string, string] | undefined {
  return PLACES[field].find((place) => {
    const found = valueAt(value, place);
    return found !== undefined && describePresetProblem({ [field]: found }) === undefined;
  });
}

function valueAt(value: JsonObject, [key, inner]: readonly [string] | readonly [string, string]): unknown {
  if (!Object.hasOwn(value, key)) return undefined;
  const found = value[key];
  if (inner === undefined) return found;
  return isObject(found) && Object.hasOwn(found, inner) ? found[inner] : undefined;
}

function put(written: Record<string, unknown>, [key, inner]: readonly [string] | readonly [string, string], value: unknown): void {
  written[key] = inner === undefined ? value : { ...(written[key] as JsonObject), [inner]: value };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
