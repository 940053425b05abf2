/** Doubts: reasons to believe that a peer has what we lack. Recorded here, decided upon in catch-up.ts. */

import type { PeerId } from '../src/base/ids.js';
import { wakeBy } from './engine-state.js';
import type { DocumentState, Doubt } from './document-state.js';
import type { Step } from './engine-state.js';
import { CATCH_UP_SILENCE_MS } from './limits.js';
import type { Tails } from './wire/frame.js';

export interface DoubtDetail {
  /** How long the doubt may prove unfounded by itself: 0 where frames can no longer be on their way. */
  readonly graceMs: number;
  /** Who else has it, by hearsay. */
  readonly hint?: PeerId | undefined;
  readonly evidence?: Uint8Array | true | undefined;
}

/** Notes that `peer` seems to have more; a doubt that exists already comes due no later for it. */
export function doubt(step: Step, document: DocumentState, peer: PeerId, detail: DoubtDetail): void {
  const earlier = document.doubts.get(peer);
  const dueAt = Math.min(earlier?.dueAt ?? Infinity, step.now + detail.graceMs);
  const evidence = earlier?.evidence === true ? true : (detail.evidence ?? earlier?.evidence);
  const tried = earlier?.tried ?? new Set();
  const hint = detail.hint ?? earlier?.hint;
  document.doubts.set(peer, { dueAt, hint, evidence, raisedAt: step.now, patienceMs: CATCH_UP_SILENCE_MS, tried, hasClosed: false });
  wakeBy(step.state, dueAt);
}

/** Whether a doubt still stands, now that more may have arrived. */
export function isFounded(document: DocumentState, peer: PeerId, { evidence }: Doubt): boolean {
  if (evidence === true || isMissing(document, peer)) return true;
  return evidence !== undefined && document.replica.isBehind(evidence);
}

/** Numbers that the peer has given, or what something builds on that has come: whoever has it can give it. */
export function isMissing({ tails, applied, replica }: DocumentState, peer: PeerId): boolean {
  return (tails.get(peer) ?? 0) > (applied.get(peer) ?? 0) || replica.hasPending();
}

export interface HeardTail {
  readonly sender: PeerId;
  readonly seq: number;
  readonly graceMs: number;
  /** Who said so, where it was not the sender. */
  readonly hint?: PeerId;
}

/** Records that a sender has given numbers up to `seq`; missing ones put the document in doubt. */
export function noteTail(step: Step, document: DocumentState, { sender, seq, graceMs, hint }: HeardTail): void {
  if (sender === step.state.self) return;
  const isNews = seq > (document.tails.get(sender) ?? 0);
  if (isNews) document.tails.set(sender, seq);
  if (seq <= (document.applied.get(sender) ?? 0)) return;
  // Hearsay that repeats itself is no new reason to ask.
  if (isNews || graceMs === 0 || !document.doubts.has(sender)) doubt(step, document, sender, { graceMs, hint });
}

export function noteTails(step: Step, sender: PeerId, tails: Tails, graceMs: number): void {
  for (const [name, seq] of tails) {
    const document = step.state.documents.get(name);
    if (document !== undefined) noteTail(step, document, { sender, seq, graceMs });
  }
}
