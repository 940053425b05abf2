/**
 * The library of one instance, put together: what all instances of the peer see alike is the index's, what this one did is its undo's, and
 * here is only who may still use it.
 */

import { Emitter } from '../base/emitter.js';
import { SocommError, describe } from '../base/errors.js';
import { guarded, silent } from '../base/log.js';
import { systemRandom } from '../base/random.js';
import type { Codec } from '../index.js';
import { Bodies } from './bodies.js';
import { named } from './check-fields.js';
import { checkOptions } from './check-options.js';
import { findPresets } from './find-presets.js';
import type { AddManyOptions, AddOptions, Facets, Library, LibraryEvents, PresetEntry, PresetWritten } from './library.js';
import type { LibraryBlobs, LibraryDocument } from './library-host.js';
import type { LibraryOptions } from './library-options.js';
import type { LibraryParts } from './library-parts.js';
import { PresetAdding } from './preset-adding.js';
import { PresetEdits } from './preset-edits.js';
import type { PresetIndex } from './preset-index.js';
import { PresetWriter } from './preset-writer.js';
import type { NewPreset, Preset, PresetFields, PresetId, PresetPlace, PresetQuery } from './preset.js';
import { PresetRecords } from './records.js';
import { useIndex } from './shared-index.js';
import type { IndexUse } from './shared-index.js';
import { UndoSteps } from './undo-steps.js';

interface SignalOption {
  readonly signal?: AbortSignal;
}

interface OpenOptions<Parameters> extends LibraryOptions<Parameters> {
  readonly check: Codec<Parameters> | undefined;
}

type Ids = PresetId | readonly PresetId[];

export class PresetLibrary<Parameters> implements Library<Parameters> {
  readonly #document: LibraryDocument;
  readonly #use: IndexUse;
  readonly #undo: UndoSteps;
  readonly #edits: PresetEdits;
  readonly #adding: PresetAdding<Parameters>;
  readonly #events: Emitter<LibraryEvents>;
  #status: 'open' | 'closed' = 'open';
  #closing: Promise<void> | undefined;

