/** What a change did to a document, root by root, in numbers. */

import type { Y } from '../index.js';
import { toJson } from './document-json.js';
import { openRoot, rootNames } from './document-roots.js';

/** By root and entry: what it reads as. Of a root that is no map, the one entry is all of it. */
export type RootCounts = ReadonlyMap<string, RootEntries>;
type RootEntries = ReadonlyMap<string, string>;

export interface RootDifference {
  readonly root: string;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

export function countRoots(doc: Y.Doc): RootCounts {
  return new Map(rootNames(doc).map((name) => [name, entriesOf(doc, name)]));
}

/** Only those where something differs. */
export function differencesOf(before: RootCounts, after: RootCounts): readonly RootDifference[] {
  const differences: RootDifference[] = [];
  const nothing: RootEntries = new Map();
  for (const root of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const old = before.get(root) ?? nothing;
    const now = after.get(root) ?? nothing;
    const added = [...now.keys()].filter((key) => !old.has(key)).length;
    const removed = [...old.keys()].filter((key) => !now.has(key)).length;
    const changed = [...now].filter(([key, text]) => old.has(key) && old.get(key) !== text).length;
    if (added + removed + changed > 0) differences.push({ root, added, changed, removed });
  }
  return differences;
}

function entriesOf(doc: Y.Doc, name: string): RootEntries {
  // One that holds both keyed entries and a list is counted by its entries: it is only counted.
  const json = toJson(openRoot(doc, name, { rootKind: 'map' }), { isDelta: true });
  if (typeof json !== 'object' || json === null) return new Map([['', JSON.stringify(json)]]);
  return new Map(Object.entries(json).map(([key, value]) => [key, JSON.stringify(value)]));
}
