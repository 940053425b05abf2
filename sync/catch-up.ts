/**
 * Catch-up: whoever may lack something asks with its state vector and gets the difference, in chunks, and with it
 * the answerer's numbers of the same tick. `settle` is the one place that decides whether and whom to ask:
 * one question at a time for each document, so that a newcomer to a group of forty fetches one copy.
 */

import type { PeerId } from '../src/base/ids.js';
import { doubt, isFounded } from './doubt.js';
import type { ApplyCause } from './engine-io.js';
import { vectorOf, wakeBy } from './engine-state.js';
import type { Answer, DocumentState, Link, Step } from './engine-state.js';
import * as limits from './limits.js';
import { canAnyoneWrite, markSynced, rankedLinks } from './membership.js';
import { adopt, skipHole } from './sequence.js';
import type { Frame } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

export function settleAll(step: Step): void {
  for (const document of step.state.documents.values()) settle(step, document);
}

/** Looks at what is known of a document and begins the one exchange that helps most, if any does. */
export function settle(step: Step, document: DocumentState): void {
  if (document.catchUp !== undefined) return wakeBy(step.state, document.catchUp.progressAt + limits.CATCH_UP_SILENCE_MS);
  if (!document.isSynced && settleUnsynced(step, document)) return;
  for (const peer of document.doubts.keys()) if (settleDoubt(step, document, peer) === 'asked') return;
  if (document.doubts.size === 0 && document.isSynced) document.tried.clear();
}

/** Where this replica is not yet the whole: ask one complete peer; where nobody may write, ask everyone. */
function settleUnsynced(step: Step, document: DocumentState): boolean {
  const { state, now } = step;
  const everyoneCounts = !canAnyoneWrite(state);
  const sources = rankedLinks(state).filter((link) => link.status?.isComplete === true || everyoneCounts);
  const next = sources.find((link) => !document.tried.has(link.id) && !(everyoneCounts && document.exchanged.has(link.id)));
  if (next !== undefined) {
    begin(step, document, next.id);
    return true;
  }
  const allSpoke = [...state.links.values()].every((link) => document.exchanged.has(link.id));
  if (everyoneCounts && state.hasRoster && allSpoke) markSynced(step, document);
  else if (sources.length > 0) {
    // All were silent or incomplete when asked: begin again, but not in the same breath.
    const againAt = document.catchUpEndedAt + limits.CATCH_UP_SILENCE_MS;
    if (now < againAt) wakeBy(state, againAt);
    else {
      document.tried.clear();
      document.exchanged.clear();
      wakeBy(state, now);
    }
  }
  return false;
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
  const source = sourceFor(step, document, peer, found.hint);
  if (source !== undefined) {
    begin(step, document, source.id);
    return 'asked';
  }
  document.tried.clear();
  if (state.links.has(peer)) {
    document.doubts.set(peer, { ...found, dueAt: now + limits.CATCH_UP_SILENCE_MS });
    wakeBy(state, now + limits.CATCH_UP_SILENCE_MS);
    return 'waiting';
  }
  // The sender is gone, and nobody who is left has it.
  document.doubts.delete(peer);
  if ((document.tails.get(peer) ?? 0) > (document.applied.get(peer) ?? 0)) skipHole(step, document, peer);
  return 'ended';
}

function sourceFor({ state }: Step, document: DocumentState, peer: PeerId, hint: PeerId | undefined): Link | undefined {
  const preferred = [state.links.get(peer), hint === undefined ? undefined : state.links.get(hint)];
  return [...preferred, ...rankedLinks(state)].find((link) => link?.status !== undefined && !document.tried.has(link.id));
}

function begin({ state, now, effects }: Step, document: DocumentState, peer: PeerId): void {
  const request = ++state.requestCount;
  document.catchUp = { peer, request, chunks: [], head: undefined, progressAt: now };
  state.counters.catchUps++;
  const stateVector = document.replica.stateVector();
  effects.push({ kind: 'request', peer, frame: { kind: 'want', document: document.name, request, stateVector } });
  wakeBy(state, now + limits.CATCH_UP_SILENCE_MS);
}

/** Answers at once with the first chunks; the vector is taken in the same tick as the difference. */
export function answerWant(step: Step, from: PeerId, { document: name, request, stateVector }: FrameOf<'want'>): void {
  const { state, now, effects } = step;
  const document = state.documents.get(name);
  if (document === undefined) {
    effects.push({ kind: 'respond', peer: from, frame: { kind: 'refused', request, reason: 'unknown-document' } });
    return;
  }
  const answer: Answer = {
    request,
    bytes: document.replica.difference(stateVector),
    vector: vectorOf(state, document),
    stateVector: document.replica.stateVector(),
    isComplete: document.isSynced,
    touchedAt: now,
  };
  for (let index = 0; index < Math.min(limits.CHUNKS_IN_FLIGHT_MAX, chunkCount(answer)); index++) sendChunk(step, from, name, answer, index);
  keepAnswer(step, `${from}/${name}`, answer);
  // They know of something that we lack: frames of it may be on their way, so look again a little later.
  if (document.replica.isBehind(stateVector)) doubt(step, document, from, { graceMs: limits.DOUBT_GRACE_MS, evidence: stateVector });
}

