/** The other half of catch-up: giving others what they lack, in chunks that they fetch at their own pace. */

import type { PeerId } from '../src/base/ids.js';
import { doubt } from './doubt.js';
import { vectorOf, wakeBy } from './engine-state.js';
import type { Answer, Step } from './engine-state.js';
import * as limits from './limits.js';
import type { Frame } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

/** Answers at once with the first chunks; the vector is taken in the same tick as the difference. */
export function answerWant(step: Step, from: PeerId, { document: name, request, stateVector }: FrameOf<'want'>): void {
  const { state, now, effects } = step;
  const document = state.documents.get(name);
  if (document === undefined) {
    effects.push({ kind: 'respond', peer: from, frame: { kind: 'refused', request, reason: 'unknown-document' } });
    return;
  }
  if (!document.replica.canRead(stateVector)) return rejectBytes(step, from, 'a state vector');
  const answer: Answer = {
    request,
    bytes: document.replica.difference(stateVector),
    // What is pending has been counted, and is not in the difference: then the answer claims no number.
    vector: document.replica.hasPending() ? new Map() : vectorOf(state, document),
    stateVector: document.replica.stateVector(),
    isComplete: document.isWhole,
    touchedAt: now,
  };
  for (let index = 0; index < Math.min(limits.CHUNKS_IN_FLIGHT_MAX, chunkCount(answer)); index++)
    sendChunk(step, from, name, answer, index);
  keepAnswer(step, `${from}/${name}`, answer);
  // They know of something that we lack: frames of it may be on their way, so look again a little later.
  if (document.replica.isBehind(stateVector)) doubt(step, document, from, { graceMs: limits.DOUBT_GRACE_MS, evidence: stateVector });
}

export function rejectBytes({ state, effects }: Step, from: PeerId, what: string): void {
  state.counters.rejected++;
  effects.push({ kind: 'warn', code: 'frame-rejected', message: `${from} sent ${what} that cannot be read` });
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
  if (chunkCount(answer) <= limits.CHUNKS_IN_FLIGHT_MAX) return;
  // The one that was left alone longest goes first: the map is kept in the order of use.
  const [oldest] = state.answers.keys();
  if (oldest !== undefined && state.answers.size >= limits.ANSWERS_MAX) state.answers.delete(oldest);
  state.answers.set(key, answer);
  wakeBy(state, now + limits.ANSWER_EXPIRY_MS);
}

/** Answers that nobody fetches any more. */
export function expireAnswers({ state, now }: Step): void {
  for (const [key, { touchedAt }] of state.answers) {
    const endsAt = touchedAt + limits.ANSWER_EXPIRY_MS;
    if (now >= endsAt) state.answers.delete(key);
    else wakeBy(state, endsAt);
  }
}

export function answerMore(step: Step, from: PeerId, { document, request, index }: FrameOf<'more'>): void {
  const key = `${from}/${document}`;
  const answer = step.state.answers.get(key);
  if (answer?.request !== request || index >= chunkCount(answer)) {
    step.effects.push({ kind: 'respond', peer: from, frame: { kind: 'refused', request, reason: 'expired' } });
    return;
  }
  answer.touchedAt = step.now;
  step.state.answers.delete(key);
  sendChunk(step, from, document, answer, index);
  if (index < chunkCount(answer) - 1) step.state.answers.set(key, answer);
}
