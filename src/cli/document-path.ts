/**
 * Walks a document by JSON Pointer: the first segment names a root type, the others lead through shared types and through
 * the plain JSON values inside them. A change below a plain value replaces that value as a whole, in one `set`.
 *
 * Everything here is synchronous; who changes something calls it inside `transact`.
 */

import { Y } from '../index.js';

import { getRoot, openRoot, rootNames } from './document-roots.js';
import type { RootKind, RootOptions } from './document-roots.js';
import { CliError } from './exit.js';
import type { JsonValue } from '../library/exchange/json-text.js';
import { arrayIndex, formatPointer } from './pointer.js';
import type { Pointer } from './pointer.js';
import { putValue, removeValue } from './document-change.js';

/** A shared type, or a plain value inside one. For the empty pointer the document itself. */
export function readPath(doc: Y.Doc, pointer: Pointer, options?: RootOptions): unknown {
  return walk(doc, pointer, options).at(-1);
}

export interface WrittenPath {
  /** The root was not there and was made: a map, unless told otherwise. */
  readonly hasMadeRoot: boolean;
}

/** Errors: usage for a root, notFound where the parent is missing. */
export function writePath(doc: Y.Doc, pointer: Pointer, value: JsonValue, options?: RootOptions): WrittenPath {
  const root = requireKey(pointer, 'set');
  const hasMadeRoot = !doc.share.has(root);
  if (hasMadeRoot && pointer.length === 2 && isAppending(pointer) && options?.rootKind === undefined) throw nothingToAppendTo(root);
  // An empty root leaves no trace in the document, should the walk fail below it.
  if (hasMadeRoot) getRoot(doc, root, options?.rootKind ?? 'map');
  putValue(walk(doc, pointer.slice(0, -1), options), pointer, value);
  return { hasMadeRoot };
}

export function isAppending(pointer: Pointer): boolean {
  return pointer.at(-1) === '-';
}

export function nothingToAppendTo(root: string): CliError {
  return new CliError('usage', `${formatPointer([root])} is not there, and "-" appends to an array`, {
    hint: 'make it one with --root-type array',
  });
}

/** Errors: usage for a root, notFound where there is nothing. */
export function deletePath(doc: Y.Doc, pointer: Pointer, options?: RootOptions): void {
  requireKey(pointer, 'delete');
  removeValue(walk(doc, pointer, options).slice(0, -1), pointer);
}

/** The map at a pointer, made where it is missing if `isMade` (only its last segment). Errors: failed where something else is there. */
export function openMap(doc: Y.Doc, pointer: Pointer, isMade: boolean): Y.Map<unknown> | undefined {
  const [root, ...rest] = pointer;
  if (root === undefined) throw new CliError('usage', 'a path of at least one segment is needed, e.g. /presets');
  if (!isMade && !doc.share.has(root)) return undefined;
  let found: unknown = doc.share.has(root) ? openRoot(doc, root) : doc.getMap(root);
  for (const segment of rest) {
    if (!(found instanceof Y.Map)) break;
    if (!found.has(segment) && !isMade) return undefined;
    if (!found.has(segment)) found.set(segment, new Y.Map());
    found = found.get(segment);
  }
  if (found instanceof Y.Map) return found as Y.Map<unknown>;
  throw new CliError('failed', `${formatPointer(pointer)} is ${describeValue(found)}, not a map`, {
    hint: 'choose another place with --path',
  });
}

/** For people: `a map of 3`, `a text`, `the number 4`. */
export function describeValue(value: unknown): string {
  if (value instanceof Y.Map) return `a map of ${value.size} ${value.size === 1 ? 'entry' : 'entries'}`;
  if (value instanceof Y.Array) return `an array of ${value.length}`;
  if (value instanceof Y.Text) return 'a text';
  if (value instanceof Y.XmlFragment) return 'XML';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value === null || typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The values along a pointer, the document first. Errors: notFound, with what is there instead. */
function walk(doc: Y.Doc, pointer: Pointer, options?: RootOptions): readonly unknown[] {
  const values: unknown[] = [doc];
  for (const [depth, segment] of pointer.entries()) {
    const parent = values.at(-1);
    const child = parent instanceof Y.Doc ? openRoot(parent, segment, options) : childOf(parent, segment);
    if (child === undefined) throw missing(pointer.slice(0, depth), segment, parent);
    if (depth === 0) refuseOtherKind(child, segment, options?.rootKind);
    values.push(child);
  }
  return values;
}

/** What was said to be an array and is a map is a mistake that somebody wants to know of. */
function refuseOtherKind(root: unknown, name: string, rootKind: RootKind | undefined): void {
  const kind = root instanceof Y.Map ? 'map' : root instanceof Y.Array ? 'array' : root instanceof Y.Text ? 'text' : 'xml';
  if (rootKind === undefined || rootKind === kind) return;
  const found = { map: 'a map', array: 'an array', text: 'a text', xml: 'XML' }[kind];
  throw new CliError('usage', `${formatPointer([name])} is ${found}`, { hint: `leave out --root-type ${rootKind}` });
}

function childOf(parent: unknown, segment: string): unknown {
  if (parent instanceof Y.Map) return parent.get(segment);
  const index = arrayIndex(segment);
  if (parent instanceof Y.Array || parent instanceof Y.XmlFragment)
    return index === undefined || index >= parent.length ? undefined : (parent.get(index) as unknown);
  if (Array.isArray(parent)) return index === undefined ? undefined : (parent[index] as unknown);
  if (!isPlainObject(parent)) return undefined;
  return Object.hasOwn(parent, segment) ? parent[segment] : undefined;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof Y.AbstractType) && !(value instanceof Uint8Array);
}

const KEYS_TOLD_MAX = 5;

function missing(above: Pointer, segment: string, parent: unknown): CliError {
  const keys = keysOf(parent);
  const told = nearest(keys, segment)
    .slice(0, KEYS_TOLD_MAX)
    .map((key) => formatPointer([...above, key]));
  if (keys.length > told.length) told.push(`… (${keys.length} in all)`);
  const what = parent instanceof Y.Doc ? 'the document' : `${formatPointer(above)}, which is ${describeValue(parent)},`;
  const hint = told.length > 0 ? `${what} has ${told.join('  ')}` : `${what} has nothing below it`;
  return new CliError('notFound', `nothing at ${formatPointer([...above, segment])}`, { hint });
}

/** Those that begin as the missing one does come first: most are slips of the keyboard. */
function nearest(keys: readonly string[], missed: string): readonly string[] {
  const ranked = keys.map((key) => ({ key, shared: sharedLength(key.toLowerCase(), missed.toLowerCase()) }));
  return ranked.sort((a, b) => b.shared - a.shared || (a.key < b.key ? -1 : 1)).map(({ key }) => key);
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function keysOf(value: unknown): readonly string[] {
  if (value instanceof Y.Doc) return rootNames(value);
  if (value instanceof Y.Map) return [...value.keys()];
  if (value instanceof Y.Array || value instanceof Y.XmlFragment || Array.isArray(value))
    return Array.from({ length: value.length }, (_, index) => String(index));
  return isPlainObject(value) ? Object.keys(value) : [];
}

function requireKey(pointer: Pointer, verb: 'set' | 'delete'): string {
  const [root, key] = pointer;
  if (root !== undefined && key !== undefined) return root;
  throw new CliError(
    'usage',
    root === undefined ? `cannot ${verb} the whole document` : `cannot ${verb} the root ${formatPointer(pointer)} itself`,
    {
      hint: `give a path below a root, e.g. ${formatPointer([root ?? 'settings', 'theme'])}`,
    },
  );
}
