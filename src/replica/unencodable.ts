/**
 * Values that cannot be written down: one that contains itself, one that lies thousands deep. Yjs takes them in, throws when it
 * encodes the change, and from then on at every change after it. Nobody else can ever have such a value, so it is taken out.
 */

import * as Y from 'yjs';

/** Deletes, in one transaction, what was written since `told` and cannot be encoded; returns how many items that was. */
export function removeUnencodable(doc: Y.Doc, told: ReadonlyMap<number, number>): number {
  const found: Y.Item[] = [];
  for (const [client, structs] of doc.store.clients) {
    const from = told.get(client) ?? 0;
    for (let index = structs.length - 1; index >= 0; index--) {
      const struct = structs[index];
      if (struct === undefined || struct.id.clock + struct.length <= from) break;
      if (struct instanceof Y.Item && !isEncodable(struct)) found.push(struct);
    }
  }
  if (found.length === 0) return 0;
  doc.transact((transaction) => {
    for (const item of found) {
      item.delete(transaction);
      // Not left to Yjs's collection, which an application may have switched off: the transaction is encoded when it ends.
      item.content = new Y.ContentDeleted(item.length);
    }
  });
  return found.length;
}

function isEncodable({ content }: Y.Item): boolean {
  try {
    content.write(new Y.UpdateEncoderV1(), 0);
    return true;
  } catch {
    return false; // whatever the reason: that it cannot be written is the answer
  }
}
