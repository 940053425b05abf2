/**
 * A map of a document as JSON lines, one entry each, with its key as the first field `id`: the form that an import
 * takes back to an equal map. Sorted by key, so that two exports of one state are equal byte for byte.
 */

import { toJson } from '../document-json.js';
import { describeValue } from '../document-path.js';
import { CliError } from '../exit.js';
import { isJsonObject } from '../../library/exchange/json-text.js';
import type { JsonValue } from '../../library/exchange/json-text.js';
import { formatPointer } from '../pointer.js';
import type { Pointer } from '../pointer.js';
import { Y } from '../../index.js';

/** A value that JSON cannot carry; what was written in its place will not come back as it. */
export interface Loss {
  readonly path: string;
  readonly what: string;
}

export interface ExportSource {
  readonly value: unknown;
  readonly path: Pointer;
  readonly onLoss: (loss: Loss) => void;
}

/** Errors: failed where `value` is no map. */
export function* exportLines({ value, path, onLoss }: ExportSource): Generator<string> {
  for (const [key, entry] of entriesOf(value, path)) {
    const json = toJson(entry, { onLoss: (what) => onLoss({ path: formatPointer([...path, key]), what }) });
    yield `${JSON.stringify(withId(key, json))}\n`;
  }
}

/** The inverse of what `readPresets` takes for the id. */
function withId(id: string, value: JsonValue): JsonValue {
  const isPlain = isJsonObject(value) && !Object.hasOwn(value, 'id') && !Object.hasOwn(value, '$value');
  return isPlain ? { id, ...value } : { id, $value: value };
}

function entriesOf(value: unknown, path: Pointer): readonly (readonly [string, unknown])[] {
  if (value instanceof Y.Map) return byKey([...value.entries()] as [string, unknown][]);
  const isPlain = isJsonObject(value) && !(value instanceof Y.AbstractType) && !(value instanceof Uint8Array);
  if (isPlain) return byKey(Object.entries(value));
  throw new CliError('failed', `${formatPointer(path)} is ${describeValue(value)}, not a map`, { hint: '--format json exports any value' });
}

function byKey(entries: readonly (readonly [string, unknown])[]): readonly (readonly [string, unknown])[] {
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
