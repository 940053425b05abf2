/**
 * Values that cannot be written down: one that contains itself, one that lies thousands deep. Yjs takes them in, throws when it
 * encodes the change, and from then on at every change after it. Nobody else can ever have such a value, so it is taken out.
 */

import * as Y from 'yjs';
import { ANSWER_DEPTH_MAX } from './limits.js';
import { depthOf } from './type-depth.js';

/** Deletes, in one transaction, what was written since `told` and cannot be encoded; returns how many items that was. */
export function removeUnencodable(doc: Y.Doc, told: ReadonlyMap<number, number>): number {
  const found: Y.Item[] = [];
  for (const [client, structs] of doc.store.clients) {
    const from = told.get(client) ?? 0;
    for (let index = structs.length - 1; index >= 0; index--) {
      const struct = structs[index];
      if (struct === undefined || struct.id.clock + struct.length <= from) break;
      if (struct instanceof Y.Item && !struct.deleted && (!isEncodable(struct) || isTooDeep(struct))) found.push(struct);
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

/** Its shared type and those around it, or its values, lie deeper than anybody takes. */
function isTooDeep(item: Y.Item): boolean {
  if (item.content instanceof Y.ContentType) return depthOf(item, ANSWER_DEPTH_MAX) + 1 > ANSWER_DEPTH_MAX;
  return item.content.getContent().some((value) => isDeeperThan(value, ANSWER_DEPTH_MAX));
}

/** Level by level: a value that is too deep for the stack must not be walked down by recursion. */
function isDeeperThan(value: unknown, max: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= max; depth++) {
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null && !(each instanceof Uint8Array) ? (Object.values(each) as unknown[]) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}

function isEncodable({ content }: Y.Item): boolean {
  try {
    content.write(new Y.UpdateEncoderV1(), 0);
    return true;
  } catch {
    return false; // whatever the reason: that it cannot be written is the answer
  }
}