  /** Made by `openLibrary()`. */
  constructor(document: LibraryDocument, blobs: LibraryBlobs, options: OpenOptions<Parameters>) {
    const { log = silent, random = systemRandom, version = 1, check, migrate } = options;
    const tell = guarded(log);
    this.#events = new Emitter((error, event) =>
      tell({ level: 'warn', code: 'listener-threw', message: `a listener of '${event}' of a library threw: ${describe(error)}` }),
    );
    this.#document = document;
    const records = new PresetRecords(document);
    this.#use = useIndex({ records, blobs, changed: (change) => this.#events.emit('changed', change) });
    this.#undo = new UndoSteps(document, [records.presets, records.edits.type]);
    const writer = new PresetWriter(records, this.#use.index);
    const parts: LibraryParts = { index: () => this.#index, records, writer, undo: this.#undo, random };
    const { index } = this.#use;
    this.#edits = new PresetEdits(parts);
    this.#adding = new PresetAdding(
      parts,
      new Bodies({ blobs, presence: index.presence, version, check, migrate, missing: (hash) => index.bodyMissing(hash) }),
    );
    document.on('closed', () => this.#end());
    document.on('deleted', () => this.#end());
  }

  get status(): 'open' | 'closed' {
    return this.#status;
  }

  get size(): number {
    return this.#index.size;
  }

  async ready(options: SignalOption = {}): Promise<void> {
    checkOptions('ready', options, SIGNAL);
    this.#assertOpen();
    await this.#use.index.ready(options.signal);
    this.#assertOpen();
  }

  get(id: PresetId): Preset | undefined {
    return this.#index.get(id);
  }

  list(): readonly Preset[] {
    return this.#index.list();
  }

  find(query: PresetQuery = {}): readonly Preset[] {
    return findPresets(this.#index, query);
  }

  facets(): Facets {
    return this.#index.facets();
  }

  removed(): readonly Preset[] {
    return this.#index.removed();
  }

  async add(preset: NewPreset, options: AddOptions<Parameters> = {}): Promise<PresetId> {
    checkOptions('add', options, ['id', 'body', 'place', 'signal']);
    return this.#adding.add(preset, options);
  }

  async addMany(entries: readonly PresetEntry<Parameters>[], options: AddManyOptions = {}): Promise<readonly PresetWritten[]> {
    checkOptions('addMany', options, ['signal', 'isDryRun', 'step']);
    return this.#adding.addMany(entries, options);
  }

  update(ids: Ids, fields: PresetFields): void {
    this.#edits.update(ids, fields);
  }

  rename(id: PresetId, name: string): void {
    if (name === undefined) throw new TypeError('name is missing');
    this.#edits.update(id, { name });
  }

  setFavourite(ids: Ids, on: boolean): void {
    if (on === undefined) throw new TypeError('favourite is true or false; got undefined');
    this.#edits.update(ids, { favourite: on });
  }

  rate(ids: Ids, rating: number): void {
    this.#edits.rate(ids, rating);
  }

  tag(ids: Ids, tags: string | readonly string[]): void {
    this.#edits.tag(ids, tags);
  }

  untag(ids: Ids, tags: string | readonly string[]): void {
    this.#edits.untag(ids, tags);
  }

  move(ids: Ids, place: PresetPlace): void {
    this.#edits.move(ids, place);
  }

  duplicate(id: PresetId, fields: PresetFields = {}): PresetId {
    return this.#edits.duplicate(id, fields);
  }

  remove(ids: Ids): void {
    this.#edits.remove(ids);
  }

  restore(ids: Ids): void {
    this.#edits.restore(ids);
  }

  purge(ids?: Ids): void {
    this.#edits.purge(ids);
  }

  async body(id: PresetId, options: SignalOption = {}): Promise<Parameters> {
    checkOptions('body', options, SIGNAL);
    this.#assertOpen();
    return this.#adding.body(id, options.signal);
  }

  async saveBody(id: PresetId, parameters: Parameters, options: SignalOption = {}): Promise<void> {
    checkOptions('saveBody', options, SIGNAL);
    return this.#adding.saveBody(id, parameters, options.signal);
  }

  undo(): boolean {
    this.#assertOpen();
    return this.#undo.undo();
  }

  redo(): boolean {
    this.#assertOpen();
    return this.#undo.redo();
  }

  get canUndo(): boolean {
    return this.#undo.canUndo;
  }

  get canRedo(): boolean {
    return this.#undo.canRedo;
  }

  on<Name extends keyof LibraryEvents>(event: Name, listener: (event: LibraryEvents[Name]) => void): () => void {
    if (event !== 'changed' && event !== 'closed') throw new TypeError(`a library has no event '${String(event)}'; it has changed, closed`);
    checkListener(listener);
    // What changed can be told only by who knows what was there.
    void this.#index;
    return this.#events.on(event, listener);
  }

  get snapshot(): readonly Preset[] {
    return this.list();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    checkListener(listener);
    let before = this.list();
    return this.on('changed', () => {
      const after = this.list();
      if (after === before) return;
      before = after;
      listener();
    });
  };

  close(): Promise<void> {
    this.#end();
    this.#closing ??= this.#document.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #index(): PresetIndex {
    this.#assertOpen();
    return this.#use.index.whole();
  }

  #assertOpen(): void {
    if (this.#status !== 'open') throw new SocommError('SOCOMM_CLOSED', 'this library, its document or its instance is closed');
  }

  #end(): void {
    if (this.#status === 'closed') return;
    this.#status = 'closed';
    this.#use.end();
    this.#undo.end();
    this.#events.emit('closed', {});
    this.#events.clear();
  }
}

const SIGNAL = ['signal'];

function checkListener(listener: unknown): void {
  if (typeof listener !== 'function') throw new TypeError(`the listener is a function; got ${named(listener)}`);
}
