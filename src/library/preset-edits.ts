/** Changes of presets that are there. Each call is one step of undo; what is so already is not written again. */

import { checkFields, checkRating, checkTags } from './check-fields.js';
import { changesTo } from './entries.js';
import { checkPlace, freshId, placesFor, presetOf, presetsOf } from './library-parts.js';
import type { LibraryParts } from './library-parts.js';
import { TAGS_MAX } from './limits.js';
import type { Preset, PresetFields, PresetId, PresetPlace } from './preset.js';

type Ids = PresetId | readonly PresetId[];

export class PresetEdits {
  readonly #parts: LibraryParts;

  constructor(parts: LibraryParts) {
    this.#parts = parts;
  }

  update(ids: Ids, fields: PresetFields): void {
    checkFields(fields);
    const { undo, writer } = this.#parts;
    const changes = this.#known(ids).flatMap((preset) => {
      const changed = changesTo(preset, fields);
      return changed === undefined ? [] : [{ preset, changed }];
    });
    if (changes.length > 0) undo.perform(() => changes.forEach(({ preset, changed }) => writer.put(preset, changed)));
  }

  rate(ids: Ids, rating: number): void {
    checkRating(rating);
    this.update(ids, { rating });
  }

  tag(ids: Ids, tags: string | readonly string[]): void {
    const wanted = checkTags(tags);
    const presets = this.#known(ids).filter((preset) => wanted.some((tag) => !preset.tags.includes(tag)));
    const full = presets.find((preset) => new Set([...preset.tags, ...wanted]).size > TAGS_MAX);
    if (full !== undefined) throw new TypeError(`a preset has at most ${TAGS_MAX} tags; '${full.id}' would have more`);
    this.#write(presets, (preset) => wanted.forEach((tag) => this.#parts.writer.tag(preset, tag, true)));
  }

  untag(ids: Ids, tags: string | readonly string[]): void {
    const unwanted = checkTags(tags);
    const presets = this.#known(ids).filter((preset) => unwanted.some((tag) => preset.tags.includes(tag)));
    this.#write(presets, (preset) => unwanted.forEach((tag) => this.#parts.writer.tag(preset, tag, false)));
  }

  move(ids: Ids, place: PresetPlace): void {
    const { index, undo, writer } = this.#parts;
    checkPlace(index(), place);
    const moving = this.#known(ids).map(({ id }) => id);
    if (moving.length === 0) return;
    const places = placesFor(this.#parts, moving, place);
    undo.perform(() => writer.setOrders(places));
  }

  duplicate(id: PresetId, fields: PresetFields): PresetId {
    checkFields(fields);
    const { index, random, undo, writer } = this.#parts;
    const preset = presetOf(index(), id);
    const copy = freshId(random);
    const { [copy]: order, ...others } = Object.fromEntries(placesFor(this.#parts, [copy], { after: id }));
    undo.perform(() => {
      writer.duplicate(preset, { id: copy, order: String(order), fields });
      writer.setOrders(new Map(Object.entries(others)));
    });
    return copy;
  }

  remove(ids: Ids): void {
    const presets = this.#known(ids).filter(({ isRemoved }) => !isRemoved);
    this.#write(presets, (preset) => this.#parts.writer.setRemoved(preset, true));
  }

  restore(ids: Ids): void {
    const presets = this.#known(ids).filter(({ isRemoved }) => isRemoved);
    this.#write(presets, (preset) => this.#parts.writer.setRemoved(preset, false));
  }

  purge(ids: Ids | undefined): void {
    const { index, undo, writer } = this.#parts;
    const presets = ids === undefined ? index().removed() : this.#known(ids);
    const kept = presets.find(({ isRemoved }) => !isRemoved);
    if (kept !== undefined) throw new TypeError(`only removed presets can be purged; '${kept.id}' is not removed`);
    const gone = [...presets.map(({ id }) => id), ...index().orphans()];
    if (gone.length > 0) undo.perform(() => writer.purge(gone));
  }

  #known(ids: Ids): Preset[] {
    return presetsOf(this.#parts.index(), ids);
  }

  /** One step for all of them. */
  #write(presets: readonly Preset[], write: (preset: Preset) => void): void {
    if (presets.length > 0) this.#parts.undo.perform(() => presets.forEach(write));
  }
}
