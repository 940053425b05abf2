/** What lies in a document, as plain JSON: shared types become what they hold, and what JSON has no form for is told. */

import { Y } from '../index.js';

import { openRoot, rootNames } from './document-roots.js';
import type { RootOptions } from './document-roots.js';
import type { JsonValue } from '../library/exchange/json-text.js';

export interface ToJsonOptions {
  /** Texts as their delta (`[{ insert, attributes }]`) and not as a string without its formatting. */
  readonly isDelta?: boolean | undefined;
  /** Called for each value that JSON cannot carry (bytes, bigint, undefined, NaN, subdocuments): it will not come back as it went. */
  readonly onLoss?: ((what: string) => void) | undefined;
}

export function toJson(value: unknown, options: ToJsonOptions = {}): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value instanceof Y.Text && options.isDelta) return value.toDelta() as JsonValue;
  // Of texts the characters, of XML the markup.
  if (value instanceof Y.XmlFragment || value instanceof Y.Text || value instanceof Y.XmlHook) return value.toJSON();
  if (value instanceof Y.Map) return fromEntries(value.entries(), options);
  if (value instanceof Y.Array || Array.isArray(value)) return [...(value as Iterable<unknown>)].map((entry) => toJson(entry, options));
  if (value instanceof Uint8Array) return lost('bytes', Buffer.from(value).toString('base64'), options);
  if (value instanceof Y.Doc) return lost('a subdocument', { guid: value.guid }, options);
  if (typeof value === 'object') return fromEntries(Object.entries(value), options);
  if (typeof value === 'number') return lost(String(value), null, options);
  return lost(typeof value, typeof value === 'bigint' ? value.toString() : null, options);
}

/** All roots by name. Errors: usage, where one is ambiguous. */
export function documentJson(doc: Y.Doc, root: RootOptions, options?: ToJsonOptions): JsonValue {
  return Object.fromEntries(rootNames(doc).map((name) => [name, toJson(openRoot(doc, name, root), options)] as const));
}

function fromEntries(entries: Iterable<readonly [string, unknown]>, options: ToJsonOptions): JsonValue {
  // Object.fromEntries defines keys; assigning would take `__proto__` for the prototype.
  return Object.fromEntries(Array.from(entries, ([key, value]) => [key, toJson(value, options)] as const));
}

function lost(what: string, stand: JsonValue, options: ToJsonOptions): JsonValue {
  options.onLoss?.(what);
  return stand;
}
