/**
 * How replicas agree, as a deterministic machine: inputs in, effects out, no clock, no socket, no Yjs.
 * The state belongs to the engine and is changed in place (docs/decisions/0002); the same inputs give the same effects.
 * Frames are in docs/PROTOCOL.md, limits in limits.ts.
 *
 *   a link                          a document
 *
 *   roster, hello ─► refused           opened ────────── catch-up with a complete peer ──┐
 *      │        (no version in common)   │             or loaded from the store          ▼
 *      ▼                                 │                                            synced
 *   connected ─ READY ─► ready           │   frame n+1: apply          ┌─────────────────┤
 *      │                 │   ▲           ▼   frame ≤ n: drop           ▼                 │
 *      │         rubbish ▼   │ 30 s     live ─ frame > n+1: hold ──► in doubt ─ due ─► catch-up
 *      │                muted            ▲   pulse differs             │                 │
 *      └──── lost ◄──────┘               └──── doubt was unfounded ────┴── answer, vector ┘
 *
 * Handlers record what was learnt; `settle` (catch-up.ts) alone looks at the record and decides whom to ask.
 */

import { unreachable } from '../src/base/errors.js';
import type { PeerId } from '../src/base/ids.js';
import { answerWaiting, expireAnswers, onMore, onWant } from './answering.js';
import { completeCatchUp, endSilentCatchUps, failCatchUp, onHave, onInvite, onRefusedCatchUp, settleAll } from './catch-up.js';
import { doubt } from './doubt.js';
import type { Effect, Input } from './engine-io.js';
import { ownTails } from './engine-state.js';
import type { EngineState, Step } from './engine-state.js';
import { answerFlush, beginFlush, dropTargetsOf, onFlushed, onRefusedFlush, onStored, reviewFlushes } from './flushing.js';
import { onHolding, onRecount, onReleased } from './holding.js';
import { GROUP_KEY } from './keys.js';
import { DOUBT_GRACE_MS, LATE_MS, STAND_IN_MS } from './limits.js';
import {
  beginMaintenance,
  expireErrands,
  onCarriedOut,
  onMaintained,
  onRefusedMaintenance,
  reviewMaintenance,
  takeErrand,
} from './maintaining.js';
import {
  forgetDeparted,
  meetRoster,
  onGoodbye,
  onHello,
  onLost,
  onRefusedLink,
  onWelcome,
  setInstances,
  setRole,
  setTrouble,
} from './meeting.js';
import { noteStatus } from './membership.js';
import { endMuting, isMuted, noteRubbish } from './muting.js';
import { closeDocument, markLoaded, openDocument } from './opening.js';
import { askAgain, onEcho, onPulse, pulseWhenDue, watchWriter } from './pulse.js';
import { answerReady, lookForAskers, onReady, retryReady } from './readiness.js';
import { onReport, reportSoon, reportWhenDue } from './reporting.js';
import { excuseSilence, noteHeard, onSilent, reviewSilence } from './silence.js';
import { drain, onTail, onUpdates, recordLocal, repeatTails } from './updates.js';
import type { Frame } from './wire/frame.js';

/** Takes one input and returns what is to be done, in order. */
export function takeStep(state: EngineState, input: Input, now: number): readonly Effect[] {
  const current: Step = { state, now, effects: [] };
  state.now = now;
  handle(current, input);
  return current.effects;
}

function handle(step: Step, input: Input): void {
  const { state } = step;
  switch (input.kind) {
    case 'roster':
      meetRoster(step, input.entries);
      return settleAll(step);
    case 'received':
      return receive(step, input.sender, input.frame, input.key);
    case 'undecodable':
      return noteRubbish(step, input.sender, input.detail);
    case 'subscribed':
      return answerReady(step, input.key);
    case 'lost':
      // It may live, and be met anew: until the roster has been read again, no link does not mean nobody there.
      state.hasRoster = false;
      return onLost(step, input.peer);
    case 'document-opened':
      return openDocument(step, input);
    case 'document-closed':
      return closeDocument(step, input.document);
    case 'document-loaded':
      return markLoaded(step, input.document);
    case 'local':
      return recordLocal(step, input.document, input.update);
    case 'drain':
      return drain(step);
    case 'applied':
      return onApplied(step, input);
    case 'rejected':
      return onRejected(step, input);
    case 'role':
      setRole(step, input);
      return reviewFlushes(step);
    case 'trouble':
      return setTrouble(step, input.trouble);
    case 'stored':
      return onStored(step, input.document, input.vector);
    case 'instances':
      return setInstances(step, input.instances);
    case 'flush':
      return beginFlush(step, input.flush);
    case 'flush-cancelled':
      state.flushes.delete(input.flush);
      return;
    case 'maintain':
      return beginMaintenance(step, input.maintenance, input.task);
    case 'maintain-cancelled':
      state.maintenance.delete(input.maintenance);
      return;
    case 'maintained':
      return onCarriedOut(step, input);
    case 'tick':
      return tick(step);
    case 'leave':
      return leave(step);
    default:
      unreachable(input);
  }
}

