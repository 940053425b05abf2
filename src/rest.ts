/** Whether a set of peers has come to rest: a question of tests, asked of the inside. */

import type { DocumentState } from '../sync/document-state.js';
import type { Peer } from './peer.js';

/** True when nobody has anything left to say or ask, and all that are not cut off from each other are equal. */
export function isAtRest(peers: readonly Peer[], isCut: (a: Peer, b: Peer) => boolean): boolean {
  const open = peers.filter((peer) => peer.status === 'open');
  if (!open.every(isQuiet)) return false;
  return open.every((a) => open.every((b) => a === b || isCut(a, b) || areEqual(a, b)));
}

function isQuiet({ synchronizer }: Peer): boolean {
  const { documents, links, isDrainAsked } = synchronizer.state;
  if (isDrainAsked || [...links.values()].some((link) => !link.isReady)) return false;
  return [...documents.values()].every(isDocumentQuiet);
}

function isDocumentQuiet({ outboxBytes, catchUp, held, doubts, replica }: DocumentState): boolean {
  return outboxBytes === 0 && catchUp === undefined && held.size === 0 && doubts.size === 0 && !replica.hasPending();
}

function areEqual(a: Peer, b: Peer): boolean {
  return a.documentNames.every((name) => !b.documentNames.includes(name) || a.replica(name).digest() === b.replica(name).digest());
}
