/**
 * Shared types as what they hold: entries by key, and a list of units. Root types that nobody has asked for yet have no
 * kind in Yjs; read like this they need none. Nothing here changes a document.
 */

import * as Y from 'yjs';

import { equalValues } from './equal-values.js';

export type SharedType = Y.AbstractType<unknown>;

/** One thing in a list as people count: a character, an embed, a value, a type, a document. */
export interface Unit {
  /** Of the item that brought it: the same in every document in which it lives. */
  readonly id: string;
  readonly value: unknown;
  readonly isCharacter: boolean;
  /** As Yjs counts: two for a character outside the basic plane. */
  readonly length: number;
  /** The formatting at this place. */
  readonly attributes: Attributes;
}

export type Attributes = Readonly<Record<string, unknown>>;

/** The entries by key; attributes of an element or a text are such. */
export function entriesOf(type: SharedType | undefined): ReadonlyMap<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const [key, item] of type?._map ?? []) {
    if (!item.deleted) entries.set(key, item.content.getContent()[item.length - 1]);
  }
  return entries;
}

export function unitsOf(type: SharedType | undefined): readonly Unit[] {
  const units: Unit[] = [];
  let attributes: Attributes = {};
  for (let item = type?._start ?? null; item !== null; item = item.right) {
    if (item.deleted) continue;
    const { content, id } = item;
    if (content instanceof Y.ContentFormat) attributes = withAttribute(attributes, content.key, content.value);
    if (!item.countable) continue;
    const isText = content instanceof Y.ContentString;
    const values: readonly unknown[] = isText ? Array.from(content.str) : content.getContent();
    let clock = id.clock;
    for (const value of values) {
      const length = isText ? String(value).length : 1;
      units.push({ id: `${id.client} ${clock}`, value, isCharacter: isText, length, attributes });
      clock += length;
    }
  }
  return units;
}

/** Whether its list is a text: then it is changed by deltas, which know of formatting. */
export function isTextual(type: SharedType | undefined): boolean {
  if (type instanceof Y.Text) return true;
  for (let item = type?._start ?? null; item !== null; item = item.right) {
    const { content } = item;
    if (content instanceof Y.ContentString || content instanceof Y.ContentFormat || content instanceof Y.ContentEmbed) return true;
  }
  return false;
}

/** What makes two types such that one can be turned into the other. */
export function kindOf(type: SharedType): string {
  if (type instanceof Y.XmlElement) return `element ${type.nodeName}`;
  if (type instanceof Y.XmlHook) return `hook ${type.hookName}`;
  return (SIMPLE_KINDS.find(([constructor]) => type instanceof constructor) ?? ['', 'root'])[1];
}

/** An empty one of the same kind, to be put somewhere and filled there. */
export function emptyLike(type: SharedType): SharedType {
  if (type instanceof Y.XmlElement) return new Y.XmlElement(type.nodeName) as SharedType;
  if (type instanceof Y.XmlHook) return new Y.XmlHook(type.hookName) as SharedType;
  const [Kind] = SIMPLE_KINDS.find(([constructor]) => type instanceof constructor) ?? [Y.Map];
  return new Kind() as SharedType;
}

export function isSharedType(value: unknown): value is SharedType {
  return value instanceof Y.AbstractType;
}

export function areSameKind(a: unknown, b: unknown): boolean {
  return isSharedType(a) && isSharedType(b) && kindOf(a) === kindOf(b);
}

/** Whether they read the same, however they came about. */
export function equalContent(a: unknown, b: unknown): boolean {
  if (!isSharedType(a) || !isSharedType(b)) {
    return a instanceof Y.Doc && b instanceof Y.Doc ? a.guid === b.guid : equalValues(a, b);
  }
  if (kindOf(a) !== kindOf(b)) return false;
  const [entriesA, entriesB] = [entriesOf(a), entriesOf(b)];
  if (entriesA.size !== entriesB.size) return false;
  for (const [key, value] of entriesA) if (!entriesB.has(key) || !equalContent(value, entriesB.get(key))) return false;
  const [unitsA, unitsB] = [unitsOf(a), unitsOf(b)];
  return unitsA.length === unitsB.length && unitsA.every((unit, index) => isEqualUnit(unit, unitsB[index]));
}

function isEqualUnit(a: Unit, b: Unit | undefined): boolean {
  return b !== undefined && a.isCharacter === b.isCharacter && equalContent(a.value, b.value) && equalValues(a.attributes, b.attributes);
}

function withAttribute(attributes: Attributes, key: string, value: unknown): Attributes {
  const { [key]: _, ...others } = attributes;
  return value === null ? others : { ...others, [key]: value };
}

// Those that extend others come first.
const SIMPLE_KINDS = [
  [Y.XmlText, 'xml text'],
  [Y.Text, 'text'],
  [Y.XmlFragment, 'fragment'],
  [Y.Array, 'array'],
  [Y.Map, 'map'],
] as const;
