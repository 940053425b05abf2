/**
 * Changes one place of a document, given the values that lead to it. Where shared types are, they stay: a text gets
 * other characters, a map other entries, so that whoever observes them goes on doing so. Plain values are replaced.
 */

import { Y } from '../index.js';

import { CliError } from './exit.js';
import { isJsonObject } from '../library/exchange/json-text.js';
import type { JsonValue } from '../library/exchange/json-text.js';
import { arrayIndex, formatPointer } from './pointer.js';
import type { Pointer } from './pointer.js';
import { refusalOf } from './storable.js';

/** `parents` are the values along all of `pointer` but its last segment, the document first. */
export function putValue(parents: readonly unknown[], pointer: Pointer, value: JsonValue): void {
  const { shared, plain, below } = split(parents, pointer);
  const [key = '', ...rest] = below;
  refuse(pointer, below, value);
  if (rest.length === 0) return putInto(shared, { key, pointer, value });
  // A plain value is shared by everybody who has read it: change a copy, and put that in its place.
  const copy = structuredClone(plain);
  assign(copy, { path: rest, pointer, value });
  refuse(pointer, below, copy as JsonValue);
  putInto(shared, { key, pointer, value: copy as JsonValue });
}

/** `parents` as above; the value itself is there. */
export function removeValue(parents: readonly unknown[], pointer: Pointer): void {
  const { shared, plain, below } = split(parents, pointer);
  const [key = '', ...rest] = below;
  if (rest.length > 0) {
    const copy = structuredClone(plain);
    const parent = rest.slice(0, -1).reduce((at, segment) => (at as Record<string, unknown>)[segment], copy);
    const last = rest.at(-1) ?? '';
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete (parent as Record<string, unknown>)[last];
    return putInto(shared, { key, pointer, value: copy as JsonValue });
  }
  if (shared instanceof Y.Map) return shared.delete(key);
  if (shared instanceof Y.Array || shared instanceof Y.XmlFragment) return shared.delete(Number(key), 1);
  throw notChangeable(pointer, shared);
}

interface Split {
  /** The last shared type on the way. */
  readonly shared: unknown;
  /** The plain value inside it on the way, if any. */
  readonly plain: unknown;
  /** The segments below the shared type. */
  readonly below: Pointer;
}

function split(parents: readonly unknown[], pointer: Pointer): Split {
  const at = parents.findLastIndex((value) => value instanceof Y.AbstractType);
  return { shared: parents[at], plain: parents[at + 1], below: pointer.slice(at) };
}

interface Place {
  readonly key: string;
  readonly pointer: Pointer;
  readonly value: JsonValue;
}

function putInto(shared: unknown, { key, pointer, value }: Place): void {
  if (shared instanceof Y.Map) {
    if (!fill(shared.get(key), value)) shared.set(key, value);
    return;
  }
  if (!(shared instanceof Y.Array)) throw notChangeable(pointer, shared);
  const index = indexIn(shared.length, key, pointer);
  if (index < shared.length && fill(shared.get(index), value)) return;
  if (index < shared.length) shared.delete(index, 1);
  shared.insert(index, [value]);
}

/** Gives a shared type other content where it can hold it; false where it must be replaced. */
function fill(shared: unknown, value: JsonValue): boolean {
  if (shared instanceof Y.Text && typeof value === 'string') {
    shared.delete(0, shared.length);
    shared.insert(0, value);
    return true;
  }
  if (shared instanceof Y.Array && Array.isArray(value)) {
    shared.delete(0, shared.length);
    shared.insert(0, value as JsonValue[]);
    return true;
  }
  if (!(shared instanceof Y.Map) || !isJsonObject(value)) return false;
  for (const key of shared.keys()) if (!Object.hasOwn(value, key)) shared.delete(key);
  for (const [key, entry] of Object.entries(value)) if (!fill(shared.get(key), entry)) shared.set(key, entry);
  return true;
}

function assign(
  root: unknown,
  { path, pointer, value }: { readonly path: Pointer; readonly pointer: Pointer; readonly value: JsonValue },
): void {
  const parent = path.slice(0, -1).reduce((at, segment) => (at as Record<string, unknown>)[segment], root);
  const key = path.at(-1) ?? '';
  if (Array.isArray(parent)) parent[indexIn(parent.length, key, pointer)] = value;
  else if (typeof parent === 'object' && parent !== null && !(parent instanceof Uint8Array))
    (parent as Record<string, unknown>)[key] = value;
  else throw notChangeable(pointer, parent);
}

/** `-` is behind the last (RFC 6901). */
function indexIn(length: number, key: string, pointer: Pointer): number {
  const index = key === '-' ? length : arrayIndex(key);
  if (index !== undefined && index <= length) return index;
  const hint = length > 0 ? `it has 0 to ${length - 1}; "-" appends` : 'it is empty; "-" appends';
  throw new CliError('notFound', `nothing at ${formatPointer(pointer)}: no such place in an array of ${length}`, { hint });
}

function refuse(pointer: Pointer, keys: Pointer, value: JsonValue): void {
  // Loading the document would take it for the prototype.
  const cause = keys.includes('__proto__') ? 'the key "__proto__" cannot be stored' : refusalOf(value);
  if (cause !== undefined) throw new CliError('failed', `cannot set ${formatPointer(pointer)}: ${cause}`);
}

function notChangeable(pointer: Pointer, parent: unknown): CliError {
  const what =
    parent instanceof Y.Text ? 'a text' : parent instanceof Y.AbstractType ? 'XML' : `a ${parent === null ? 'null' : typeof parent}`;
  return new CliError('failed', `cannot change ${formatPointer(pointer)}: above it is ${what}, which has no such entries`);
}
