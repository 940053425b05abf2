/** Replicas with a settings map each, and a delivery between them that a test decides. No group: only Yjs and what lies above it. */

import * as Y from 'yjs';
import { SettingsIndexes, SettingsMap } from '../../src/settings/settings-map.js';

export interface Holder {
  readonly doc: Y.Doc;
  readonly map: SettingsMap;
  /** What it has written and nobody has been given yet. */
  readonly outbox: Uint8Array[];
  readonly undo: Y.UndoManager;
}

const RECEIVED = 'received';

export function holder(clientId?: number): Holder {
  const doc = new Y.Doc();
  if (clientId !== undefined) doc.clientID = clientId;
  const outbox: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== RECEIVED) outbox.push(update);
  });
  const map = settingsOf(doc, new SettingsIndexes(doc));
  const undo = new Y.UndoManager(map.type, { trackedOrigins: new Set([map]), captureTimeout: 0 });
  return { doc, map, outbox, undo };
}

/** One more instance's view of the same document. */
export function settingsOf(doc: Y.Doc, indexes: SettingsIndexes): SettingsMap {
  const map: SettingsMap = new SettingsMap({
    doc,
    name: 'knobs',
    transact: (change) => doc.transact(() => change(), map),
    indexes,
  });
  return map;
}

export function give(to: Holder, updates: readonly Uint8Array[]): void {
  to.doc.transact(() => updates.forEach((update) => Y.applyUpdate(to.doc, update, RECEIVED)), RECEIVED);
}

/** Everybody is given what everybody has written, until nobody has anything left. */
export function exchange(holders: readonly Holder[]): void {
  for (let round = 0; holders.some(({ outbox }) => outbox.length > 0); round++) {
    if (round > 20) throw new Error('they answer each other for ever');
    for (const from of holders) {
      const updates = from.outbox.splice(0);
      if (updates.length > 0) for (const to of holders) if (to !== from) give(to, updates);
    }
  }
}

/** How many entries its array really holds. */
export function entriesIn({ map }: Holder): number {
  return map.type.length;
}

export function stateOf({ doc }: Holder): Uint8Array {
  return Y.encodeStateAsUpdate(doc);
}
