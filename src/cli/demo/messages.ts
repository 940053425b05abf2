/**
 * What the presenter and its players say to each other over the IPC channel: orders with answers, and news that nobody
 * asked for. Both ends are of one build, so types suffice; times are of the machine's clock (machine-clock.ts).
 *
 *   presenter ── Asked { id, order } ──▶ player
 *   presenter ◀── answered | refused (id) ── player
 *   presenter ◀── reported, acknowledged, writer-changed … ── player
 */

/** Which build of the package a copy was loaded from. */
export type Build = 'esm' | 'cjs';
export const BUILDS: readonly Build[] = ['esm', 'cjs'];

export type Order =
  /** Both copies join; `seed` decides what they edit later. */
  | { readonly kind: 'join'; readonly place: Place; readonly seed: number }
  | { readonly kind: 'import'; readonly build: Build; readonly source: PresetSource }
  /** Both copies edit from now on, each at this rate. Keys: fresh, one for each edit; ring, a few that come round again. */
  | { readonly kind: 'edit'; readonly perSecond: number; readonly keys: 'fresh' | 'ring' }
  /** No more edits; answered when every `flush()` that was begun has ended. */
  | { readonly kind: 'rest' }
  | { readonly kind: 'flush' }
  | { readonly kind: 'recite'; readonly build: Build }
  | { readonly kind: 'look' }
  /** Both copies close, one after the other; then the process ends by itself. */
  | { readonly kind: 'close' };

/** Where the group meets and lies; left out is what the package does by default. */
export interface Place {
  readonly group: string;
  readonly directory?: string;
  readonly runtimeDirectory?: string;
}

export type PresetSource =
  | { readonly kind: 'bundled'; readonly seed: number }
  | { readonly kind: 'paths'; readonly paths: readonly string[] };

/** What each order is answered with. */
export interface Answers {
  readonly join: { readonly tookMs: number; readonly copies: readonly CopyReport[] };
  readonly import: ImportAnswer;
  readonly edit: null;
  readonly rest: { readonly failures: readonly string[] };
  readonly flush: null;
  /** All edits that this copy has, by key. */
  readonly recite: { readonly edits: Readonly<Record<string, Edit>>; readonly presetIds: readonly string[] };
  readonly look: { readonly copies: readonly CopyReport[]; readonly directory: string };
  readonly close: null;
}

export interface ImportAnswer {
  readonly read: number;
  readonly added: number;
  readonly problems: readonly string[];
  readonly tookMs: number;
}

export interface CopyReport {
  readonly build: Build;
  readonly peer: string;
  readonly role: 'writer' | 'follower';
  readonly writer: string | undefined;
  readonly term: number | undefined;
  readonly isSynced: boolean;
  /** How many peers this one knows, itself among them. */
  readonly peers: number;
  readonly presets: number;
  /** Of state vector and delete set, as `inspect()` gives it. */
  readonly digest: string;
  /** Of the JSON of all presets and edits, made here and not by socomm; only when asked to look. */
  readonly content: string | undefined;
  /** When the replica last changed, by its own hand or another's. */
  readonly changedAtMs: number;
  /** Median age of the others' edits on arrival, over the last second; undefined when none came. */
  readonly lagMs: number | undefined;
  /** Median time from an edit of this copy to its acknowledgement, likewise. */
  readonly diskMs: number | undefined;
  readonly made: number;
  readonly acknowledged: number;
}

/** One edit, as it lies in the map `edits` under a key that is never used twice (but for `ring`): nothing may overwrite it. */
export interface Edit {
  readonly preset: string;
  readonly change: 'rating' | 'favourite' | 'name';
  readonly to: string | number | boolean;
  readonly atMs: number;
}

export type News =
  | { readonly kind: 'loaded'; readonly sawDoubleImport: boolean }
  | { readonly kind: 'reported'; readonly copies: readonly CopyReport[] }
  | { readonly kind: 'progressed'; readonly done: number; readonly total: number }
  /** `flush()` of this edit has resolved: from here on it must never be missing. */
  | {
      readonly kind: 'acknowledged';
      readonly build: Build;
      readonly key: string;
      readonly edit: Edit;
      /** False for keys that come round again. */
      readonly isEvidence: boolean;
      readonly term: number;
      readonly atMs: number;
    }
  | { readonly kind: 'writer-changed'; readonly build: Build; readonly writer: string; readonly term: number; readonly atMs: number }
  | { readonly kind: 'warned'; readonly build: Build; readonly message: string };

export interface Asked {
  readonly id: number;
  readonly order: Order;
}

export type Said =
  | News
  | { readonly kind: 'answered'; readonly id: number; readonly answer: Answers[Order['kind']] }
  | { readonly kind: 'refused'; readonly id: number; readonly code: string | undefined; readonly message: string };