function chunkCount({ bytes }: Answer): number {
  return Math.max(1, Math.ceil(bytes.length / limits.CHUNK_BYTES));
}

function sendChunk({ effects }: Step, to: PeerId, document: string, answer: Answer, index: number): void {
  const { request, isComplete } = answer;
  const bytes = answer.bytes.subarray(index * limits.CHUNK_BYTES, (index + 1) * limits.CHUNK_BYTES);
  // The vectors travel once, with the first chunk.
  const { vector, stateVector } = index === 0 ? answer : { vector: new Map<PeerId, number>(), stateVector: new Uint8Array() };
  const frame = { kind: 'have', document, request, index, count: chunkCount(answer), bytes, vector, stateVector, isComplete } as const;
  effects.push({ kind: 'respond', peer: to, frame });
}

function keepAnswer({ state, now }: Step, key: string, answer: Answer): void {
  state.answers.delete(key);
  for (const [other, { touchedAt }] of state.answers) {
    if (now - touchedAt > limits.ANSWER_EXPIRY_MS || state.answers.size >= limits.ANSWERS_MAX) state.answers.delete(other);
  }
  if (chunkCount(answer) > limits.CHUNKS_IN_FLIGHT_MAX) state.answers.set(key, answer);
}

export function answerMore(step: Step, from: PeerId, { document, request, index }: FrameOf<'more'>): void {
  const answer = step.state.answers.get(`${from}/${document}`);
  if (answer?.request !== request || index >= chunkCount(answer)) {
    step.effects.push({ kind: 'respond', peer: from, frame: { kind: 'refused', request, reason: 'expired' } });
    return;
  }
  answer.touchedAt = step.now;
  sendChunk(step, from, document, answer, index);
  if (index === chunkCount(answer) - 1) step.state.answers.delete(`${from}/${document}`);
}

export function onHave(step: Step, from: PeerId, have: FrameOf<'have'>): void {
  const { state, now, effects } = step;
  const document = state.documents.get(have.document);
  const catchUp = document?.catchUp;
  if (document === undefined || catchUp === undefined || catchUp.peer !== from || catchUp.request !== have.request) return;
  if (have.index !== catchUp.chunks.length) return; // one was lost on the way: the silence that follows ends this question
  catchUp.chunks.push(have.bytes);
  catchUp.head ??= { vector: have.vector, stateVector: have.stateVector };
  catchUp.progressAt = now;
  state.counters.catchUpBytes += have.bytes.length;
  const next = have.index + limits.CHUNKS_IN_FLIGHT_MAX;
  if (next < have.count) effects.push({ kind: 'request', peer: from, frame: { kind: 'more', document: document.name, request: have.request, index: next } });
  if (catchUp.chunks.length < have.count) return;

  const updates = [catchUp.chunks.length === 1 ? have.bytes : Buffer.concat(catchUp.chunks)];
  const cause = { kind: 'catch-up', ...catchUp.head, isComplete: have.isComplete } as const;
  effects.push({ kind: 'apply', document: document.name, updates, from, cause });
}

type CaughtUp = Extract<ApplyCause, { kind: 'catch-up' }>;

/** The difference is in the replica: its numbers become our baseline, and what was held behind it follows. */
export function completeCatchUp(step: Step, document: DocumentState, from: PeerId, { vector, stateVector, isComplete }: CaughtUp): void {
  adopt(step, document, vector);
  document.catchUp = undefined;
  document.catchUpEndedAt = step.now;
  document.exchanged.add(from);
  if (isComplete) markSynced(step, document);
  reviewDoubts(document, from);
  if (document.replica.isAhead(stateVector)) {
    const frame = { kind: 'invite', document: document.name, stateVector: document.replica.stateVector() } as const;
    step.effects.push({ kind: 'request', peer: from, frame });
  }
  settle(step, document);
}

/** After an answer: doubts that it settled go; for the others somebody else is tried next. */
function reviewDoubts(document: DocumentState, asked: PeerId): void {
  const own = document.doubts.get(asked);
  if (own?.evidence === true) document.doubts.set(asked, { ...own, evidence: undefined });
  for (const [peer, found] of document.doubts) if (!isFounded(document, peer, found)) document.doubts.delete(peer);
  if (document.doubts.size === 0 && document.isSynced) document.tried.clear();
  else document.tried.add(asked);
}

export function onInvite(step: Step, from: PeerId, { document: name, stateVector }: FrameOf<'invite'>): void {
  const document = step.state.documents.get(name);
  if (document === undefined) return;
  const evidence = stateVector.length === 0 ? true : stateVector;
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
    if (catchUp !== undefined && step.now - catchUp.progressAt >= limits.CATCH_UP_SILENCE_MS) failCatchUp(step, document);
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
  if (document.catchUp !== undefined) document.tried.add(document.catchUp.peer);
  document.catchUp = undefined;
  document.catchUpEndedAt = step.now;
  settle(step, document);
}
