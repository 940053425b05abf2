/**
 * `flush()`: the writer of the day is asked, and answers when its store durably holds our numbers, and with them all
 * that it had applied before. A new writer is asked again; nothing but an answer for these numbers resolves a flush.
 *
 * Where there is none, whoever says that it takes over is asked ahead. It keeps the question if it has applied what it is asked for,
 * so that its first record covers that, and answers as the writer, before it tells all others that it is the writer.
 */

import type { PeerId } from '../src/base/ids.js';
import { askCarrying } from './carrying.js';
import { settle } from './catch-up.js';
import type { WriterRef } from './engine-io.js';
import { noteTail } from './doubt.js';
import { wakeBy } from './engine-state.js';
import type { EngineState, Link, Step } from './engine-state.js';
import type { LocalFlush, WaitingFlush } from './flush-state.js';
import { isKeptForOthers, noteAsker } from './holding.js';
import { DOCUMENTS_IN_FRAME_MAX, FLUSHES_WAITING_MAX, FLUSH_GRACE_MS, FLUSH_RETRY_MS } from './limits.js';
import { canAnyoneWrite } from './membership.js';
import { whyNobodyWrites } from './trouble.js';
import { drain } from './updates.js';
import type { Frame, Vector } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

export function beginFlush(step: Step, id: number): void {
  const { state, effects } = step;
  const begun = effects.length;
  drain(step);
  const targets = new Map<string, number>();
  for (const document of state.documents.values()) {
    const { name, ownSeq, baseSeq, stored } = document;
    // Of what the writer has said before, it need not be asked again.
    if (document.isStored && ownSeq > baseSeq && ownSeq > (stored.get(state.self) ?? 0)) targets.set(name, ownSeq);
  }
  state.flushes.set(id, { id, targets, asked: new Map(), request: -1, askedAt: -Infinity, ahead: undefined });
  askCarrying(step, begun, () => reviewFlushes(step));
}

/** Resolves, asks or fails what waits, as the writer of the day allows. */
export function reviewFlushes(step: Step): void {
  const { state, now, effects } = step;
  for (const flush of state.flushes.values()) {
    if (state.writer === undefined) {
      const code = whyNobodyWrites(state) ?? (state.hasRoster && !canAnyoneWrite(state) ? 'SOCOMM_NO_WRITER' : undefined);
      if (code === undefined) {
        askAhead(step, flush);
        continue;
      }
      state.flushes.delete(flush.id);
      effects.push({ kind: 'flush-failed', flush: flush.id, code });
    } else if (state.writer.id === state.self) {
      if (isStored(step, state.self, flush.targets)) finish(step, flush, state.writer.term);
      else effects.push({ kind: 'flush-awaited' });
    } else {
      endAhead(step, flush, state.writer);
      if (!state.flushes.has(flush.id)) continue;
      if (now >= flush.askedAt + FLUSH_RETRY_MS) {
        flush.askedAt = now;
        ask(step, flush, state.writer.id);
      }
      wakeBy(state, flush.askedAt + FLUSH_RETRY_MS);
    }
  }
}

function ask({ state, effects }: Step, flush: LocalFlush, peer: PeerId): void {
  flush.request = ++state.requestCount;
  flush.asked = unconfirmed(state, flush);
  effects.push({ kind: 'request', peer, frame: { kind: 'flush', request: flush.request, targets: flush.asked } });
}

/** Once each: what is lost on the way is asked for again when there is a writer. */
function askAhead(step: Step, flush: LocalFlush): void {
  let next: Link | undefined;
  for (const link of step.state.links.values()) {
    if (link.takingOverSince !== Infinity && !(next !== undefined && next.takingOverSince > link.takingOverSince)) next = link;
  }
  if (flush.ahead?.peer === next?.id) return;
  flush.ahead = next && { peer: next.id, term: undefined };
  if (next !== undefined) ask(step, flush, next.id);
}

