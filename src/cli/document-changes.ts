/**
 * What each transaction changed in a document, place by place, as long as somebody watches. Places that came or went with
 * something above them are told by that alone. A place below a plain value is compared with what was there before.
 */

import { isDeepStrictEqual } from 'node:util';

import { toJson } from './document-json.js';
import type { JsonValue } from '../library/exchange/json-text.js';
import type { Pointer } from './pointer.js';
import { Y } from '../index.js';

export interface Change {
  readonly path: Pointer;
  readonly action: 'add' | 'update' | 'delete' | 'edit';
  /** What is there now; undefined after a delete. */
  readonly value: JsonValue | undefined;
  /** Who made it, where the transaction says. */
  readonly origin: string | undefined;
}

/** Calls `onChange` for changes at or below `filter`, and for those above that reach it. Returns the function that ends it. */
export function watchDocument(doc: Y.Doc, filter: Pointer, onChange: (change: Change) => void): () => void {
  const listener = (transaction: Y.Transaction): void => {
    const origin = originOf(transaction.origin);
    for (const [type, keys] of transaction.changed) {
      // A type that is new or gone is told by the change above it.
      const item = type._item;
      const event = new Y.YEvent(type, transaction);
      if (item !== null && (item.deleted || event.adds(item))) continue;
      const path = pathOf(doc, type);
      for (const step of stepsOf(event, path, keys)) {
        const seen = throughFilter(step, filter);
        if (seen !== undefined) onChange({ ...seen, origin });
      }
    }
  };
  doc.on('afterTransaction', listener);
  return () => doc.off('afterTransaction', listener);
}

interface Step {
  readonly path: Pointer;
  readonly action: Change['action'];
  readonly value: JsonValue | undefined;
  readonly before: unknown;
}

type AnyType = Parameters<Y.Transaction['changed']['get']>[0];
type AnyEvent = Y.YEvent<AnyType>;

function* stepsOf(event: AnyEvent, path: Pointer, keys: ReadonlySet<string | null>): Generator<Step> {
  for (const [key, { action, oldValue }] of event.keys) {
    const item = event.target._map.get(key);
    const value = item === undefined || item.deleted ? undefined : toJson(item.content.getContent().at(-1));
    yield { path: [...path, key], action, value, before: oldValue };
  }
  if (!keys.has(null)) return;
  if (isListOfValues(event)) yield* listSteps(event, path);
  else yield { path, action: 'edit', value: toJson(textOf(event.target)), before: undefined };
}

/** Inserts and deletes at the places where they now are. */
function* listSteps(event: AnyEvent, path: Pointer): Generator<Step> {
  let index = 0;
  for (const { retain, insert, delete: count } of event.changes.delta) {
    index += retain ?? 0;
    for (let removed = 0; removed < (count ?? 0); removed++)
      yield { path: [...path, String(index + removed)], action: 'delete', value: undefined, before: undefined };
    for (const value of Array.isArray(insert) ? insert : [])
      yield { path: [...path, String(index++)], action: 'add', value: toJson(value), before: undefined };
  }
}

/** A root that nobody has asked for has no kind yet: what was put in says. */
function isListOfValues({ target, changes }: AnyEvent): boolean {
  if (target instanceof Y.Array || target instanceof Y.XmlFragment) return true;
  if (target instanceof Y.Text) return false;
  for (let item = target._start; item !== null; item = item.right) {
    if (item.content instanceof Y.ContentString || item.content instanceof Y.ContentFormat || item.content instanceof Y.ContentEmbed)
      return false;
  }
  return changes.delta.length > 0;
}

function textOf(target: AnyType): unknown {
  if (target instanceof Y.Text || target instanceof Y.XmlText) return target;
  let text = '';
  for (let item = target._start; item !== null; item = item.right) {
    if (!item.deleted && item.content instanceof Y.ContentString) text += item.content.str;
  }
  return text;
}

/** A change as seen from the watched path; undefined where it does not concern it. */
function throughFilter({ path, action, value, before }: Step, filter: Pointer): Omit<Change, 'origin'> | undefined {
  const shared = path.findIndex((segment, index) => filter[index] !== segment);
  if (shared === -1 && path.length < filter.length) return below();
  return shared === -1 || shared >= filter.length ? { path, action, value } : undefined;

  function below(): Omit<Change, 'origin'> | undefined {
    const rest = filter.slice(path.length);
    const now = dig(value, rest);
    // A shared type that was replaced is emptied by then: what it held cannot be told.
    const then = before instanceof Y.AbstractType ? undefined : dig(before, rest);
    if (isDeepStrictEqual(now, then)) return undefined;
    return { path: filter, action: now === undefined ? 'delete' : then === undefined ? 'add' : 'update', value: now };
  }
}

function dig(value: unknown, path: Pointer): JsonValue | undefined {
  let found = value;
  for (const segment of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, segment)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[segment];
  }
  return found === undefined ? undefined : toJson(found);
}

function pathOf(doc: Y.Doc, type: AnyType): Pointer {
  const item = type._item;
  if (item === null) return [[...doc.share].find(([, root]) => root === type)?.[0] ?? ''];
  const above = pathOf(doc, item.parent as AnyType);
  return [...above, item.parentSub ?? String(indexOf(item))];
}

function indexOf(item: Y.Item): number {
  let index = 0;
  for (let left = item.left; left !== null; left = left.left) if (!left.deleted && left.countable) index += left.length;
  return index;
}

function originOf(origin: unknown): string | undefined {
  if (typeof origin === 'string') return origin;
  const id = typeof origin === 'object' && origin !== null ? (origin as { id?: unknown }).id : undefined;
  return typeof id === 'string' ? id : undefined;
}
