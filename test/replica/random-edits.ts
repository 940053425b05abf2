/** Random edits of every shared type, from fast-check's own choices, so that a failure shrinks; and what a document reads as. */

import fc from 'fast-check';

import { Y } from '../../src/replica/replica.js';

/** Choices from 0 to 1, taken one after the other; when they are used up, 0. */
export const choices = fc.array(
  fc.noBias(fc.nat(9_999)).map((number) => number / 10_000),
  { minLength: 1, maxLength: 240, size: 'max' },
);

export function edit(doc: Y.Doc, numbers: readonly number[], origin?: unknown): void {
  const left = [...numbers];
  const take = (below: number): number => Math.floor((left.shift() ?? 0) * below);
  while (left.length > 0) {
    doc.transact(() => {
      const root = ROOTS[take(ROOTS.length)] ?? 'map';
      editType(rootOf(doc, root), take, 0);
    }, origin);
  }
}

/** With formatting, attributes and all; roots that hold nothing are as good as none. */
export function readingOf(doc: Y.Doc): unknown {
  return ROOTS.map((root) => readType(rootOf(doc, root)));
}

const ROOTS = ['map', 'array', 'text', 'xml'] as const;

function rootOf(doc: Y.Doc, root: (typeof ROOTS)[number]): Y.AbstractType<unknown> {
  const types = {
    map: () => doc.getMap('map'),
    array: () => doc.getArray('array'),
    text: () => doc.getText('text'),
    xml: () => doc.getXmlFragment('xml'),
  };
  return types[root]() as Y.AbstractType<unknown>;
}

function readType(type: unknown): unknown {
  if (type instanceof Y.Map)
    return ['map', [...type.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, readType(value)])];
  if (type instanceof Y.Array) return ['array', type.toArray().map(readType)];
  if (type instanceof Y.Text) {
    const characters = (type.toDelta() as { insert: unknown; attributes?: object }[]).flatMap(({ insert, attributes = {} }) =>
      // Where Yjs begins a new piece is not part of what a text reads as.
      (typeof insert === 'string' ? Array.from(insert) : [readType(insert)]).map((part) => [part, attributes]),
    );
    return ['text', characters, type.getAttributes()];
  }
  if (type instanceof Y.XmlElement) return ['element', type.nodeName, type.getAttributes(), type.toArray().map(readType)];
  if (type instanceof Y.XmlFragment) return ['fragment', type.toArray().map(readType)];
  return type instanceof Uint8Array ? ['bytes', ...type] : type;
}

type Take = (below: number) => number;

const DEPTH_MAX = 4;
const VALUES = [0, -0, 1.5, true, null, 'a', 'ä😀', { a: [1, { b: null }] }, [1, 2], 1234567890123456789n] as const;

function valueFrom(take: Take, depth: number): unknown {
  const which = take(VALUES.length + 5);
  if (which < VALUES.length) return VALUES[which];
  if (which === VALUES.length) return Uint8Array.of(take(256), 1);
  if (depth >= DEPTH_MAX) return 'deep';
  if (which === VALUES.length + 1) return new Y.Map();
  if (which === VALUES.length + 2) return new Y.Array();
  if (which === VALUES.length + 3) return new Y.Text();
  return new Y.XmlElement('p');
}

function editType(type: Y.AbstractType<unknown>, take: Take, depth: number): void {
  const children = childrenOf(type);
  if (children.length > 0 && take(3) > 0) {
    const child = children[take(children.length)];
    if (child !== undefined) return editType(child, take, depth + 1);
  }
  if (type instanceof Y.Map) return editMap(type, take, depth);
  if (type instanceof Y.Array) return editArray(type, take, depth);
  if (type instanceof Y.Text) return editText(type, take, depth);
  if (type instanceof Y.XmlFragment) editXml(type, take, depth);
}

function childrenOf(type: Y.AbstractType<unknown>): readonly Y.AbstractType<unknown>[] {
  const values: unknown[] = [];
  if (type instanceof Y.Map) values.push(...type.values());
  if (type instanceof Y.Array || type instanceof Y.XmlFragment) values.push(...(type.toArray() as unknown[]));
  if (type instanceof Y.Text) values.push(...(type.toDelta() as { insert: unknown }[]).map(({ insert }) => insert));
  return values.filter((value): value is Y.AbstractType<unknown> => value instanceof Y.AbstractType);
}

function editMap(map: Y.Map<unknown>, take: Take, depth: number): void {
  const key = 'abcd'[take(4)] ?? 'a';
  if (take(4) === 0) map.delete(key);
  else map.set(key, valueFrom(take, depth));
}

function editArray(array: Y.Array<unknown>, take: Take, depth: number): void {
  const at = take(array.length + 1);
  if (take(3) === 0) array.delete(at, Math.min(take(3), array.length - at));
  else array.insert(at, take(2) === 0 ? [insertable(valueFrom(take, depth))] : [1, 2, 'three'].slice(0, 1 + take(3)));
}

/** Yjs takes large whole numbers in maps only. */
function insertable(value: unknown): unknown {
  return typeof value === 'bigint' ? [value] : value;
}

const WORDS = ['a', 'bc', '😀', 'aa', 'x😀y', '\n'] as const;
const FORMATS = [{ bold: true }, { bold: null }, { italic: true }, { size: 3 }, { size: 4, bold: true }] as const;

function editText(text: Y.Text, take: Take, depth: number): void {
  // Never between the halves of a character outside the basic plane: Yjs would spoil it.
  const places = [0];
  for (const { insert } of text.toDelta() as { insert: unknown }[]) {
    for (const part of typeof insert === 'string' ? insert : ['x'])
      places.push((places.at(-1) ?? 0) + (typeof insert === 'string' ? part.length : 1));
  }
  const from = take(places.length);
  const to = Math.min(places.length - 1, from + take(4));
  const [start = 0, end = 0] = [places[from], places[to]];
  const format = { ...FORMATS[take(FORMATS.length)] };
  switch (take(7)) {
    case 0:
      return text.delete(start, end - start);
    case 1:
    case 2:
      return text.format(start, end - start, format);
    case 3:
      return text.insertEmbed(start, depth >= DEPTH_MAX || take(2) === 0 ? { image: take(3) } : new Y.Map(), {});
    case 4:
      return text instanceof Y.XmlText || take(2) === 0 ? text.setAttribute('lang', VALUES[take(3)]) : text.removeAttribute('lang');
    case 5:
      return text.insert(start, WORDS[take(WORDS.length)] ?? 'a', take(2) === 0 ? {} : format);
    default:
      return text.insert(start, WORDS[take(WORDS.length)] ?? 'a');
  }
}

function editXml(xml: Y.XmlFragment, take: Take, depth: number): void {
  if (xml instanceof Y.XmlElement && take(3) === 0) {
    if (take(3) === 0) xml.removeAttribute('id');
    else xml.setAttribute('id', `n${take(3)}`);
    return;
  }
  const at = take(xml.length + 1);
  if (take(3) === 0) xml.delete(at, Math.min(take(2), xml.length - at));
  else xml.insert(at, [take(2) === 0 || depth >= DEPTH_MAX ? new Y.XmlText() : new Y.XmlElement(take(2) === 0 ? 'p' : 'b')]);
}
