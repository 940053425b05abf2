/** The other half of catch-up: giving others what they lack, in chunks that they fetch at their own pace. */

import type { PeerId } from '../src/base/ids.js';
import { doubt } from './doubt.js';
import type { DocumentState } from './document-state.js';
import { vectorOf, wakeBy } from './engine-state.js';
import type { Answer, Link, Step, WantPace } from './engine-state.js';
import { rejectBytes } from './fetching.js';
import { isKeptForOthers, noteAsker } from './holding.js';
import {
  ANSWER_EXPIRY_MS,
  CHUNKS_IN_FLIGHT_MAX,
  CHUNKS_MAX,
  DOUBT_GRACE_MS,
  HELD_DOCUMENTS_MAX,
  WANTS_BURST_MAX,
  WANT_INTERVAL_MS,
} from './limits.js';
import type { Frame, Vector } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

/** Answers at once, or where the asker asks too often, later. */
export function onWant(step: Step, from: PeerId, want: FrameOf<'want'>): void {
  const { state } = step;
  const link = state.links.get(from);
  const document = state.documents.get(want.document);
  if (link === undefined) return;
  if (document === undefined)
    return refuse(step, from, want.request, isToBeOpened(step, link, want.document) ? 'not-yet' : 'unknown-document');
  if (!document.replica.canRead(want.stateVector)) return rejectBytes(step, from, 'a state vector that cannot be read');
  const pace = paceOf(step, link, document);
  pace.waiting = want;
  if (pace.left < 1) {
    state.counters.slowed++;
    return wakeBy(state, pace.filledAt + WANT_INTERVAL_MS);
  }
  answer(step, from, document, pace);
}

/** As the writer we open what others have open, and they are told when we have read it. */
function isToBeOpened(step: Step, link: Link, document: string): boolean {
  if (step.state.status.term === 0 || !isKeptForOthers(document)) return false;
  noteAsker(step, link, document);
  noteEarly(link, document);
  return true;
}

function noteEarly({ held: { askedEarly } }: Link, document: string): void {
  if (askedEarly.size < HELD_DOCUMENTS_MAX) askedEarly.add(document);
}

/** Questions that had to wait, as far as they are due. */
export function answerWaiting(step: Step): void {
  for (const link of step.state.links.values()) {
    for (const name of link.wants.keys()) {
      const document = step.state.documents.get(name);
      if (document === undefined) continue;
      const pace = paceOf(step, link, document);
      if (pace.waiting === undefined) continue;
      if (pace.left >= 1) answer(step, link.id, document, pace);
      else wakeBy(step.state, pace.filledAt + WANT_INTERVAL_MS);
    }
  }
}

/** The bucket as it is by now. */
function paceOf({ now }: Step, link: Link, { name }: DocumentState): WantPace {
  let pace = link.wants.get(name);
  if (pace === undefined) {
    pace = { left: WANTS_BURST_MAX, filledAt: now, waiting: undefined };
    link.wants.set(name, pace);
  }
  // Counted in whole steps from one moment: the sum that is waited for is the sum that is found due.
  while (pace.left < WANTS_BURST_MAX && now >= pace.filledAt + WANT_INTERVAL_MS) {
    pace.left++;
    pace.filledAt += WANT_INTERVAL_MS;
  }
  if (pace.left === WANTS_BURST_MAX) pace.filledAt = now;
  return pace;
}

/** The first chunks of what the asker lacks; the vector is taken in the same tick as the difference. */
function answer(step: Step, from: PeerId, document: DocumentState, pace: WantPace): void {
  const { waiting: want } = pace;
  if (want === undefined) return;
  pace.left--;
  pace.waiting = undefined;
  const { state, now } = step;
  const { replica, name, changedAt } = document;
  const taken = {
    asked: want.stateVector,
    changedAt,
    // What is pending has been counted, and is not in the difference: then the answer claims no number.
    vector: replica.hasPending() ? new Map<PeerId, number>() : vectorOf(state, document).set(state.self, document.ownSeq),
    stateVector: replica.stateVector(),
  };
  const given: Answer = {
    ...taken,
    request: want.request,
    bytes: earlierBytes(step, document, taken) ?? replica.difference(want.stateVector),
    isComplete: document.isWhole && now >= document.vouchesFrom,
    touchedAt: now,
  };
  const link = state.links.get(from);
  if (link !== undefined && document.vouchesFrom === Infinity) noteEarly(link, name);
  const count = chunkCount(step, given);
  if (count > CHUNKS_MAX) {
    step.effects.push({ kind: 'warn', code: 'answer-too-large', message: `what peer ${from} lacks of ${name} is over the limit` });
    return refuse(step, from, want.request, 'expired');
  }
  for (let index = 0; index < Math.min(CHUNKS_IN_FLIGHT_MAX, count); index++) sendChunk(step, from, name, given, index);
  keep(step, `${from}/${name}`, given);
  // They know of something that we lack: frames of it may be on their way, so look again a little later.
  if (replica.isBehind(want.stateVector)) doubt(step, document, from, { graceMs: DOUBT_GRACE_MS, evidence: want.stateVector });
}

