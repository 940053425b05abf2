/**
 * All presets of one document as values, kept up to date with each transaction, whoever made it. Instances of one peer share it (`shared-index.ts`).
 * It is made at the first look, not before: who never lists presets pays nothing. It never writes.
 *
 *   presets, edits ──a transaction──► stale ids ──after it──► values compared with those before ──► lists noted, users told
 *   a body not known to be here ──► looked up ──► the same
 */

import { turn } from '../base/turn.js';
import type { Y } from '../index.js';
import { readBirth } from './birth.js';
import { BodyPresence } from './body-presence.js';
import { GatheredChange } from './gathered-change.js';
import { countFacets } from './facets.js';
import type { Facets, LibraryChange } from './library.js';
import type { LibraryBlobs } from './library-host.js';
import { differences, makePreset, orderOf } from './make-preset.js';
import type { Preset, PresetId, PresetSort } from './preset.js';
import type { PresetRecords } from './records.js';
import { Shown } from './shown.js';
import { SortedPresets, byOrder } from './sorted-presets.js';

/** An open library. The index reads through one of those that are there. */
export interface IndexUser {
  readonly records: PresetRecords;
  readonly blobs: LibraryBlobs;
  /** After each transaction that changed a preset. Must not throw. */
  changed(change: LibraryChange): void;
}

/** Presets that are read in one go: some milliseconds of work. */
const SLICE_PRESETS = 100;
const SLICE_SORTED = 500;
const SORTS: readonly PresetSort[] = ['order', 'name', 'category', 'author', 'rating'];

export class PresetIndex {
  readonly presence: BodyPresence;
  readonly #presets: Y.Map<unknown>;
  readonly #users = new Set<IndexUser>();
  readonly #shown = new Map<PresetId, Shown>();
  readonly #lists = new Map<PresetSort, SortedPresets>();
  /** Lists that are not complete yet. */
  readonly #making = new Set<SortedPresets>();
  readonly #stale = new Set<PresetId>();
  /** Whose edits are followed; and what ends that. */
  #reader: { readonly user: IndexUser; readonly end: () => void } | undefined;
  #edits = new Map<PresetId, Map<string, unknown>>();
  /** Not read yet, while the index is being made. */
  #unread: Set<PresetId> | undefined;
  #reading: Iterator<void> | undefined;
  #isWhole = false;
  #size = 0;
  #listed: readonly Preset[] | undefined;
  #removed: readonly Preset[] | undefined;
  #facets: Facets | undefined;

  constructor(presets: Y.Map<unknown>) {
    this.#presets = presets;
    this.presence = new BodyPresence(
      () => this.#reader?.user.blobs,
      (found) => this.#review(found),
    );
  }

