/** What changes write into the document. Called within a transaction, with what was checked. */

import { rewriteBirth } from './birth.js';
import { tagField, tagOf } from './edits.js';
import type { PresetIndex } from './preset-index.js';
import type { BodyReference, NewPreset, Preset, PresetFields, PresetId } from './preset.js';
import type { PresetRecords } from './records.js';

export interface NewRecord {
  readonly id: PresetId;
  readonly fields: NewPreset;
  readonly order: string;
  readonly reference: BodyReference | undefined;
}

export class PresetWriter {
  readonly #records: PresetRecords;
  readonly #index: PresetIndex;

  constructor(records: PresetRecords, index: PresetIndex) {
    this.#records = records;
    this.#index = index;
  }

  add({ id, fields, order, reference }: NewRecord): void {
    const tags = fields.tags === undefined ? {} : { tags: [...new Set(fields.tags)] };
    this.#records.add(id, { ...fields, ...tags, order, body: reference });
  }

  /** Each field by itself, so that what others do to the rest at the same time stays. */
  put(preset: Preset, { tags, ...fields }: PresetFields): void {
    const { edits } = this.#records;
    for (const [field, value] of Object.entries(fields)) if (value !== undefined) edits.set(preset.id, field, value);
    if (tags === undefined) return;
    for (const tag of tags) this.tag(preset, tag, true);
    for (const tag of preset.tags) if (!tags.includes(tag)) this.tag(preset, tag, false);
  }

  tag(preset: Preset, tag: string, isOn: boolean): void {
    if (preset.tags.includes(tag) !== isOn) this.#records.edits.set(preset.id, tagField(tag), isOn);
  }

  setBody(id: PresetId, reference: BodyReference): void {
    this.#records.edits.set(id, 'body', reference);
  }

  setRemoved(preset: Preset, isRemoved: boolean): void {
    if (preset.isRemoved !== isRemoved) this.#records.edits.set(preset.id, 'removed', isRemoved);
  }

  setOrders(orders: ReadonlyMap<PresetId, string>): void {
    for (const [id, order] of orders) this.#records.edits.set(id, 'order', order);
  }

  /** Everything of it, also what this version does not know, but for the marks that somebody gave to the original. */
  duplicate(preset: Preset, copy: { readonly id: PresetId; readonly order: string; readonly fields: PresetFields }): void {
    const { presets, edits } = this.#records;
    const { name, category, author, tags, comment, extra, body } = preset;
    const own = { name, category, author, tags, comment, extra, body, favourite: undefined, rating: undefined, source: 'user' };
    presets.set(copy.id, rewriteBirth(presets.get(preset.id), { ...own, ...copy.fields, order: copy.order }));
    for (const [field, value] of this.#index.edits(preset.id) ?? [])
      if (!KNOWN.has(field) && tagOf(field) === undefined) edits.set(copy.id, field, value);
  }

  purge(ids: Iterable<PresetId>): void {
    const { presets, edits } = this.#records;
    for (const id of ids) {
      presets.delete(id);
      for (const field of [...(this.#index.edits(id)?.keys() ?? [])]) edits.delete(id, field);
    }
  }
}

const KNOWN: ReadonlySet<string> = new Set([
  'name',
  'category',
  'author',
  'favourite',
  'rating',
  'comment',
  'source',
  'extra',
  'body',
  'order',
  'removed',
]);
