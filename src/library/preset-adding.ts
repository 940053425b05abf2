/**
 * What brings parameters along: adding, importing, saving. The blob comes first, and only when it is durable does the document name it: so no
 * preset is ever half there, whoever is killed in between.
 */

import type { Bodies } from './bodies.js';
import { checkPresetId } from './check-fields.js';
import { changesTo, checkEntries, checkEntry, outcomeFor } from './entries.js';
import type { CheckedEntry } from './entries.js';
import type { AddManyOptions, AddOptions, PresetEntry, PresetWritten } from './library.js';
import { checkPlace, freshId, placesFor, presetOf, unknownPreset } from './library-parts.js';
import type { LibraryParts } from './library-parts.js';
import { isSame } from './make-preset.js';
import type { NewPreset, Preset, PresetId } from './preset.js';

interface Planned {
  readonly id: PresetId;
  readonly entry: CheckedEntry;
}

export class PresetAdding<Parameters> {
  readonly #parts: LibraryParts;
  readonly #bodies: Bodies<Parameters>;

  constructor(parts: LibraryParts, bodies: Bodies<Parameters>) {
    this.#parts = parts;
    this.#bodies = bodies;
  }

  async add(preset: NewPreset, { id, body, place = { at: 'end' }, signal }: AddOptions<Parameters>): Promise<PresetId> {
    const { index, random, undo, writer } = this.#parts;
    if (id !== undefined) this.#assertFree(id);
    checkPlace(index(), place);
    const given = { ...preset, ...(id !== undefined && { id }), ...(body !== undefined && { body }) };
    const checked = [checkEntry(given, this.#bodies)];
    signal?.throwIfAborted();
    await this.#save(checked, signal);
    // Somebody may have taken it meanwhile.
    if (id !== undefined) this.#assertFree(id);
    const own = id ?? freshId(random);
    const { [own]: order, ...others } = Object.fromEntries(placesFor(this.#parts, [own], place));
    undo.perform(() => {
      for (const { fields, reference } of checked) writer.add({ id: own, fields, reference, order: String(order) });
      writer.setOrders(new Map(Object.entries(others)));
    });
    return own;
  }

  async addMany(entries: readonly PresetEntry<Parameters>[], options: AddManyOptions): Promise<readonly PresetWritten[]> {
    const { index, random, undo } = this.#parts;
    const { signal, isDryRun = false, step } = options;
    index();
    const checked = checkEntries(entries, this.#bodies);
    signal?.throwIfAborted();
    if (!isDryRun) await this.#save(checked, signal);
    const planned = checked.map((entry) => ({ entry, id: entry.id ?? freshId(random) }));
    const outcomes = planned.map(({ entry, id }) => ({ id, outcome: outcomeFor(index().get(id), entry) }));
    const isChange = outcomes.some(({ outcome }) => outcome !== 'unchanged');
    if (isChange && !isDryRun) undo.perform(() => this.#write(planned), step);
    return outcomes;
  }

  async saveBody(id: PresetId, parameters: Parameters, signal: AbortSignal | undefined): Promise<void> {
    const { index, undo, writer } = this.#parts;
    presetOf(index(), id);
    const body = this.#bodies.encode(parameters);
    await this.#bodies.save([body], { signal });
    // Somebody may have purged it meanwhile.
    const preset = presetOf(index(), id);
    if (!isSame(preset.body, body.reference)) undo.perform(() => writer.setBody(id, body.reference));
  }

  /** Needs no index: a plugin that plays one preset lists none. */
  async body(id: PresetId, signal: AbortSignal | undefined): Promise<Parameters> {
    const { records } = this.#parts;
    checkPresetId(id);
    if (!records.has(id)) throw unknownPreset(id);
    return this.#bodies.load(id, records.body(id), { signal });
  }

  async #save(entries: readonly CheckedEntry[], signal: AbortSignal | undefined): Promise<void> {
    const bodies = entries.flatMap(({ body }) => (body === undefined ? [] : [body]));
    if (bodies.length > 0) await this.#bodies.save(bodies, { signal });
  }

  #write(planned: readonly Planned[]): void {
    const { index, writer } = this.#parts;
    const fresh = planned.filter(({ id }) => index().get(id) === undefined);
    const ids = fresh.map(({ id }) => id);
    const places = ids.length === 0 ? new Map<PresetId, string>() : placesFor(this.#parts, ids, { at: 'end' });
    for (const { id, entry } of fresh) {
      const { fields, reference } = entry;
      writer.add({ id, fields, reference, order: String(places.get(id)) });
    }
    for (const { id, entry } of planned) {
      const preset = index().get(id);
      if (preset !== undefined) this.#bring(preset, entry);
    }
  }

  /** To what an entry says. */
  #bring(preset: Preset, { fields, reference }: CheckedEntry): void {
    const { writer } = this.#parts;
    const changes = changesTo(preset, fields);
    if (changes !== undefined) writer.put(preset, changes);
    if (reference !== undefined && !isSame(reference, preset.body)) writer.setBody(preset.id, reference);
    writer.setRemoved(preset, false);
  }

  #assertFree(id: PresetId): void {
    checkPresetId(id);
    if (this.#parts.index().get(id) !== undefined) throw new TypeError(`there is a preset '${id}' already, perhaps a removed one`);
  }
}
