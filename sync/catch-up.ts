/**
 * Catch-up: whoever may lack something asks with its state vector and gets the difference, in chunks, and with it
 * the answerer's numbers of the same tick. `settle` is the one place that decides whether and whom to ask:
 * one question at a time for each document, so that a newcomer to a group of forty fetches one copy.
 */

import type { PeerId } from '../src/base/ids.js';
import { rejectBytes } from './answering.js';
import { doubt, isFounded } from './doubt.js';
import type { ApplyCause } from './engine-io.js';
import { wakeBy } from './engine-state.js';
import type { DocumentState, Doubt, Link, Step } from './engine-state.js';
import * as limits from './limits.js';
import { canAnyoneWrite, markSynced, markWhole, rankedLinks } from './membership.js';
import { adopt, giveUpHole } from './sequence.js';
import type { Frame } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

export function settleAll(step: Step): void {
  for (const document of step.state.documents.values()) settle(step, document);
}

/** Looks at what is known of a document and begins the one exchange that helps most, if any does. */
export function settle(step: Step, document: DocumentState): void {
  if (document.catchUp !== undefined) return wakeBy(step.state, document.catchUp.progressAt + document.silenceMs);
  if (!document.isWhole && settleUnvouched(step, document)) return;
  for (const peer of document.doubts.keys()) if (settleDoubt(step, document, peer) === 'asked') return;
}

/** Where this replica is not yet the whole: ask one complete peer; where nobody may write, ask everyone. */
function settleUnvouched(step: Step, document: DocumentState): boolean {
  const { state, now } = step;
  const everyoneCounts = !canAnyoneWrite(state);
  const sources = rankedLinks(state).filter((link) => link.status?.isComplete === true || everyoneCounts);
  const next = sources.find((link) => !document.tried.has(link.id) && !(everyoneCounts && document.exchanged.has(link.id)));
  if (next !== undefined) {
    begin(step, document, next.id, undefined);
    return true;
  }
  if (everyoneCounts && state.hasRoster) {
    if ([...state.links.values()].every((link) => hasSpoken(step, document, link))) markSynced(step, document);
  } else if (sources.length > 0) {
    // All were silent or incomplete when asked: begin again, but not in the same breath.
    const againAt = document.catchUpEndedAt + limits.CATCH_UP_SILENCE_MS;
    if (now >= againAt) document.tried.clear();
    wakeBy(state, Math.max(now, againAt));
  }
  return false;
}

/** Has exchanged with us, was asked in vain, or has not said a word for so long that it counts as stopped. */
function hasSpoken({ state, now }: Step, document: DocumentState, link: Link): boolean {
  if (document.exchanged.has(link.id) || document.tried.has(link.id)) return true;
  if (link.status !== undefined) return false;
  const patienceEndsAt = link.openedAt + limits.STALL_MS;
  if (now < patienceEndsAt) wakeBy(state, patienceEndsAt);
  return now >= patienceEndsAt;
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
  const source = sourceFor(step, peer, found);
  if (source !== undefined) {
    begin(step, document, source.id, peer);
    return 'asked';
  }
  found.tried.clear();
  return hasNobody(step, document, peer, found);
}

