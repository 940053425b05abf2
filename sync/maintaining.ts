/**
 * Maintenance: the writer of the day is asked to carry something out. Unlike a flush it may not be asked of a second one when the
 * first has gone: nobody knows how far that came. The same number again is the same task, so a lost question costs a second.
 */

import type { PeerId } from '../src/base/ids.js';
import { wakeBy } from './engine-state.js';
import type { Errand, LocalMaintenance, Step } from './engine-state.js';
import {
  ANSWER_EXPIRY_MS,
  MAINTENANCE_KEPT_MAX,
  MAINTENANCE_RETRY_MS,
  MAINTENANCE_TEXT_BYTES_MAX,
  MAINTENANCE_WORKING_MAX,
} from './limits.js';
import type { MaintenanceOutcome, MaintenanceTask } from './maintenance.js';
import { canAnyoneWrite } from './membership.js';
import { whyNobodyWrites } from './trouble.js';
import type { Frame } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

export function beginMaintenance(step: Step, id: number, task: MaintenanceTask): void {
  step.state.maintenance.set(id, { id, task, askedOf: undefined, request: -1, askedAt: -Infinity });
  reviewMaintenance(step);
}

/** Asks, asks again or gives up what waits, as the writer of the day allows. */
export function reviewMaintenance(step: Step): void {
  for (const waiting of step.state.maintenance.values()) review(step, waiting);
}

function review(step: Step, waiting: LocalMaintenance): void {
  const { state, now, effects } = step;
  const { writer } = state;
  const { askedOf, task } = waiting;
  if (askedOf !== undefined && (askedOf.id !== writer?.id || askedOf.term !== writer.term)) return end(step, waiting, writerGone(task));
  if (writer === undefined) {
    const code = whyNobodyWrites(state) ?? (state.hasRoster && !canAnyoneWrite(state) ? 'SOCOMM_NO_WRITER' : undefined);
    if (code !== undefined)
      end(step, waiting, { ok: false, code, message: `nobody in this group can write, so '${task.action}' was not begun` });
    return;
  }
  if (askedOf === undefined) {
    waiting.askedOf = writer;
    waiting.request = ++state.requestCount;
    if (writer.id === state.self) return void effects.push({ kind: 'maintain', peer: state.self, request: waiting.request, task });
  } else if (writer.id === state.self) {
    return;
  }
  const dueAt = waiting.askedAt + MAINTENANCE_RETRY_MS;
  if (now < dueAt) return wakeBy(state, dueAt);
  waiting.askedAt = now;
  effects.push({ kind: 'request', peer: writer.id, frame: { kind: 'maintain', request: waiting.request, task } });
  wakeBy(state, now + MAINTENANCE_RETRY_MS);
}

function writerGone({ action }: MaintenanceTask): MaintenanceOutcome {
  const message = `the writer went while it was asked for '${action}': nobody knows how far it came; look, and ask again`;
  return { ok: false, code: 'SOCOMM_NO_WRITER', message };
}

function end({ state, effects }: Step, { id }: LocalMaintenance, outcome: MaintenanceOutcome): void {
  state.maintenance.delete(id);
  effects.push({ kind: 'maintenance-ended', maintenance: id, outcome });
}

/** Somebody asks us. */
export function takeErrand(step: Step, peer: PeerId, { request, task }: FrameOf<'maintain'>): void {
  const { state, effects } = step;
  const key = keyOf(peer, request);
  const known = state.errands.get(key);
  if (known !== undefined) {
    if (known.outcome !== undefined) respond(step, known, known.outcome);
    return;
  }
  if (state.status.term === 0) {
    effects.push({ kind: 'respond', peer, frame: { kind: 'refused', request, reason: 'not-writer' } });
    return;
  }
  // Without an answer it is asked again, when there may be room.
  if (errandsOf(step, peer).filter(({ outcome }) => outcome === undefined).length >= MAINTENANCE_WORKING_MAX) return;
  state.errands.set(key, { peer, request, outcome: undefined, endedAt: Infinity });
  effects.push({ kind: 'maintain', peer, request, task });
}

type Maintained = { readonly peer: PeerId; readonly request: number; readonly outcome: MaintenanceOutcome };

/** It was carried out here, or failed. */
export function onCarriedOut(step: Step, { peer, request, outcome }: Maintained): void {
  const { state, now } = step;
  if (peer === state.self) return onMaintained(step, peer, { kind: 'maintained', request, outcome });
  const errand = state.errands.get(keyOf(peer, request));
  if (errand === undefined) return; // its asker has gone
  errand.outcome = cutOff(outcome);
  errand.endedAt = now;
  wakeBy(state, now + ANSWER_EXPIRY_MS);
  respond(step, errand, errand.outcome);
  const kept = errandsOf(step, peer).filter((other) => other.outcome !== undefined);
  if (kept.length > MAINTENANCE_KEPT_MAX && kept[0] !== undefined) state.errands.delete(keyOf(peer, kept[0].request));
}

/** Nobody asks again for an outcome that was given so long ago. */
export function expireErrands({ state, now }: Step): void {
  for (const [key, { endedAt }] of state.errands) {
    if (now >= endedAt + ANSWER_EXPIRY_MS) state.errands.delete(key);
    else if (endedAt !== Infinity) wakeBy(state, endedAt + ANSWER_EXPIRY_MS);
  }
}

/** Whoever has gone is told nothing any more; what is under way for it is brought to its end. */
export function forgetErrandsOf(step: Step, peer: PeerId): void {
  for (const { request } of errandsOf(step, peer)) step.state.errands.delete(keyOf(peer, request));
}

export function onMaintained(step: Step, from: PeerId, { request, outcome }: FrameOf<'maintained'>): void {
  for (const waiting of step.state.maintenance.values())
    if (waiting.request === request && waiting.askedOf?.id === from) end(step, waiting, outcome);
}

/** It was not begun: whoever writes is asked anew, a moment later. */
export function onRefusedMaintenance({ state }: Step, { request }: FrameOf<'refused'>): void {
  for (const waiting of state.maintenance.values()) {
    if (waiting.request !== request) continue;
    waiting.askedOf = undefined;
    waiting.request = -1;
    wakeBy(state, waiting.askedAt + MAINTENANCE_RETRY_MS);
  }
}

function respond({ effects }: Step, { peer, request }: Errand, outcome: MaintenanceOutcome): void {
  effects.push({ kind: 'respond', peer, frame: { kind: 'maintained', request, outcome } });
}

function errandsOf({ state }: Step, peer: PeerId): Errand[] {
  return [...state.errands.values()].filter((errand) => errand.peer === peer);
}

function keyOf(peer: PeerId, request: number): string {
  return `${peer}/${request}`;
}

function cutOff(outcome: MaintenanceOutcome): MaintenanceOutcome {
  if (outcome.ok) return { ok: true, report: cutOffText(outcome.report) };
  return { ...outcome, message: cutOffText(outcome.message) };
}

/** Whole characters only. */
function cutOffText(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAINTENANCE_TEXT_BYTES_MAX) return text;
  return new TextDecoder().decode(bytes.subarray(0, MAINTENANCE_TEXT_BYTES_MAX), { stream: true });
}
