/**
 * In which order candidates go on trying the lock when the writer is gone. Each computes its own place, from what it knows of the others.
 * They need not agree: the lock decides, and standing back has an end (election.ts). First comes who can most likely take
 * over at once; among equals the term that ended decides as if by chance, so that it is not the same one each time.
 */

import { crc32 } from 'node:zlib';

import type { PeerId } from '../base/ids.js';
import type { EngineState } from '../../sync/engine-state.js';
import type { PeerStatus } from '../../sync/wire/frame.js';

export type KnownPeers = Pick<Readonly<EngineState>, 'self' | 'status' | 'links' | 'silent' | 'termHeard'>;

/** How many of those that we are linked with go before us. Who is silent, or never writes, has no place. */
export function placeInTurn({ self, status, links, silent, termHeard }: KnownPeers): number {
  const ours = turnOf(self, status, termHeard);
  let place = 0;
  for (const { id, status: theirs } of links.values()) {
    if (theirs?.canWrite === true && !silent.has(id) && isBefore(turnOf(id, theirs, termHeard), ours)) place++;
  }
  return place;
}

interface Turn {
  readonly id: PeerId;
  /** It has nothing to load first, and did not fail a moment ago. */
  readonly isReady: boolean;
  readonly order: number;
}

function turnOf(id: PeerId, { isComplete, trouble }: PeerStatus, term: number): Turn {
  return { id, isReady: isComplete && trouble === '', order: crc32(`${id} ${term}`) };
}

function isBefore(one: Turn, other: Turn): boolean {
  if (one.isReady !== other.isReady) return one.isReady;
  return one.order === other.order ? one.id < other.id : one.order < other.order;
}
