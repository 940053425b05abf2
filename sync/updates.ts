/** Updates as they happen: ours get numbers and go out, others' come in by number. */

import type { PeerId } from '../src/base/ids.js';
import { settle } from './catch-up.js';
import { doubt, noteTail } from './doubt.js';
import { wakeBy } from './engine-state.js';
import type { DocumentState, Step } from './engine-state.js';
import { DOUBT_GRACE_MS, FRAME_UPDATES_BYTES_MAX, TAIL_DELAY_MS, UPDATE_BYTES_MAX, UPDATES_IN_FRAME_MAX } from './limits.js';
import { accept } from './sequence.js';
import type { Frame } from './wire/frame.js';

export function recordLocal({ state, effects }: Step, name: string, update: Uint8Array): void {
  const document = state.documents.get(name);
  if (document === undefined) return;
  document.outbox.push(update);
  if (state.isDrainAsked) return;
  state.isDrainAsked = true;
  effects.push({ kind: 'drain-soon' });
}

/** Gives a number to what has gathered, and publishes it: a list, never a merge. */
export function drain(step: Step): void {
  step.state.isDrainAsked = false;
  for (const document of step.state.documents.values()) {
    if (document.outbox.length > 0) drainDocument(step, document);
  }
}

function drainDocument(step: Step, document: DocumentState): void {
  const updates = document.outbox;
  document.outbox = [];
  document.changedAt = step.now;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  for (const update of updates) {
    if (batch.length > 0 && (batchBytes + update.length > FRAME_UPDATES_BYTES_MAX || batch.length === UPDATES_IN_FRAME_MAX)) {
      publish(step, document, batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push(update);
    batchBytes += update.length;
  }
  publish(step, document, batch);
  document.tailDueAt = step.now + TAIL_DELAY_MS;
  wakeBy(step.state, document.tailDueAt);
}

function publish({ state, effects }: Step, document: DocumentState, updates: readonly Uint8Array[]): void {
  const seq = ++document.ownSeq;
  // Nobody is linked: whoever comes learns the number at READY, and the content by catch-up.
  if (state.links.size === 0) return;
  // Too big to be broadcast to all at once: the number is used up, and each peer fetches the hole in chunks.
  const isTooBig = updates.length === 1 && (updates[0]?.length ?? 0) > UPDATE_BYTES_MAX;
  const head = { document: document.name, seq };
  effects.push({ kind: 'publish', key: document.key, frame: isTooBig ? { kind: 'tail', ...head } : { kind: 'updates', ...head, updates } });
}

export function repeatTails({ state, now, effects }: Step): void {
  for (const document of state.documents.values()) {
    if (document.tailDueAt > now) {
      wakeBy(state, document.tailDueAt);
      continue;
    }
    document.tailDueAt = Infinity;
    if (state.links.size === 0) continue;
    effects.push({ kind: 'publish', key: document.key, frame: { kind: 'tail', document: document.name, seq: document.ownSeq } });
  }
}

export function onUpdates(step: Step, sender: PeerId, frame: Extract<Frame, { kind: 'updates' }>): void {
  const { state } = step;
  const document = state.documents.get(frame.document);
  if (document === undefined) return;
  if (frame.seq > (document.tails.get(sender) ?? 0)) document.tails.set(sender, frame.seq);
  if (accept(step, document, sender, frame.seq, frame.updates) !== 'held') return;
  state.counters.gaps++;
  // Before READY a hole is what we missed by coming late, and the joining exchange is about to fill it.
  doubt(step, document, sender, { graceMs: state.links.get(sender)?.isReady === true ? 0 : DOUBT_GRACE_MS });
  settle(step, document);
}

export function onTail(step: Step, sender: PeerId, name: string, seq: number): void {
  const document = step.state.documents.get(name);
  if (document === undefined) return;
  noteTail(step, document, { sender, seq, graceMs: 0 });
  settle(step, document);
}