function receive(step: Step, sender: PeerId, frame: Frame, key: string | undefined): void {
  if (sender === step.state.self) return;
  const link = step.state.links.get(sender);
  // Who is there is agreed upon by hello; what strangers, or peers that have gone, say otherwise is not believed.
  if (link === undefined && frame.kind !== 'hello') return;
  if (link !== undefined) noteHeard(step, link);
  if (link !== undefined && isMuted(link, step.now)) {
    step.state.counters.unheard++;
    return;
  }
  switch (frame.kind) {
    case 'updates':
      return onUpdates(step, sender, frame);
    case 'tail':
      return onTail(step, sender, frame);
    case 'ready':
      return onReady(step, sender, frame, key);
    case 'status':
      noteStatus(step, sender, frame.status);
      // What waits for a new writer asks it now: a timer takes a millisecond and more.
      reviewFlushes(step);
      return settleAll(step);
    case 'pulse':
      return onPulse(step, sender, frame);
    case 'silent':
      return onSilent(step, sender, frame.peers);
    case 'goodbye':
      return onGoodbye(step, sender, frame.tails);
    case 'hello':
      return onHello(step, sender, frame);
    case 'welcome':
      return onWelcome(step, sender, frame);
    case 'want':
      return onWant(step, sender, frame);
    case 'more':
      return onMore(step, sender, frame);
    case 'invite':
      return onInvite(step, sender, frame);
    case 'echo':
      return onEcho(step, sender, frame);
    case 'holding':
      return onHolding(step, sender, frame);
    case 'released':
      onReleased(step, sender, frame);
      return dropTargetsOf(step, sender, frame.documents);
    case 'recount':
      return onRecount(step, sender);
    case 'report':
      return onReport(step, sender, frame);
    case 'flush':
      return answerFlush(step, sender, frame);
    case 'maintain':
      return takeErrand(step, sender, frame);
    case 'maintained':
      return onMaintained(step, sender, frame);
    case 'have':
      return onHave(step, sender, frame);
    case 'flushed':
      return onFlushed(step, sender, frame);
    case 'refused':
      if (frame.reason === 'version' || frame.reason === 'crowded') return onRefusedLink(step, sender, frame.reason);
      onRefusedCatchUp(step, sender, frame);
      onRefusedMaintenance(step, frame);
      return onRefusedFlush(step, sender, frame);
    default:
      unreachable(frame);
  }
}

type Applied = Extract<Input, { kind: 'applied' }>;

function onApplied(step: Step, { document: name, from, cause }: Applied): void {
  const document = step.state.documents.get(name);
  if (document === undefined) return;
  document.changedAt = step.now;
  reportSoon(step, document);
  // It builds on what has not come: its sender had that, and may be asked if it does not come by itself.
  if (!document.replica.hasPending()) document.pendingSince = Infinity;
  else if (document.pendingSince === Infinity) document.pendingSince = step.now;
  // An answer that did not help is no new reason to ask: it would begin again for ever.
  const isNews = cause.kind === 'frame' || document.doubts.size === 0;
  if (isNews && document.replica.hasPending()) doubt(step, document, from, { graceMs: DOUBT_GRACE_MS });
  if (cause.kind === 'catch-up') completeCatchUp(step, document, from, cause);
}

type Rejected = Extract<Input, { kind: 'rejected' }>;

function onRejected(step: Step, { document: name, from, cause, detail, isBeyondLimit }: Rejected): void {
  const document = step.state.documents.get(name);
  if (document === undefined) return;
  step.state.counters.rejected++;
  step.effects.push({ kind: 'warn', code: 'update-rejected', message: `an update of ${from} for ${name} was not applied: ${detail}` });
  if (!isBeyondLimit) noteRubbish(step, from, detail);
  doubt(step, document, from, { graceMs: DOUBT_GRACE_MS, evidence: true });
  if (cause.kind === 'catch-up') return failCatchUp(step, document);
  // It was counted before it was tried: the number must not claim it.
  document.applied.set(from, Math.min(document.applied.get(from) ?? 0, cause.seq - 1));
}

function tick(step: Step): void {
  const { state, now } = step;
  // Our own lateness (a suspended laptop, a blocked loop) is nobody else's silence.
  const lateMs = now - state.wakeAt;
  // What came meanwhile lies in the sockets, and is read after this: what was due at the moment that we missed is not due in this one.
  if (lateMs > LATE_MS && Number.isFinite(lateMs)) excuse(step, lateMs + STAND_IN_MS);
  state.wakeAt = Infinity;
  forgetDeparted(step);
  retryReady(step);
  lookForAskers(step);
  endSilentCatchUps(step);
  endMuting(step);
  answerWaiting(step);
  expireAnswers(step);
  repeatTails(step);
  pulseWhenDue(step);
  askAgain(step);
  reportWhenDue(step);
  watchWriter(step);
  reviewSilence(step);
  reviewFlushes(step);
  reviewMaintenance(step);
  expireErrands(step);
  settleAll(step);
}

/** Never into the future: what was heard since we are back is as fresh as it says. */
function excuse(step: Step, lateMs: number): void {
  const { state, now } = step;
  excuseSilence(step, lateMs);
  if (state.writerHeardAt > 0) state.writerHeardAt = Math.min(now, state.writerHeardAt + lateMs);
  for (const link of state.links.values())
    if (now > link.takingOverSince) link.takingOverSince = Math.min(now, link.takingOverSince + lateMs);
  for (const { catchUp } of state.documents.values()) {
    if (catchUp !== undefined) catchUp.progressAt = Math.min(now, catchUp.progressAt + lateMs);
  }
}

function leave(step: Step): void {
  drain(step);
  step.state.isLeaving = true;
  step.effects.push({ kind: 'publish', key: GROUP_KEY, frame: { kind: 'goodbye', tails: ownTails(step.state) } });
}
