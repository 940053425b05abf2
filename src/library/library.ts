/**
 * The face of the preset library: presets with their names, tags, order and favourites in one replicated document, their parameters as
 * blobs that are loaded on demand. What concurrent edits mean stands in docs/LIBRARY.md.
 */

import type { NewPreset, Preset, PresetField, PresetFields, PresetId, PresetPlace, PresetQuery } from './preset.js';

export interface LibraryChange {
  /** Presets that were not there before: added, restored, or come from others. */
  readonly added: readonly PresetId[];
  /** What changed of presets that were there before and are. */
  readonly updated: ReadonlyMap<PresetId, ReadonlySet<PresetField>>;
  /** Presets that are not in the lists any more: removed, purged, or their adding undone. */
  readonly removed: readonly PresetId[];
}

export interface LibraryEvents {
  /** Once for each transaction, of any instance, that changed a preset: the lists are already as they are afterwards. */
  readonly changed: LibraryChange;
  readonly closed: Readonly<Record<string, never>>;
}

export interface AddOptions<Parameters> {
  readonly id?: PresetId;
  readonly body?: Parameters;
  /** Default: `{ at: 'end' }`. */
  readonly place?: PresetPlace;
  readonly signal?: AbortSignal;
}

/** For `addMany()`. */
export interface PresetEntry<Parameters> extends NewPreset {
  /** Where one is there already it is brought to what is given here; a removed one comes back. */
  readonly id?: PresetId;
  readonly body?: Parameters;
  /** A blob that is there already, in place of `body`: what another preset's `body` says. */
  readonly reference?: Preset['body'];
}

export interface PresetWritten {
  readonly id: PresetId;
  readonly outcome: 'added' | 'changed' | 'unchanged';
}

export interface AddManyOptions {
  readonly signal?: AbortSignal;
  /** Counts, checks and writes nothing: neither document nor blobs. */
  readonly isDryRun?: boolean;
  /**
   * Slices with the same step are undone together, as long as nothing else was done in between. Any object of the caller's; without it
   * each call is a step of its own.
   */
  readonly step?: object;
}

export interface Facets {
  /** How many presets each has, sorted by name. */
  readonly categories: ReadonlyMap<string, number>;
  readonly authors: ReadonlyMap<string, number>;
  readonly tags: ReadonlyMap<string, number>;
}

/**
 * What `openLibrary()` returns. Changes are applied when a call returns, and become durable as `flush()` of the instance says. Wrong
 * arguments are a TypeError, and then nothing of the call is done. Each call is one transaction and one step of undo; called within
 * `instance.transact()` they are one together. Errors of all: SOCOMM_CLOSED; of all that take ids: SOCOMM_PRESET_UNKNOWN (never there, or purged).
 * Removed presets can be edited: who edits one at the moment in which another removes it loses nothing.
 */
export interface Library<Parameters> {
  readonly status: 'open' | 'closed';
  /** How many there are; removed ones do not count. */
  readonly size: number;

  /**
   * Resolves when index and bodies have been looked through, in slices that leave the loop free in between. Nobody needs to wait: a list
   * or a search before that makes the index at once, and `isComplete` follows with an event.
   */
  ready(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /** Undefined for an id that is not there. Removed presets are found too, and say so. */
  get(id: PresetId): Preset | undefined;
  /** All in bank order: frozen, and the same list until something changes. */
  list(): readonly Preset[];
  find(query?: PresetQuery): readonly Preset[];
  /** What there is to choose from, frozen, and the same object until that changes. */
  facets(): Facets;
  /** Those that were removed and can be restored, in bank order. */
  removed(): readonly Preset[];

  /**
   * Saves the body, then adds the preset at the end of the bank (or at `place`). Resolves with its id, a fresh one unless given.
   * Errors: a TypeError where the body does not fit its schema or `id` is taken; those of `blobs.put()`.
   */
  add(preset: NewPreset, options?: AddOptions<Parameters>): Promise<PresetId>;
  /**
   * Saves all bodies, then writes all presets in one transaction, at the end of the bank in the order given: one slice of an import. What is
   * the same already is left alone. At most 1,000 at once. Errors: as `add()`; one entry that is wrong refuses them all.
   */
  addMany(entries: readonly PresetEntry<Parameters>[], options?: AddManyOptions): Promise<readonly PresetWritten[]>;

  update(ids: PresetId | readonly PresetId[], fields: PresetFields): void;
  rename(id: PresetId, name: string): void;
  setFavourite(ids: PresetId | readonly PresetId[], on: boolean): void;
  /** 0 to 5. */
  rate(ids: PresetId | readonly PresetId[], rating: number): void;
  tag(ids: PresetId | readonly PresetId[], tags: string | readonly string[]): void;
  untag(ids: PresetId | readonly PresetId[], tags: string | readonly string[]): void;
  /** They stand there afterwards in the order given, and stay together whatever others move there at the same time. */
  move(ids: PresetId | readonly PresetId[], place: PresetPlace): void;
  /** A user's preset with the same body, right behind the original; not a favourite, not rated. Fields that this version does not know come along. Returns its id. */
  duplicate(id: PresetId, fields?: PresetFields): PresetId;
  /** Takes them out of the lists; nothing of them is lost, and edits that others make meanwhile are kept. */
  remove(ids: PresetId | readonly PresetId[]): void;
  restore(ids: PresetId | readonly PresetId[]): void;
  /** Forgets removed presets for good: those given, or all. A TypeError for one that is not removed. Can be undone while its blob is there. */
  purge(ids?: PresetId | readonly PresetId[]): void;

  /**
   * The parameters. Errors: SOCOMM_BODY_MISSING (it has none, or its blob is not here: then it is shown as incomplete from now on),
   * SOCOMM_VALUE_INVALID with the path (not what the schema wants); those of `blobs.get()`; the signal's reason.
   */
  body(id: PresetId, options?: { readonly signal?: AbortSignal }): Promise<Parameters>;
  /** Saves new parameters: the blob first, then its name in the document. Errors: as `add()`. */
  saveBody(id: PresetId, parameters: Parameters, options?: { readonly signal?: AbortSignal }): Promise<void>;

  /** Of what this instance did through this library, nobody else's. False where there is nothing. */
  undo(): boolean;
  redo(): boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;

  on<Name extends keyof LibraryEvents>(event: Name, listener: (event: LibraryEvents[Name]) => void): () => void;
  /** As `list()`. */
  readonly snapshot: readonly Preset[];
  /** Calls `listener` whenever `snapshot` has become another one. Returns what ends that. Works unbound. */
  readonly subscribe: (listener: () => void) => () => void;

  /** Ends listeners and undo, and closes its document. The instance stays open. Idempotent; happens by itself when the instance closes. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