/**
 * What was encoded for somebody who lacked the same, if nothing has changed since: where forty come at once, the whole is encoded once, and kept once.
 * A deletion of our own that has no number yet shows in no vector: while anything waits to be sent, all is encoded anew.
 */
function earlierBytes(
  { state }: Step,
  document: DocumentState,
  taken: Omit<Answer, 'request' | 'bytes' | 'isComplete' | 'touchedAt'>,
): Uint8Array | undefined {
  if (document.outboxBytes > 0 || document.replica.hasPending()) return undefined;
  for (const [key, kept] of state.answers) {
    if (!key.endsWith(`/${document.name}`) || kept.changedAt !== taken.changedAt) continue;
    if (isEqual(kept.asked, taken.asked) && isEqual(kept.stateVector, taken.stateVector) && isSameVector(kept.vector, taken.vector))
      return kept.bytes;
  }
  return undefined;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function isSameVector(a: Vector, b: Vector): boolean {
  return a.size === b.size && [...a].every(([peer, seq]) => b.get(peer) === seq);
}

function refuse({ effects }: Step, peer: PeerId, request: number, reason: FrameOf<'refused'>['reason']): void {
  effects.push({ kind: 'respond', peer, frame: { kind: 'refused', request, reason } });
}

function chunkCount({ state }: Step, { bytes }: Answer): number {
  return Math.max(1, Math.ceil(bytes.length / state.limits.chunkBytes));
}

function sendChunk(step: Step, to: PeerId, document: string, given: Answer, index: number): void {
  const { request, isComplete } = given;
  const { chunkBytes } = step.state.limits;
  const bytes = given.bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes);
  // The vectors travel once, with the first chunk.
  const { vector, stateVector } = index === 0 ? given : { vector: new Map<PeerId, number>(), stateVector: new Uint8Array() };
  const count = chunkCount(step, given);
  const frame = { kind: 'have', document, request, index, count, bytes, vector, stateVector, isComplete } as const;
  step.effects.push({ kind: 'respond', peer: to, frame });
}

/** Answers in chunks stay until the asker has them all: one may be lost on the way. */
function keep(step: Step, key: string, given: Answer): void {
  const { state, now } = step;
  const { answers, limits } = state;
  answers.delete(key);
  if (chunkCount(step, given) === 1) return;
  // Those that were left alone longest go first: the map is kept in the order of use.
  for (const oldest of answers.keys()) {
    if (answers.size < limits.answersMax && keptBytes([...answers.values(), given]) <= limits.answersBytesMax) break;
    answers.delete(oldest);
  }
  answers.set(key, given);
  wakeBy(state, now + ANSWER_EXPIRY_MS);
}

/** What several share counts once. */
export function keptBytes(answers: Iterable<Answer>): number {
  let sum = 0;
  for (const bytes of new Set(Array.from(answers, (kept) => kept.bytes))) sum += bytes.length;
  return sum;
}

/** Answers that nobody fetches any more. */
export function expireAnswers({ state, now }: Step): void {
  for (const [key, { touchedAt }] of state.answers) {
    const endsAt = touchedAt + ANSWER_EXPIRY_MS;
    if (now >= endsAt) state.answers.delete(key);
    else wakeBy(state, endsAt);
  }
}

export function onMore(step: Step, from: PeerId, { document, request, index }: FrameOf<'more'>): void {
  const { answers } = step.state;
  const key = `${from}/${document}`;
  const given = answers.get(key);
  if (given?.request !== request) return refuse(step, from, request, 'expired');
  answers.delete(key);
  if (index >= chunkCount(step, given)) {
    // They have it all. The next newcomer may lack the same: of each document the last whole answer waits for it.
    answers.set(`/${document}`, given);
    return;
  }
  given.touchedAt = step.now;
  answers.set(key, given);
  sendChunk(step, from, document, given, index);
}