/** There is a writer: what it was asked ahead is answered, or on its way, or has to be asked again. */
function endAhead(step: Step, flush: LocalFlush, writer: WriterRef): void {
  const { ahead } = flush;
  if (ahead?.peer === writer.id && ahead.term === undefined) {
    if (flush.askedAt === -Infinity) flush.askedAt = step.now;
    return;
  }
  flush.ahead = undefined;
  if (ahead?.peer === writer.id && ahead.term === writer.term) confirm(step, flush, writer.term);
}

/** The connection is gone, and with it what was on its way. */
export function forgetAhead({ state }: Step, peer: PeerId): void {
  for (const flush of state.flushes.values()) if (flush.ahead?.peer === peer) flush.ahead = undefined;
}

/** As many of the targets as fit into one frame. */
function unconfirmed({ self, documents }: EngineState, { targets }: LocalFlush): Map<string, number> {
  const left = new Map<string, number>();
  for (const [name, seq] of targets) {
    if ((documents.get(name)?.stored.get(self) ?? 0) < seq) left.set(name, seq);
    if (left.size === DOCUMENTS_IN_FRAME_MAX) break;
  }
  return left;
}

function finish({ state, effects }: Step, flush: LocalFlush, term: number): void {
  state.flushes.delete(flush.id);
  effects.push({ kind: 'flushed', flush: flush.id, term });
}

function isStored({ state }: Step, peer: PeerId, targets: ReadonlyMap<string, number>): boolean {
  for (const [name, seq] of targets) {
    if ((state.documents.get(name)?.stored.get(peer) ?? 0) < seq) return false;
  }
  return true;
}

/** By our own word only: of what somebody says who claims our office, nothing is in our store. */
function isStoredHere({ state }: Step, peer: PeerId, targets: ReadonlyMap<string, number>): boolean {
  for (const [name, seq] of targets) {
    if ((state.documents.get(name)?.storedHere.get(peer) ?? 0) < seq) return false;
  }
  return true;
}

export function answerFlush(step: Step, peer: PeerId, { request, targets }: FrameOf<'flush'>): void {
  const { state, effects } = step;
  if (state.status.term === 0) {
    if (state.status.isTakingOver && hasApplied(state, peer, targets))
      return keepWaiting(state, { peer, request, targets: new Map(targets) });
    effects.push({ kind: 'respond', peer, frame: { kind: 'refused', request, reason: 'not-writer' } });
    return;
  }
  // A request may overtake what was published: a short grace before its numbers are missed.
  const link = state.links.get(peer);
  for (const [name, seq] of targets) {
    const document = state.documents.get(name);
    // It waits until the document is open here, or no longer there.
    if (document === undefined && link !== undefined && isKeptForOthers(name)) noteAsker(step, link, name);
    if (document === undefined) continue;
    noteTail(step, document, { sender: peer, seq, graceMs: FLUSH_GRACE_MS });
    settle(step, document);
  }
  const waiting: WaitingFlush = { peer, request, targets: new Map(targets) };
  keepWaiting(state, waiting);
  if (!answerIfStored(step, waiting)) effects.push({ kind: 'flush-awaited' });
}

/** An answer that was dropped is asked for again by its peer, so the oldest may go. */
function keepWaiting({ flushesWaiting }: EngineState, waiting: WaitingFlush): void {
  flushesWaiting.add(waiting);
  const ofPeer = [...flushesWaiting].filter(({ peer }) => peer === waiting.peer);
  if (ofPeer.length > FLUSHES_WAITING_MAX && ofPeer[0] !== undefined) flushesWaiting.delete(ofPeer[0]);
}

/** What we write first covers it. */
function hasApplied({ documents }: EngineState, peer: PeerId, targets: ReadonlyMap<string, number>): boolean {
  for (const [name, seq] of targets) if ((documents.get(name)?.applied.get(peer) ?? 0) < seq) return false;
  return true;
}

/** As the writer: somebody, perhaps we ourselves, waits for our store. */
export function isFlushAwaited({ flushes, flushesWaiting }: Readonly<EngineState>): boolean {
  return flushes.size + flushesWaiting.size > 0;
}

