/** One slice of an import, from what was given to what will be written: everything is checked before anything is done. */

import type { Bodies, EncodedBody } from './bodies.js';
import { checkFields, checkPresetId, named } from './check-fields.js';
import type { PresetEntry, PresetWritten } from './library.js';
import { ENTRIES_MAX } from './limits.js';
import { isBodyReference, isSame } from './make-preset.js';
import type { BodyReference, NewPreset, Preset, PresetFields, PresetId } from './preset.js';

/** What is to be written for one entry. */
export interface CheckedEntry {
  /** Undefined where a fresh one is to be made. */
  readonly id: PresetId | undefined;
  readonly fields: NewPreset;
  /** To be saved first. */
  readonly body: EncodedBody | undefined;
  readonly reference: BodyReference | undefined;
}

/** Throws a TypeError that names the entry and its field. */
export function checkEntries<Parameters>(entries: unknown, bodies: Bodies<Parameters>): readonly CheckedEntry[] {
  if (!Array.isArray(entries)) throw new TypeError(`entries are a list; got ${named(entries)}`);
  if (entries.length > ENTRIES_MAX) throw new TypeError(`at most ${ENTRIES_MAX} entries at once; got ${entries.length}`);
  const ids = new Set<PresetId>();
  return entries.map((entry: PresetEntry<Parameters>, at) => {
    try {
      const checked = checkEntry(entry, bodies);
      if (checked.id !== undefined && ids.size === ids.add(checked.id).size)
        throw new TypeError(`id ${JSON.stringify(checked.id)} is given twice`);
      return checked;
    } catch (cause) {
      throw new TypeError(`entries[${at}]: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  });
}

/** Throws a TypeError that names the field. */
export function checkEntry<Parameters>(entry: PresetEntry<Parameters>, bodies: Bodies<Parameters>): CheckedEntry {
  if (typeof entry !== 'object' || entry === null) throw new TypeError(`a preset is an object; got ${named(entry)}`);
  const { id, body, reference, ...fields } = entry;
  if (id !== undefined) checkPresetId(id);
  checkFields(fields, { isNew: true });
  if (reference !== undefined && !isBodyReference(reference))
    throw new TypeError('reference is the `body` of a preset: { hash, bytes, version }');
  if (reference !== undefined && body !== undefined) throw new TypeError('body and reference exclude each other');
  const encoded = body === undefined ? undefined : bodies.encode(body);
  return { id, fields, body: encoded, reference: encoded?.reference ?? reference };
}

/** What of it differs from what is there. */
export function outcomeFor(preset: Preset | undefined, { fields, reference }: CheckedEntry): PresetWritten['outcome'] {
  if (preset === undefined) return 'added';
  const hasBody = reference === undefined || isSame(preset.body, reference);
  return hasBody && !preset.isRemoved && changesTo(preset, fields) === undefined ? 'unchanged' : 'changed';
}

/** Only what is given and differs; undefined where nothing does. */
export function changesTo(preset: Preset, fields: PresetFields): PresetFields | undefined {
  const changes = Object.entries(fields).filter(([field, value]) => {
    const now = preset[field as keyof PresetFields];
    if (value === undefined) return false;
    // Tags are a set: neither order nor repetition counts.
    return field === 'tags' ? !isSame([...new Set(value as readonly string[])].toSorted(), now) : !isSame(value, now);
  });
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}
