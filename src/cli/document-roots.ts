/**
 * The root types of a document. Yjs keeps no kind for a root that nobody has asked for: it is inferred from what lies in
 * it. Entries by key make a map; a list is a text where it holds characters, formats or embeds, XML where it holds
 * elements, else an array. A root that holds both is ambiguous, and only a person can say.
 */

import { Y } from '../index.js';

import { CliError } from './exit.js';
import { formatPointer } from './pointer.js';

export const ROOT_KINDS = ['map', 'array', 'text', 'xml'] as const;
export type RootKind = (typeof ROOT_KINDS)[number];
export type RootType = Y.Map<unknown> | Y.Array<unknown> | Y.Text | Y.XmlFragment;

export interface RootOptions {
  /** What a root is where its content does not tell (`--root-type`): it is ambiguous, empty or missing. */
  readonly rootKind?: RootKind | undefined;
}

/** Undefined where the document has no such root. Errors: usage, where it is ambiguous. */
export function openRoot(doc: Y.Doc, name: string, { rootKind }: RootOptions = {}): RootType | undefined {
  const raw = doc.share.get(name) as Y.AbstractType<unknown> | undefined;
  if (raw === undefined) return undefined;
  const kind = kindOf(raw, rootKind);
  if (kind !== undefined) return getRoot(doc, name, kind);
  throw new CliError('usage', `${formatPointer([name])} holds both keyed entries and a list: what it is cannot be told`, {
    hint: 'name it with --root-type map, array, text or xml',
  });
}

export function getRoot(doc: Y.Doc, name: string, kind: RootKind): RootType {
  switch (kind) {
    case 'map':
      return doc.getMap(name);
    case 'array':
      return doc.getArray(name);
    case 'text':
      return doc.getText(name);
    case 'xml':
      return doc.getXmlFragment(name);
  }
}

/** In order of their names. */
export function rootNames(doc: Y.Doc): readonly string[] {
  return [...doc.share.keys()].sort();
}

/** Undefined where it is ambiguous and `fallback` does not say. */
function kindOf(type: Y.AbstractType<unknown>, fallback: RootKind | undefined): RootKind | undefined {
  if (type instanceof Y.Map) return 'map';
  if (type instanceof Y.Array) return 'array';
  if (type instanceof Y.Text) return 'text';
  if (type instanceof Y.XmlFragment) return 'xml';
  const hasKeys = [...type._map.values()].some((item) => !item.deleted);
  const list = listKind(type);
  if (hasKeys) return list === undefined ? 'map' : fallback;
  // Where nothing is left in it, keys that were there make it a map.
  return list ?? fallback ?? (type._start === null || type._map.size > 0 ? 'map' : 'array');
}

function listKind(type: Y.AbstractType<unknown>): RootKind | undefined {
  let found: RootKind | undefined;
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted) continue;
    const { content } = item;
    if (content instanceof Y.ContentString || content instanceof Y.ContentFormat || content instanceof Y.ContentEmbed) return 'text';
    found ??= content instanceof Y.ContentType && isXml(content.type) ? 'xml' : 'array';
  }
  return found;
}

function isXml(type: Y.AbstractType<unknown>): boolean {
  return type instanceof Y.XmlFragment || type instanceof Y.XmlText || type instanceof Y.XmlHook;
}