function answerIfStored(step: Step, waiting: WaitingFlush): boolean {
  const { state, effects } = step;
  const { peer, request, targets } = waiting;
  if (state.status.term === 0 || !isStoredHere(step, peer, targets)) return false;
  state.flushesWaiting.delete(waiting);
  effects.push({ kind: 'respond', peer, frame: { kind: 'flushed', request, term: state.status.term } });
  return true;
}

/** We write no longer: who waits for us asks whoever comes after. */
export function refuseFlushes({ state, effects }: Step): void {
  const reason = state.status.trouble === '' ? 'not-writer' : 'store-failed';
  for (const { peer, request } of state.flushesWaiting)
    effects.push({ kind: 'respond', peer, frame: { kind: 'refused', request, reason } });
  state.flushesWaiting.clear();
}

/** What the first record of our term made durable: who asked ahead has his answer. */
export function noteFirstStored(step: Step, stored: ReadonlyMap<string, Vector>): void {
  const { documents, flushesWaiting } = step.state;
  for (const [name, vector] of stored) {
    const document = documents.get(name);
    if (document !== undefined) document.storedHere = vector;
  }
  for (const waiting of flushesWaiting) answerIfStored(step, waiting);
}

/** Our store holds more than before: whoever waited for it hears so. */
export function onStored(step: Step, name: string, vector: Vector): void {
  const document = step.state.documents.get(name);
  if (document === undefined) return;
  const { state } = step;
  document.storedHere = vector;
  if (state.writer?.id === state.self) document.stored = new Map(vector);
  for (const waiting of state.flushesWaiting) answerIfStored(step, waiting);
  reviewFlushes(step);
}

export function onFlushed(step: Step, from: PeerId, { request, term }: FrameOf<'flushed'>): void {
  const { state } = step;
  for (const flush of state.flushes.values()) {
    if (flush.request !== request || flush.ahead?.peer !== from) continue;
    flush.ahead.term = term;
    // Who was asked ahead of its term has the lock: nobody can have a higher one than it gives itself. That it is the writer is on its way.
    if (state.writer === undefined && term > state.termHeard) confirm(step, flush, term);
  }
  // Only the word of the writer that was asked, under the term in which it was asked; or above all that we have heard of: it has taken the office once
  // more, and the news of that was lost.
  if (state.writer?.id !== from || (state.writer.term !== term && term <= state.termHeard)) return;
  for (const flush of state.flushes.values()) if (flush.request === request) confirm(step, flush, term);
  reviewFlushes(step);
}

function confirm(step: Step, flush: LocalFlush, term: number): void {
  const { state } = step;
  for (const [name, seq] of flush.asked) {
    const stored = state.documents.get(name)?.stored;
    stored?.set(state.self, Math.max(seq, stored.get(state.self) ?? 0));
  }
  if (isStored(step, state.self, flush.targets)) finish(step, flush, term);
  else flush.askedAt = -Infinity; // the next part
}

/** We have closed it: nobody waits for what we wrote there. */
export function dropTarget(step: Step, document: string): void {
  for (const flush of step.state.flushes.values()) if (flush.targets.delete(document)) flush.askedAt = -Infinity;
  reviewFlushes(step);
}

/** A peer has closed documents, and waits no longer for what it wrote there. */
export function dropTargetsOf(step: Step, peer: PeerId, documents: readonly string[]): void {
  for (const waiting of step.state.flushesWaiting) {
    if (waiting.peer !== peer) continue;
    for (const name of documents) waiting.targets.delete(name);
    answerIfStored(step, waiting);
  }
}

/** Who refuses is no longer the writer: its status, or the next retry, will say who is. */
export function onRefusedFlush(step: Step, from: PeerId, { request }: FrameOf<'refused'>): void {
  const { state, now } = step;
  for (const flush of state.flushes.values()) {
    if (flush.request !== request) continue;
    if (flush.ahead?.peer === from) {
      flush.ahead.term = 0;
      // Its refusal may come behind the word that makes it the writer: that one was not asked yet.
      flush.askedAt = -Infinity;
    } else wakeBy(state, Math.max(now, flush.askedAt + FLUSH_RETRY_MS));
  }
  reviewFlushes(step);
}
