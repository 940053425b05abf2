/**
 * Catch-up: whoever may lack something asks with its state vector and gets the difference, in chunks, and with it
 * the answerer's numbers of the same tick. `settle` is the one place that decides whether and whom to ask:
 * one question at a time for each document, so that a newcomer to a group of forty fetches one copy.
 */

import type { PeerId } from '../src/base/ids.js';
import { doubt, isFounded, isMissing } from './doubt.js';
import type { ApplyCause } from './engine-io.js';
import { wakeBy } from './engine-state.js';
import type { DocumentState, Doubt } from './document-state.js';
import type { Link, Step } from './engine-state.js';
import { ask, assemble, givenUpAt, rejectBytes, resume, takeChunk } from './fetching.js';
import * as limits from './limits.js';
import { isMuted } from './muting.js';
import { adopt, believeSender, giveUpHole } from './sequence.js';
import { isOvertaken, listenedTo, noteInvited, noteOpening, noteSilence, noteWord, seekWhole } from './wholeness.js';
import type { Frame } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

export function settleAll(step: Step): void {
  for (const document of step.state.documents.values()) settle(step, document);
}

/** Looks at what is known of a document and begins the one exchange that helps most, if any does. */
export function settle(step: Step, document: DocumentState): void {
  const { catchUp } = document;
  if (catchUp !== undefined) {
    const asked = step.state.links.get(catchUp.peer);
    if (asked !== undefined && isMuted(asked, step.now)) return failCatchUp(step, document);
    if (!isOvertaken(step, document, catchUp)) return wakeBy(step.state, givenUpAt(step.state, document, catchUp));
    noteSilence(document, catchUp);
    document.catchUp = undefined;
  }
  if (!document.isWhole && seekWhole(step, document)) return;
  for (const peer of document.doubts.keys()) if (settleDoubt(step, document, peer) === 'asked') return;
}

function settleDoubt(step: Step, document: DocumentState, peer: PeerId): 'asked' | 'waiting' | 'ended' {
  const { state, now } = step;
  const found = document.doubts.get(peer);
  if (found === undefined) return 'ended';
  const dueAt = Math.max(found.dueAt, document.catchUpEndedAt + limits.CATCH_UP_PAUSE_MS);
  if (now < dueAt) {
    wakeBy(state, dueAt);
    return 'waiting';
  }
  if (!isFounded(document, peer, found)) {
    document.doubts.delete(peer);
    return 'ended';
  }
  // Whoever does not answer is not waited for any longer: what it has comes back by the usual way when it is heard.
  const isPatient = now < document.pendingSince + limits.PENDING_PATIENCE_MAX_MS;
  const source = isPatient ? sourceFor(step, document, peer, found) : undefined;
  if (source !== undefined) {
    ask(step, document, source.id, peer);
    return 'asked';
  }
  found.tried.clear();
  return hasNobody(step, document, peer, found);
}

/** Everyone who is there was asked: wait for somebody to come, or give up what can no longer be had. */
function hasNobody({ state, now, effects }: Step, document: DocumentState, peer: PeerId, found: Doubt): 'waiting' | 'ended' {
  const isAlone = state.links.size === 0;
  // Once is enough, whatever else is in doubt: the effect is carried out after this step.
  let isPending = document.replica.hasPending() && document.pendingSince !== Infinity;
  if (isPending && (isAlone || now >= document.pendingSince + limits.PENDING_PATIENCE_MS)) {
    isPending = false;
    setAside({ state, now, effects }, document);
    if (state.links.has(peer)) return 'waiting';
  }
  if (!state.links.has(peer) || found.hasClosed) {
    // The sender is gone, or has closed the document, and nobody who is left has it.
    if ((document.tails.get(peer) ?? 0) > (document.applied.get(peer) ?? 0)) giveUpHole({ state, now, effects }, document, peer);
    if (!isPending) {
      document.doubts.delete(peer);
      return 'ended';
    }
  }
  // Each round in vain doubles the patience with the next: many may be asking about the same one who is stopped.
  const dueAt = now + found.patienceMs;
  document.doubts.set(peer, { ...found, dueAt, patienceMs: Math.min(limits.CATCH_UP_SILENCE_MAX_MS, found.patienceMs * 2) });
  wakeBy(state, dueAt);
  return 'waiting';
}

/** Afterwards our numbers claim what was left out: they are forgotten, and learnt anew from whoever is there. */
function setAside(step: Step, document: DocumentState): void {
  document.pendingSince = Infinity;
  step.effects.push({ kind: 'set-aside', document: document.name });
  document.applied.clear();
  for (const peer of step.state.links.keys()) doubt(step, document, peer, { graceMs: 0, evidence: true });
}

function sourceFor(step: Step, document: DocumentState, peer: PeerId, { hint, tried, evidence }: Doubt): Link | undefined {
  const ranked = listenedTo(step);
  const preferred = [peer, hint].map((id) => ranked.find((link) => link.id === id));
  // Where no number and no struct is missing, it stands for what it has itself. While it is busy with a crowd, a round of all others would be in vain, and a crowd.
  const isItsOwn = evidence === true && !isMissing(document, peer);
  return [...preferred, ...(isItsOwn ? [] : ranked)].find((link) => link !== undefined && !tried.has(link.id));
}

