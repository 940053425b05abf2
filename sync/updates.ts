/** Updates as they happen: ours get numbers and go out, others' come in by number. */

import type { PeerId } from '../src/base/ids.js';
import { settle } from './catch-up.js';
import { doubt, noteTail } from './doubt.js';
import { wakeBy } from './engine-state.js';
import type { DocumentState } from './document-state.js';
import type { Step } from './engine-state.js';
import { DOUBT_GRACE_MS, TAIL_DELAY_MS, UPDATES_IN_FRAME_MAX } from './limits.js';
import { reportSoon } from './reporting.js';
import { accept, believeSender } from './sequence.js';
import type { Frame } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

export function recordLocal({ state, effects }: Step, name: string, update: Uint8Array | undefined): void {
  const document = state.documents.get(name);
  if (document === undefined) return;
  document.outboxBytes += update?.length ?? Infinity;
  // What is more than may gather is left to catch-up: the replica has it.
  if (update === undefined || document.outboxBytes > state.limits.outboxBytesMax) document.outbox = [];
  else document.outbox.push(update);
  state.unnumbered.add(document);
  if (state.isDrainAsked) return;
  state.isDrainAsked = true;
  effects.push({ kind: 'drain-soon' });
}

/** Gives a number to what has gathered, and publishes it: a list, never a merge. */
export function drain(step: Step): void {
  const { state } = step;
  state.isDrainAsked = false;
  for (const document of state.unnumbered) drainDocument(step, document);
  state.unnumbered.clear();
}

function drainDocument(step: Step, document: DocumentState): void {
  const { outbox: updates, outboxBytes } = document;
  document.outbox = [];
  document.outboxBytes = 0;
  document.changedAt = step.now;
  reportSoon(step, document);
  const { frameUpdatesBytesMax, outboxBytesMax } = step.state.limits;
  if (outboxBytes > outboxBytesMax) publish(step, document, undefined);
  else publishAll(step, document, updates, frameUpdatesBytesMax);
  document.tailDueAt = step.now + TAIL_DELAY_MS;
  wakeBy(step.state, document.tailDueAt);
}

function publishAll(step: Step, document: DocumentState, updates: readonly Uint8Array[], frameUpdatesBytesMax: number): void {
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  for (const update of updates) {
    if (batch.length > 0 && (batchBytes + update.length > frameUpdatesBytesMax || batch.length === UPDATES_IN_FRAME_MAX)) {
      publish(step, document, batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push(update);
    batchBytes += update.length;
  }
  publish(step, document, batch);
}

/** `undefined`: a number without content. */
function publish({ state, effects }: Step, document: DocumentState, updates: readonly Uint8Array[] | undefined): void {
  const seq = ++document.ownSeq;
  // Nobody is linked: whoever comes learns the number at READY, and the content by catch-up.
  if (state.links.size === 0) return;
  // Too big to be broadcast to all at once: the number is used up, and each peer fetches the hole in chunks.
  const isTooBig = updates?.length === 1 && (updates[0]?.length ?? 0) > state.limits.updateBytesMax;
  const frame =
    updates === undefined || isTooBig ? tailOf(document) : ({ kind: 'updates', document: document.name, seq, updates } as const);
  effects.push({ kind: 'publish', key: document.key, frame });
}

/** Nothing more is said of it: what has no number yet gets one, and the last number is repeated now or never. */
export function sayLast(step: Step, document: DocumentState): void {
  const { state, effects } = step;
  if (state.unnumbered.delete(document)) drainDocument(step, document);
  if (document.tailDueAt === Infinity || state.links.size === 0) return;
  effects.push({ kind: 'publish', key: document.key, frame: tailOf(document) });
}

export function repeatTails({ state, now, effects }: Step): void {
  for (const document of state.documents.values()) {
    if (document.tailDueAt > now) {
      wakeBy(state, document.tailDueAt);
      continue;
    }
    document.tailDueAt = Infinity;
    if (state.links.size === 0) continue;
    effects.push({ kind: 'publish', key: document.key, frame: tailOf(document) });
  }
}

function tailOf({ name, ownSeq, replica }: DocumentState): FrameOf<'tail'> {
  return { kind: 'tail', document: name, seq: ownSeq, clientId: replica.clientId() };
}

export function onUpdates(step: Step, sender: PeerId, frame: FrameOf<'updates'>): void {
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

export function onTail(step: Step, sender: PeerId, { document: name, seq, clientId }: FrameOf<'tail'>): void {
  const document = step.state.documents.get(name);
  if (document === undefined) return;
  // Two replicas under one id would diverge for ever, with equal state vectors: each that hears of it takes another.
  if (clientId === document.replica.clientId()) step.effects.push({ kind: 'renew-client-id', document: name, peer: sender });
  if (believeSender(document, sender, seq)) doubt(step, document, sender, { graceMs: DOUBT_GRACE_MS, evidence: true });
  noteTail(step, document, { sender, seq, graceMs: 0 });
  settle(step, document);
}
