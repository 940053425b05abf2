/**
 * Presets out of a library, one after the other in bank order: their bodies are read from the store as they are needed, so that a library
 * of any size goes through little memory. What a file of them looks like stands in `preset-form.ts`; where they go, in `preset-files.ts`.
 */

import { isSocommError } from '../../base/errors.js';
import type { Library } from '../library.js';
import type { Preset, PresetId } from '../preset.js';
import { writeForm } from './preset-form.js';

export interface ExportSource {
  /** Default: all, in bank order. */
  readonly presets?: readonly Preset[];
  readonly signal?: AbortSignal | undefined;
}

export type ExportedPreset =
  | { readonly kind: 'preset'; readonly preset: Preset; readonly value: { readonly [key: string]: unknown } }
  /** Its body is not here, or JSON has no form for what is in it: it would not come back as it is. */
  | { readonly kind: 'problem'; readonly id: PresetId; readonly cause: string };

/** Errors: SOCOMM_CLOSED; the signal's reason. */
export async function* exportedPresets<Parameters>(
  library: Library<Parameters>,
  { presets = library.list(), signal }: ExportSource = {},
): AsyncGenerator<ExportedPreset> {
  for (const preset of presets) {
    signal?.throwIfAborted();
    yield await exported(library, preset, signal);
  }
}

async function exported<Parameters>(
  library: Library<Parameters>,
  preset: Preset,
  signal: AbortSignal | undefined,
): Promise<ExportedPreset> {
  try {
    const body = preset.body === undefined ? undefined : await library.body(preset.id, signal && { signal });
    const foreign = foreignPath(body);
    if (foreign === undefined) return { kind: 'preset', preset, value: writeForm(preset, body) };
    return {
      kind: 'problem',
      id: preset.id,
      cause: `its parameters hold what JSON has no form for, at ${foreign === '' ? 'their top' : foreign}`,
    };
  } catch (error) {
    // Purged meanwhile: it is gone, like those that were never asked for.
    if (
      !isSocommError(error, 'SOCOMM_BODY_MISSING') &&
      !isSocommError(error, 'SOCOMM_VALUE_INVALID') &&
      !isSocommError(error, 'SOCOMM_PRESET_UNKNOWN')
    )
      throw error;
    return { kind: 'problem', id: preset.id, cause: error.message };
  }
}

/** Where a value is that JSON would change or leave out; undefined where there is none. Bodies come from `lib0()`, so they end. */
function foreignPath(value: unknown): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? undefined : '';
    case 'object':
      break;
    default:
      return '';
  }
  if (value === null) return undefined;
  if (ArrayBuffer.isView(value)) return '';
  for (const [key, inner] of Object.entries(value)) {
    const path = inner === undefined ? '' : foreignPath(inner);
    if (path !== undefined) return `${Array.isArray(value) ? `[${key}]` : `.${key}`}${path}`;
  }
  return undefined;
}
