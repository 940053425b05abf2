/** What the parts of one open library have in common, and how they find the presets that they are told of. */

import { SocommError } from '../base/errors.js';
import type { Random } from '../base/random.js';
import { checkPresetId, named } from './check-fields.js';
import { placesAtEnd, placesAtStart, placesBeside } from './placing.js';
import type { PresetIndex } from './preset-index.js';
import type { PresetWriter } from './preset-writer.js';
import type { Preset, PresetId, PresetPlace } from './preset.js';
import type { PresetRecords } from './records.js';
import type { UndoSteps } from './undo-steps.js';

export interface LibraryParts {
  /** Made at the first look. Throws where the library is closed. */
  readonly index: () => PresetIndex;
  readonly records: PresetRecords;
  readonly writer: PresetWriter;
  readonly undo: UndoSteps;
  readonly random: Random;
}

/** Those that are named, each once, in that order. Errors: SOCOMM_PRESET_UNKNOWN; a TypeError for what is no id. */
export function presetsOf(index: PresetIndex, ids: unknown): Preset[] {
  const list: unknown = typeof ids === 'string' ? [ids] : ids;
  if (!Array.isArray(list)) throw new TypeError(`ids are a text or a list of texts; got ${named(ids)}`);
  return [...new Set(list as readonly unknown[])].map((id) => presetOf(index, id));
}

export function presetOf(index: PresetIndex, id: unknown): Preset {
  checkPresetId(id);
  const preset = index.get(id);
  if (preset === undefined) throw unknownPreset(id);
  return preset;
}

export function unknownPreset(id: PresetId): SocommError {
  return new SocommError('SOCOMM_PRESET_UNKNOWN', `there is no preset '${id}': it was never added, or purged`);
}

/** 96 bits: 16 characters, that nobody else makes. */
export function freshId(random: Random): PresetId {
  return Buffer.from(random.bytes(12)).toString('base64url');
}

/** Also that the preset is there that it names. */
export function checkPlace(index: PresetIndex, place: unknown): asserts place is PresetPlace {
  const given = typeof place === 'object' && place !== null ? (place as Readonly<Record<string, unknown>>) : {};
  const [[name, value] = ['', undefined], ...more] = Object.entries(given);
  const isEnd = name === 'at' && (value === 'start' || value === 'end');
  if (more.length > 0 || !(isEnd || name === 'before' || name === 'after'))
    throw new TypeError("a place is { before: id }, { after: id }, { at: 'start' } or { at: 'end' }");
  if (!isEnd) presetOf(index, value);
}

/** Of those that go there, and of neighbours that must make room. */
export function placesFor(
  parts: Pick<LibraryParts, 'index' | 'random'>,
  ids: readonly PresetId[],
  place: PresetPlace,
): ReadonlyMap<PresetId, string> {
  const { random } = parts;
  const index = parts.index();
  const sorted = index.sorted('order');
  if ('at' in place) return place.at === 'end' ? placesAtEnd(sorted, ids, random) : placesAtStart(sorted, ids, random);
  const isBehind = 'after' in place;
  const anchor = index.shown(isBehind ? place.after : place.before);
  // Purged by somebody while a body was saved.
  return anchor === undefined ? placesAtEnd(sorted, ids, random) : placesBeside(sorted, ids, { anchor, isBehind, random });
}