  /** Returns what gives it up; when the last one has, nothing of the document is observed any more. */
  use(user: IndexUser): () => void {
    this.#users.add(user);
    return () => {
      this.#users.delete(user);
      if (this.#reader?.user === user) this.#readThrough(this.#users.values().next().value);
    };
  }

  get isUsed(): boolean {
    return this.#users.size > 0;
  }

  /** Makes the index, or what is left of it, at once. */
  whole(): this {
    while (!this.#isWhole) this.#step();
    return this;
  }

  /** Makes it in slices, with what the first search would need, then looks for all bodies. */
  async ready(signal: AbortSignal | undefined): Promise<void> {
    while (!this.#isWhole) {
      signal?.throwIfAborted();
      this.#step();
      await turn();
    }
    for (const sort of SORTS) await this.#sort(sort, signal);
    void this.list();
    this.presence.doubt();
    await this.presence.look();
    signal?.throwIfAborted();
  }

  /** As `sorted()` would at its first call, but with the loop free in between. */
  async #sort(sort: PresetSort, signal: AbortSignal | undefined): Promise<void> {
    if (this.#lists.has(sort)) return;
    const making = new SortedPresets([], sort);
    this.#making.add(making);
    try {
      const all = [...this.#shown.values()];
      for (let slice = 0; slice < all.length; slice += SLICE_SORTED) {
        signal?.throwIfAborted();
        for (const shown of all.slice(slice, slice + SLICE_SORTED)) {
          shown.prepare();
          making.note(shown);
        }
        void making.list;
        await turn();
      }
      if (!this.#lists.has(sort)) this.#lists.set(sort, making);
    } finally {
      this.#making.delete(making);
    }
  }

  get size(): number {
    return this.#size;
  }

  get(id: PresetId): Preset | undefined {
    return this.#shown.get(id)?.preset;
  }

  /** Its place in the bank. */
  shown(id: PresetId): Shown | undefined {
    return this.#shown.get(id);
  }

  /** What was set of it, also where it is gone. */
  edits(id: PresetId): ReadonlyMap<string, unknown> | undefined {
    return this.#edits.get(id);
  }

  /** Edits of presets that are gone for good. */
  orphans(): PresetId[] {
    return [...this.#edits.keys()].filter((id) => !this.#presets.has(id));
  }

  sorted(sort: PresetSort): readonly Shown[] {
    const sorted = this.#lists.get(sort) ?? new SortedPresets(this.#shown.values(), sort);
    this.#lists.set(sort, sorted);
    return sorted.list;
  }

  list(): readonly Preset[] {
    this.#listed ??= Object.freeze(this.sorted('order').map(({ preset }) => preset));
    return this.#listed;
  }

  removed(): readonly Preset[] {
    this.#removed ??= Object.freeze(
      [...this.#shown.values()]
        .filter(({ preset }) => preset.isRemoved)
        .sort(byOrder)
        .map(({ preset }) => preset),
    );
    return this.#removed;
  }

  facets(): Facets {
    this.#facets ??= countFacets(this.list());
    return this.#facets;
  }

  #step(): void {
    this.#reading ??= this.#read();
    if (this.#reading.next().done === true) this.#isWhole = true;
  }

  *#read(): Generator<void> {
    this.#readThrough(this.#users.values().next().value);
    const unread = new Set(this.#presets.keys());
    this.#unread = unread;
    let count = 0;
    for (const id of unread) {
      unread.delete(id);
      this.#renew(id);
      if (++count % SLICE_PRESETS === 0) yield;
    }
    this.#unread = undefined;
    void this.presence.look();
  }

  /** Observes through this user, until it leaves. */
  #readThrough(user: IndexUser | undefined): void {
    this.#reader?.end();
    this.#reader = undefined;
    if (user === undefined) return;
    const { edits } = user.records;
    this.#edits = edits.grouped();
    const unfollow = edits.follow(this.#edits, (id) => void this.#stale.add(id));
    const observer = (event: Y.YMapEvent<unknown>): void => (event.keysChanged as ReadonlySet<string>).forEach((id) => this.#stale.add(id));
    const conclude = (): void => this.#conclude();
    this.#presets.observe(observer);
    user.records.doc.on('afterTransaction', conclude);
    this.#reader = {
      user,
      end: () => {
        unfollow();
        this.#presets.unobserve(observer);
        user.records.doc.off('afterTransaction', conclude);
      },
    };
  }

  /** After a transaction. */
  #conclude(): void {
    if (this.#stale.size === 0) return;
    const change = new GatheredChange();
    for (const id of this.#stale) {
      // What was not read yet will be read as it is then.
      if (this.#unread?.has(id) === true) continue;
      change.add(id, ...this.#renew(id));
    }
    this.#stale.clear();
    this.#tell(change);
    void this.presence.look();
  }

  /** A body that was thought to be here is not: none of the presets that have it is complete. */
  bodyMissing(hash: string): void {
    this.#review([...this.#shown].filter(([, { preset }]) => preset.body?.hash === hash).map(([id]) => id));
  }

  /** What is known of their bodies has changed. */
  #review(presets: Iterable<PresetId>): void {
    const change = new GatheredChange();
    for (const id of presets) change.add(id, ...this.#renew(id));
    this.#tell(change);
  }

  /** Reads one preset again. Returns how it was shown, and how it is. */
  #renew(id: PresetId): readonly [before: Preset | undefined, after: Preset | undefined, hasMoved: boolean] {
    const shown = this.#shown.get(id);
    const before = shown?.preset;
    const birth = readBirth(this.#presets.get(id));
    if (birth === undefined) {
      if (shown !== undefined) this.#drop(id, shown);
      return [before, undefined, false];
    }
    const edits = this.#edits.get(id);
    const preset = makePreset({ id, birth, edits, isHere: (hash) => this.presence.isHere(hash, id) });
    const order = orderOf(birth, edits);
    if (shown === undefined) {
      this.#place(id, new Shown(preset, order), before);
      return [undefined, preset, false];
    }
    const hasMoved = shown.order !== order;
    if (!hasMoved && shown.preset.isRemoved === preset.isRemoved && differences(shown.preset, preset).size === 0)
      return [before, before, false];
    shown.become(preset, order);
    this.#place(id, shown, before);
    return [before, preset, hasMoved];
  }

  #place(id: PresetId, shown: Shown, before: Preset | undefined): void {
    this.#shown.set(id, shown);
    this.#size += Number(!shown.preset.isRemoved) - Number(before?.isRemoved === false);
    this.#note(shown);
  }

  #drop(id: PresetId, shown: Shown): void {
    this.#shown.delete(id);
    shown.isGone = true;
    this.#size -= Number(!shown.preset.isRemoved);
    this.#note(shown);
  }

  #note(shown: Shown): void {
    for (const list of this.#lists.values()) list.note(shown);
    for (const list of this.#making) list.note(shown);
    this.#listed = undefined;
    this.#removed = undefined;
    this.#facets = undefined;
  }

  #tell({ added, updated, removed }: GatheredChange): void {
    if (added.length + updated.size + removed.length === 0) return;
    const change: LibraryChange = Object.freeze({ added: Object.freeze(added), updated, removed: Object.freeze(removed) });
    for (const user of [...this.#users]) user.changed(change);
  }
}
