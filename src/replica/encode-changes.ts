/**
 * What transactions changed, as one update (encoding V1). Yjs encodes each transaction by itself, and only for whoever listens to `update`;
 * this takes what the document holds by now from given clocks on, so many transactions cost one encoding, and what they overwrote
 * among themselves is not carried. The layout is that of Yjs's own `writeClientsStructs` and `writeDeleteSet`; a test holds it against Yjs.
 */

import * as Y from 'yjs';

export interface Changes {
  /** For each client of which there is more: the clock at which that begins. */
  readonly starts: ReadonlyMap<number, number>;
  readonly deletions: Y.Transaction['deleteSet'];
}

export function hasChanges({ beforeState, afterState, deleteSet }: Y.Transaction): boolean {
  if (deleteSet.clients.size > 0) return true;
  for (const [client, clock] of afterState) if (beforeState.get(client) !== clock) return true;
  return false;
}

/** Puts in where a transaction began to write, for clients that have no start yet. */
export function noteStarts({ beforeState, afterState }: Y.Transaction, starts: Map<number, number>): void {
  for (const [client, clock] of afterState) {
    const start = beforeState.get(client) ?? 0;
    if (start !== clock && !starts.has(client)) starts.set(client, start);
  }
}

/** What one transaction changed. */
export function encodeTransaction(transaction: Y.Transaction): Uint8Array {
  const starts = new Map<number, number>();
  noteStarts(transaction, starts);
  return encodeChanges(transaction.doc, { starts, deletions: transaction.deleteSet });
}

/** Throws what Yjs throws at a value that cannot be written down. */
export function encodeChanges({ store }: Y.Doc, { starts, deletions }: Changes): Uint8Array {
  const encoder = new Y.UpdateEncoderV1();
  encoder.writeLen(starts.size);
  for (const [client, clock] of highestFirst(starts)) writeStructs(encoder, store, client, clock);
  encoder.writeLen(deletions.clients.size);
  for (const [client, ranges] of highestFirst(deletions.clients)) {
    encoder.writeClient(client);
    encoder.writeLen(ranges.length);
    for (const { clock, len } of ranges) {
      encoder.writeDsClock(clock);
      encoder.writeDsLen(len);
    }
  }
  return encoder.toUint8Array();
}

function writeStructs(encoder: Y.UpdateEncoderV1, { clients }: Y.Doc['store'], client: number, from: number): void {
  const structs = clients.get(client) ?? [];
  const clock = Math.max(from, structs[0]?.id.clock ?? 0);
  const first = Y.findIndexSS(structs, clock);
  encoder.writeLen(structs.length - first);
  encoder.writeClient(client);
  encoder.writeLen(clock);
  // The first may have grown together with what was there before.
  structs[first]?.write(encoder, clock - structs[first].id.clock);
  for (let at = first + 1; at < structs.length; at++) structs[at]?.write(encoder, 0);
}

/** As Yjs has it: conflicts resolve faster. */
function highestFirst<Value>(byClient: ReadonlyMap<number, Value>): Iterable<readonly [number, Value]> {
  return byClient.size < 2 ? byClient : [...byClient].toSorted(([one], [other]) => other - one);
}
