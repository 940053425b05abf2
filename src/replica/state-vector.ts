/** Whether bytes from outside are a state vector: numbers without an end would become NaN in lib0, which compares with nothing. */

import * as Y from 'yjs';

import { ByteReader, Refusal } from './byte-reader.js';

export function isStateVector(bytes: Uint8Array): boolean {
  const reader = new ByteReader(bytes, 0);
  try {
    for (let left = reader.number() * 2; left > 0; left--) reader.number();
    return reader.left === 0;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** Whether the document lacks something that the state vector counts. */
export function isBehind({ store }: Y.Doc, stateVector: Uint8Array): boolean {
  for (const [client, clock] of Y.decodeStateVector(stateVector)) if (clock > Y.getState(store, client)) return true;
  return false;
}

/** Whether the document has something that the state vector does not count. */
export function isAhead({ store }: Y.Doc, stateVector: Uint8Array): boolean {
  const theirs = Y.decodeStateVector(stateVector);
  for (const client of store.clients.keys()) if (Y.getState(store, client) > (theirs.get(client) ?? 0)) return true;
  return false;
}