export function onHave(step: Step, from: PeerId, have: FrameOf<'have'>): void {
  const document = step.state.documents.get(have.document);
  const catchUp = document?.catchUp;
  if (document === undefined || catchUp === undefined || catchUp.peer !== from || catchUp.request !== have.request) return;
  const taken = takeChunk(step, document, catchUp, have);
  if (taken === 'more') return;
  const whole = taken === 'whole' ? assemble(catchUp) : undefined;
  if (whole === undefined) {
    rejectBytes(step, from, 'an answer that cannot be put together');
    return failCatchUp(step, document);
  }
  step.effects.push({ kind: 'apply', document: document.name, updates: [whole.update], from, cause: whole.cause });
}

type CaughtUp = Extract<ApplyCause, { kind: 'catch-up' }>;

/** The difference is in the replica: its numbers become our baseline, and what was held behind it follows. */
export function completeCatchUp(step: Step, document: DocumentState, from: PeerId, { vector, stateVector, isComplete }: CaughtUp): void {
  const askedAt = document.catchUp?.askedAt ?? step.now;
  adopt(step, document, vector);
  // It has told its own last number, and all up to it has come.
  const own = vector.get(from);
  if (own !== undefined) believeSender(document, from, own);
  noteWord(step, document, from, { isComplete });
  document.catchUp = undefined;
  document.catchUpEndedAt = step.now;
  document.silenceMs = limits.CATCH_UP_SILENCE_MS;
  document.exchanged.add(from);
  reviewDoubts(document, from, askedAt);
  if (document.replica.isAhead(stateVector)) {
    const frame = { kind: 'invite', document: document.name, stateVector: document.replica.stateVector() } as const;
    step.effects.push({ kind: 'request', peer: from, frame });
  }
  settle(step, document);
}

/** After an answer: doubts that it settled go; for the others somebody else is tried next. */
function reviewDoubts(document: DocumentState, asked: PeerId, askedAt: number): void {
  const own = document.doubts.get(asked);
  // It has given all that it has. What it had before, it may have closed without anybody having it.
  if (own?.evidence !== undefined && own.raisedAt <= askedAt) document.doubts.set(asked, { ...own, evidence: undefined });
  for (const [peer, found] of document.doubts) {
    if (!isFounded(document, peer, found)) document.doubts.delete(peer);
    else if (found.raisedAt <= askedAt) found.tried.add(asked);
  }
}

export function onInvite(step: Step, from: PeerId, { document: name, stateVector }: FrameOf<'invite'>): void {
  const document = step.state.documents.get(name);
  if (document === undefined) return;
  noteInvited(step, document, from);
  const evidence = stateVector.length === 0 ? true : stateVector;
  if (evidence !== true && !document.replica.canRead(evidence)) return rejectBytes(step, from, 'a state vector that cannot be read');
  doubt(step, document, from, { graceMs: evidence === true ? 0 : limits.DOUBT_GRACE_MS, evidence });
  settle(step, document);
}

export function onRefusedCatchUp(step: Step, from: PeerId, { request, reason }: FrameOf<'refused'>): void {
  for (const document of step.state.documents.values()) {
    const { catchUp } = document;
    if (catchUp?.peer !== from || catchUp.request !== request) continue;
    const about = document.doubts.get(from);
    if (reason === 'unknown-document' && catchUp.about === from && about !== undefined) about.hasClosed = true;
    const isOpening = reason === 'not-yet' && catchUp.about === undefined && catchUp.term > 0;
    if (!isOpening) return failCatchUp(step, document);
    noteOpening(step, document, from);
    document.catchUp = undefined;
    document.catchUpEndedAt = step.now;
    return settle(step, document);
  }
}

/** Gives up questions whose answer has stopped coming; somebody else is asked. */
export function endSilentCatchUps(step: Step): void {
  for (const document of step.state.documents.values()) {
    const { catchUp } = document;
    if (catchUp === undefined || step.now < givenUpAt(step.state, document, catchUp)) continue;
    if (resume(step, document, catchUp)) continue;
    document.silenceMs = Math.min(limits.CATCH_UP_SILENCE_MAX_MS, document.silenceMs * 2);
    failCatchUp(step, document);
  }
}

export function abandonCatchUpWith(step: Step, peer: PeerId): void {
  for (const document of step.state.documents.values()) {
    document.exchanged.delete(peer);
    if (document.catchUp?.peer === peer) failCatchUp(step, document);
    // Ids are never used again: kept, they would gather for as long as anything is in doubt.
    document.tried.delete(peer);
    for (const { tried } of document.doubts.values()) tried.delete(peer);
  }
}

/** The question came to nothing: somebody else is asked. */
export function failCatchUp(step: Step, document: DocumentState): void {
  const { catchUp } = document;
  if (catchUp?.about !== undefined) document.doubts.get(catchUp.about)?.tried.add(catchUp.peer);
  else if (catchUp !== undefined) noteSilence(document, catchUp);
  document.catchUp = undefined;
  document.catchUpEndedAt = step.now;
  settle(step, document);
}
