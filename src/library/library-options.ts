/** What `openLibrary()` takes. */

import type { Random } from '../base/random.js';
import type { Log, StandardSchema } from '../index.js';

export interface LibraryOptions<Parameters> {
  /** The document that holds the presets. Default: `'library'`. */
  readonly document?: string;
  /** What parameters must be: checked when they are saved, and again when they are read. Without it anything that `lib0()` carries. */
  readonly parameters?: StandardSchema<unknown, Parameters>;
  /** Of the application's parameters, kept with each body. Default: 1. */
  readonly version?: number;
  /** Makes parameters of an older version into those of today, before they are checked. */
  readonly migrate?: (parameters: unknown, from: number) => unknown;
  readonly signal?: AbortSignal;
  /** Hears of listeners that throw. Silent by default, as `join()`'s. */
  readonly log?: Log;
  /** For tests: where ids and places come from. */
  readonly random?: Random;
}