/** Everyone who is there was asked: wait for somebody to come, or give up what can no longer be had. */
function hasNobody({ state, now, effects }: Step, document: DocumentState, peer: PeerId, found: Doubt): 'waiting' | 'ended' {
  const isAlone = state.links.size === 0;
  let isPending = document.replica.hasPending();
  if (isPending && (isAlone || now >= document.pendingSince + limits.PENDING_PATIENCE_MS)) {
    isPending = false;
    setAside({ state, now, effects }, document);
  }
  if (!state.links.has(peer)) {
    // The sender is gone, and nobody who is left has it.
    if ((document.tails.get(peer) ?? 0) > (document.applied.get(peer) ?? 0)) giveUpHole({ state, now, effects }, document, peer);
    if (!isPending) {
      document.doubts.delete(peer);
      return 'ended';
    }
  }
  const dueAt = now + limits.CATCH_UP_SILENCE_MS;
  document.doubts.set(peer, { ...found, dueAt });
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

function sourceFor({ state }: Step, peer: PeerId, { hint, tried }: Doubt): Link | undefined {
  const preferred = [state.links.get(peer), hint === undefined ? undefined : state.links.get(hint)];
  return [...preferred, ...rankedLinks(state)].find((link) => link?.status !== undefined && !tried.has(link.id));
}

function begin({ state, now, effects }: Step, document: DocumentState, peer: PeerId, about: PeerId | undefined): void {
  const request = ++state.requestCount;
  document.catchUp = { peer, request, about, askedAt: now, chunks: [], head: undefined, progressAt: now };
  state.counters.catchUps++;
  const stateVector = document.replica.stateVector();
  effects.push({ kind: 'request', peer, frame: { kind: 'want', document: document.name, request, stateVector } });
  wakeBy(state, now + document.silenceMs);
}

export function onHave(step: Step, from: PeerId, have: FrameOf<'have'>): void {
  const { state, now, effects } = step;
  const document = state.documents.get(have.document);
  const catchUp = document?.catchUp;
  if (document === undefined || catchUp === undefined || catchUp.peer !== from || catchUp.request !== have.request) return;
  if (have.index !== catchUp.chunks.length) return; // one was lost on the way: the silence that follows ends this question
  if (have.index === 0 && !document.replica.canRead(have.stateVector)) {
    rejectBytes(step, from, 'a state vector');
    return failCatchUp(step, document);
  }
  catchUp.chunks.push(have.bytes);
  catchUp.head ??= { vector: have.vector, stateVector: have.stateVector };
  catchUp.progressAt = now;
  state.counters.catchUpBytes += have.bytes.length;
  const next = have.index + limits.CHUNKS_IN_FLIGHT_MAX;
  if (next < have.count)
    effects.push({ kind: 'request', peer: from, frame: { kind: 'more', document: document.name, request: have.request, index: next } });
  if (catchUp.chunks.length < have.count) return;

  const updates = [catchUp.chunks.length === 1 ? have.bytes : Buffer.concat(catchUp.chunks)];
  const cause = { kind: 'catch-up', ...catchUp.head, isComplete: have.isComplete } as const;
  effects.push({ kind: 'apply', document: document.name, updates, from, cause });
}

type CaughtUp = Extract<ApplyCause, { kind: 'catch-up' }>;

/** The difference is in the replica: its numbers become our baseline, and what was held behind it follows. */
export function completeCatchUp(step: Step, document: DocumentState, from: PeerId, { vector, stateVector, isComplete }: CaughtUp): void {
  const askedAt = document.catchUp?.askedAt ?? step.now;
  adopt(step, document, vector);
  document.catchUp = undefined;
  document.catchUpEndedAt = step.now;
  document.silenceMs = limits.CATCH_UP_SILENCE_MS;
  document.exchanged.add(from);
  if (isComplete) markWhole(step, document);
  else document.tried.add(from);
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
  if (own?.evidence === true && own.raisedAt <= askedAt) document.doubts.set(asked, { ...own, evidence: undefined });
  for (const [peer, found] of document.doubts) {
    if (!isFounded(document, peer, found)) document.doubts.delete(peer);
    else if (found.raisedAt <= askedAt) found.tried.add(asked);
  }
}

export function onInvite(step: Step, from: PeerId, { document: name, stateVector }: FrameOf<'invite'>): void {
  const document = step.state.documents.get(name);
  if (document === undefined) return;
  const evidence = stateVector.length === 0 ? true : stateVector;
  if (evidence !== true && !document.replica.canRead(evidence)) return rejectBytes(step, from, 'a state vector');
  doubt(step, document, from, { graceMs: evidence === true ? 0 : limits.DOUBT_GRACE_MS, evidence });
  settle(step, document);
}

export function onRefusedCatchUp(step: Step, from: PeerId, { request }: FrameOf<'refused'>): void {
  for (const document of step.state.documents.values()) {
    if (document.catchUp?.peer === from && document.catchUp.request === request) failCatchUp(step, document);
  }
}

/** Gives up questions whose answer has stopped coming; somebody else is asked. */
export function endSilentCatchUps(step: Step): void {
  for (const document of step.state.documents.values()) {
    const { catchUp } = document;
    if (catchUp === undefined || step.now < catchUp.progressAt + document.silenceMs) continue;
    document.silenceMs = Math.min(limits.CATCH_UP_SILENCE_MAX_MS, document.silenceMs * 2);
    failCatchUp(step, document);
  }
}

export function abandonCatchUpWith(step: Step, peer: PeerId): void {
  for (const document of step.state.documents.values()) {
    document.exchanged.delete(peer);
    if (document.catchUp?.peer === peer) failCatchUp(step, document);
  }
}

/** The question came to nothing: somebody else is asked. */
export function failCatchUp(step: Step, document: DocumentState): void {
  const { catchUp } = document;
  if (catchUp?.about === undefined) {
    if (catchUp !== undefined) document.tried.add(catchUp.peer);
  } else {
    document.doubts.get(catchUp.about)?.tried.add(catchUp.peer);
  }
  document.catchUp = undefined;
  document.catchUpEndedAt = step.now;
  settle(step, document);
}
