/**
 * What a preset is, to whoever uses the library: plain frozen values. How they are kept in the document is the business of
 * `records.ts` alone.
 */

/** Given at an import, or 16 fresh random characters. 1–256 characters, none of them a control character. */
export type PresetId = string;

export type PresetSource = 'factory' | 'user';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Where the parameters lie. */
export interface BodyReference {
  /** The blob that holds them: SHA-256, 64 lower-case hex digits. */
  readonly hash: string;
  readonly bytes: number;
  /** The version of the parameters that it was saved with: `openLibrary()`'s option `version`. */
  readonly version: number;
}

/** One preset as it is now. Frozen, and the same object until something of it changes. */
export interface Preset {
  readonly id: PresetId;
  readonly name: string;
  readonly category: string;
  readonly author: string;
  /** Each once, sorted by code units. */
  readonly tags: readonly string[];
  readonly favourite: boolean;
  /** 0 (not rated) to 5. */
  readonly rating: number;
  readonly comment: string;
  readonly source: PresetSource;
  /** What the application keeps beside: plain JSON, one value that is replaced as a whole. */
  readonly extra: { readonly [key: string]: JsonValue };
  /** Undefined for a preset that was added without parameters. */
  readonly body: BodyReference | undefined;
  /** Its body is known to be here. False without a body, where its blob is missing, and until that was looked up (see `Library.ready()`). */
  readonly isComplete: boolean;
  /** It lies among `removed()`, and can be restored. */
  readonly isRemoved: boolean;
}

/** What may be said of a preset. Anything left out: empty, not a favourite, not rated, `source: 'user'`. */
export interface PresetFields {
  /** 1–256 characters. Equal names live side by side. */
  readonly name?: string;
  readonly category?: string;
  readonly author?: string;
  /** All of them. To add or take away single ones, which merge with what others do at the same time: `tag()`, `untag()`. */
  readonly tags?: readonly string[];
  readonly favourite?: boolean;
  /** A whole number, 0 to 5. */
  readonly rating?: number;
  readonly comment?: string;
  readonly source?: PresetSource;
  /** At most 8 KiB as JSON. */
  readonly extra?: { readonly [key: string]: JsonValue };
}

export type NewPreset = PresetFields & { readonly name: string };

/** What a change of a preset may name. `order`: its place; `body`: its parameters; `isComplete`: its body was found, or found missing. */
export type PresetField = keyof PresetFields | 'order' | 'body' | 'isComplete';

/** Where presets go. */
export type PresetPlace = { readonly before: PresetId } | { readonly after: PresetId } | { readonly at: 'start' | 'end' };

export interface PresetQuery {
  /** Every word of it begins a word of name, author, tags or comment. Case and accents do not count. */
  readonly text?: string;
  /** All of them. */
  readonly tags?: readonly string[];
  /** One of them. */
  readonly category?: string | readonly string[];
  /** One of them. */
  readonly author?: string | readonly string[];
  readonly favourite?: boolean;
  readonly source?: PresetSource;
  /** At least so many stars. */
  readonly rating?: number;
  /** `'order'`: as the bank is sorted (the default). `'name'`, `'category'`, `'author'`: without case and accents. `'rating'`: the best first. Equal ones in bank order. */
  readonly sort?: PresetSort;
  /** The other way round. */
  readonly reverse?: boolean;
  readonly limit?: number;
}

export type PresetSort = 'order' | 'name' | 'category' | 'author' | 'rating';
