/**
 * What a document must hold at the least: how far each client's changes must have come, and what must have been deleted.
 * Independent of the digests and numbers under test: it looks at the document alone.
 */

import * as Y from 'yjs';

export interface Floor {
  /** Per client id, the number of its items and deletions that must be integrated, nothing pending. */
  readonly clients: ReadonlyMap<number, number>;
  readonly deleted: readonly DeletedRange[];
}

export interface DeletedRange {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
}

/** All that a document holds now. */
export function floorOf(doc: Y.Doc): Floor {
  const clients = new Map([...doc.store.clients.keys()].map((client) => [client, Y.getState(doc.store, client)]));
  return { clients, deleted: rangesOf(Y.createDeleteSetFromStructStore(doc.store)) };
}

export function rangesOf({ clients }: { readonly clients: Map<number, { clock: number; len: number }[]> }): DeletedRange[] {
  return [...clients].flatMap(([client, items]) => items.map(({ clock, len }) => ({ client, clock, length: len })));
}

/** What of it a document lacks, in words; undefined where it lacks nothing. */
export function lackOf(doc: Y.Doc, { clients, deleted }: Floor): string | undefined {
  for (const [client, clock] of clients) {
    const has = Y.getState(doc.store, client);
    if (has < clock) return `items ${has} to ${clock - 1} of client ${client}`;
  }
  if (deleted.length === 0) return undefined;
  const present = Y.createDeleteSetFromStructStore(doc.store);
  for (const { client, clock, length } of deleted) {
    for (let at = clock; at < clock + length; at++)
      if (!Y.isDeleted(present, Y.createID(client, at))) return `the deletion of item ${at} of client ${client}`;
  }
  return undefined;
}

/** The content of all root types, the same text for the same content: maps know no order of their keys. */
export function contentOf(doc: Y.Doc): string {
  return canonical({
    acknowledged: doc.getMap('acknowledged').toJSON(),
    causal: doc.getMap('causal').toJSON(),
    kept: doc.getMap('kept').toJSON(),
    map: doc.getMap('map').toJSON(),
    array: doc.getArray('array').toJSON(),
    text: doc.getText('text').toDelta() as unknown,
    xml: doc.getXmlFragment('xml').toJSON(),
  });
}

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function hasPending(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null;
}
