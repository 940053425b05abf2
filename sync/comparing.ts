/**
 * Comparing two replicas of a document by what their peers say of them: numbers, and where these are equal digests. Then a difference
 * is a loss that no number shows (a delete, the frame of a dead peer).
 */

import type { PeerId } from '../src/base/ids.js';
import { settle } from './catch-up.js';
import { doubt, noteTail } from './doubt.js';
import type { DocumentState } from './document-state.js';
import { vectorOf } from './engine-state.js';
import type { EngineState, Step } from './engine-state.js';
import { DIGEST_QUIET_MS, DOUBT_GRACE_MS } from './limits.js';
import type { DocumentReport, Vector } from './wire/frame.js';

/** How a replica of ours stands. */
export function report({ state, now }: Step, document: DocumentState): DocumentReport {
  const isQuiet = now - document.changedAt >= DIGEST_QUIET_MS && document.outboxBytes === 0 && !document.replica.hasPending();
  // Whoever has fetched nothing yet differs from everybody, and is at it: where forty begin at once, each echo would set off questions both ways.
  const isComparable = isQuiet && (document.isSynced || document.exchanged.size > 0);
  return { document: document.name, vector: liveVectorOf(state, document), digest: isComparable ? document.replica.digest() : '' };
}

/** Holds another replica's numbers, and where these are equal its digest, against ours. */
export function compare(step: Step, document: DocumentState, from: PeerId, theirs: DocumentReport): void {
  const { state } = step;
  for (const [peer, seq] of theirs.vector) {
    // Others' frames may be on their way still. Of who has left nothing more will come: the digest will tell.
    if (state.links.has(peer)) noteTail(step, document, { sender: peer, seq, graceMs: DOUBT_GRACE_MS, hint: from });
  }
  const mine = report(step, document);
  if (mine.digest !== '' && theirs.digest !== '' && mine.digest !== theirs.digest && areEqual(step, mine.vector, theirs.vector)) {
    state.counters.mismatches++;
    doubt(step, document, from, { graceMs: 0, evidence: true });
    const frame = { kind: 'invite', document: document.name, stateVector: new Uint8Array() } as const;
    step.effects.push({ kind: 'request', peer: from, frame });
  }
  settle(step, document);
}

/** Only of peers that live: numbers of the dead would be handed around for ever. */
function liveVectorOf(state: EngineState, document: DocumentState): Vector {
  const vector = vectorOf(state, document);
  for (const peer of vector.keys()) if (peer !== state.self && !state.links.has(peer)) vector.delete(peer);
  return vector;
}

/** What is missing of a dead peer shows in the digest alone. */
function areEqual({ state }: Step, mine: Vector, theirs: Vector): boolean {
  for (const peer of [state.self, ...state.links.keys()]) if ((mine.get(peer) ?? 0) !== (theirs.get(peer) ?? 0)) return false;
  return true;
}
