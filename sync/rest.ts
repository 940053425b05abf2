/**
 * Rest: a crowd in which nothing happens is not woken each second. A few watch, those with the lowest ids. They are pulsed each second, as
 * everybody is elsewhere; the others each other second, and are told so.
 *
 *   to all            P ─────────────── P ─────────────── P      watchers a, b; everybody else again within 2 s
 *   to a and to b     │ ────── p ────── │ ────── p ────── │      by itself, without documents
 *
 * Who watches misses a pulse as soon as ever, and stands in (silence.ts): then all are pulsed, and are told for how long nothing was
 * heard; from there they count. Nobody is called silent who was not asked. Where anything has happened lately nobody rests.
 */

import type { PeerId } from '../src/base/ids.js';
import type { DocumentState } from './document-state.js';
import { wakeBy } from './engine-state.js';
import type { EngineState, Link, Step } from './engine-state.js';
import { ANSWER_MS, PULSE_INTERVAL_MS, PULSE_RECENT_MS, PULSE_REST_MAX_MS, PULSE_REST_MS } from './limits.js';
import type { PulseFrame, Vector } from './wire/frame.js';

/** What of a pulse is about the next ones. */
export type Promised = Pick<PulseFrame, 'watchers' | 'restMs'>;

/** Whether we, whose turn it is, have seen nothing for a while for which somebody would have to be compared soon. */
export function isAtRest({ state, now }: Step): boolean {
  const { self, links, limits, pulser, silent, documents } = state;
  if (pulser !== self || links.size <= 2 * limits.watchersMax || silent.size > 0) return false;
  const isRecent = (at: number): boolean => now - at < PULSE_RECENT_MS;
  if (isRecent(state.pace.stirredAt)) return false;
  for (const { isReady, isMet, status, statusAt, openedAt } of links.values())
    if (!isReady || !isMet || status?.isComplete !== true || isRecent(statusAt) || isRecent(openedAt)) return false;
  for (const document of documents.values()) if (isRecent(document.changedAt) || !isSettled(document)) return false;
  return true;
}

/** It was named since it changed, and nobody has reason to believe that anything is missing here. */
function isSettled({ isSynced, changedAt, pulsedAt, doubts, catchUp, pendingSince }: DocumentState): boolean {
  return isSynced && changedAt <= pulsedAt && doubts.size === 0 && catchUp === undefined && pendingSince === Infinity;
}

/** It is not yet time to pulse to all, at rest. Beats come a little late, never early. */
export function isBetween({ state, now }: Step): boolean {
  return now < state.pace.pulsedAllAt + PULSE_REST_MS - PULSE_INTERVAL_MS / 2;
}

export function watchersOf({ links, limits }: EngineState): PeerId[] {
  return [...links.keys()].sort().slice(0, limits.watchersMax);
}

/** `undefined`: nobody rests. */
export function promise(watchers: readonly PeerId[] | undefined): Promised {
  return watchers === undefined ? { watchers: [], restMs: PULSE_INTERVAL_MS } : { watchers, restMs: PULSE_REST_MS };
}

/** Who rests is asked once in two seconds, and has one to answer: so it is known within three that it does not, as elsewhere. */
export function patienceMs(link: Link, { watchers, restMs }: Promised): number {
  return restMs === PULSE_INTERVAL_MS || watchers.includes(link.id) ? ANSWER_MS : PULSE_INTERVAL_MS;
}

/** Of whose turn it should be, or of the writer, nothing is heard: who rests does not know that yet. */
export function whoIsMissed({ state, now }: Step): Vector {
  const missed = new Map<PeerId, number>();
  for (const id of [state.pulser, state.writer?.id]) {
    const link = id === undefined ? undefined : state.links.get(id);
    const ms = link === undefined ? 0 : Math.floor(now - Math.max(link.heardAt, link.restsUntil));
    if (link !== undefined && ms >= PULSE_INTERVAL_MS) missed.set(link.id, ms);
  }
  return missed;
}

/** What a pulse says of the next one, and of who does not pulse any more. */
export function notePromise({ state, now }: Step, sender: Link, { watchers, restMs, missed }: PulseFrame): void {
  const isResting = restMs > PULSE_INTERVAL_MS && !watchers.includes(state.self);
  const nextMs = isResting ? Math.min(restMs, PULSE_REST_MAX_MS) : PULSE_INTERVAL_MS;
  state.pace.nextAt = now + nextMs;
  // As elsewhere one pulse may be lost, and nobody is missed for it.
  sender.restsUntil = now + 2 * (nextMs - PULSE_INTERVAL_MS);
  for (const [id, ms] of missed) {
    const link = state.links.get(id);
    if (link === undefined || link === sender || link.restsUntil <= now - ms) continue;
    // Never earlier than our own ears say: all that is taken back is patience.
    link.restsUntil = now - ms;
    wakeBy(state, now);
  }
}
