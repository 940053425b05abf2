/**
 * Which blobs this peer needs, of those that a collector asks about: what its open documents name (those in memory only too), and what
 * was put here of late, whose name no document has yet. Where that cannot be said, all of them.
 */

import type { BlobHash } from '../../storage/blobs/blob-hash.js';
import { turn } from '../base/turn.js';
import type { LatePuts } from './late-puts.js';
import { ReferenceScan } from './reference-scan.js';

/** What of a replica is looked at. */
export interface ScannedReplica {
  /** Grows with each change. */
  readonly changes: number;
  /** Its whole state, as bytes. */
  snapshot(): Uint8Array;
  /** Something waits for what it builds on: its bytes are not in the state. */
  hasPending(): boolean;
}

export async function neededHere(
  candidates: ReadonlySet<BlobHash>,
  replicas: ReadonlyMap<string, ScannedReplica>,
  latePuts: LatePuts,
): Promise<ReadonlySet<BlobHash>> {
  const scan = new ReferenceScan(candidates);
  const seen = new Map<ScannedReplica, number>();
  // A name may move from a document that is still to be read into one that was read: until nothing has changed meanwhile.
  for (let isQuiet = false, rounds = 0; !isQuiet; rounds++) {
    if (rounds > ROUNDS_MAX) return candidates;
    isQuiet = true;
    for (const replica of [...replicas.values()]) {
      if (replica.hasPending()) return candidates;
      if (seen.get(replica) === replica.changes) continue;
      isQuiet = false;
      seen.set(replica, replica.changes);
      await scan.read(replica.snapshot());
      await turn();
    }
  }
  // Looked at last, and in one go with the end: what is put from now on is written anew.
  if (latePuts.isUnsure) return candidates;
  return new Set([...candidates].filter((hash) => scan.found.has(hash) || latePuts.has(hash)));
}

/** A document that never rests is needed as it is. */
const ROUNDS_MAX = 8;
