/**
 * Muting: who keeps sending what fails a check is not listened to for a while. What it had to say besides is not lost:
 * afterwards its numbers show what is missing, and it is asked. Here it is only recorded; `settle` (catch-up.ts) decides.
 */

import type { PeerId } from '../src/base/ids.js';
import { doubt } from './doubt.js';
import { wakeBy } from './engine-state.js';
import type { Link, Step } from './engine-state.js';
import { MUTED_MS, RUBBISH_MAX, RUBBISH_WINDOW_MS } from './limits.js';

/** Counts against its sender what failed a check. */
export function noteRubbish({ state, now, effects }: Step, sender: PeerId, what: string): void {
  const link = state.links.get(sender);
  if (link === undefined || isMuted(link, now)) return;
  if (now >= link.rubbish.since + RUBBISH_WINDOW_MS) link.rubbish = { count: 0, since: now };
  if (++link.rubbish.count < RUBBISH_MAX) return;
  link.mutedUntil = now + MUTED_MS;
  link.rubbish = { count: 0, since: now };
  wakeBy(state, link.mutedUntil);
  const message = `peer ${sender} keeps sending what cannot be used (${what}): it is not listened to for ${MUTED_MS / 1000} s`;
  effects.push({ kind: 'warn', code: 'sender-muted', message });
}

export function isMuted({ mutedUntil }: Link, now: number): boolean {
  return now < mutedUntil;
}

/** Listens again to whom has been muted long enough, and asks it for what was not heard. */
export function endMuting(step: Step): void {
  const { state, now } = step;
  for (const link of state.links.values()) {
    if (link.mutedUntil === -Infinity) continue;
    if (isMuted(link, now)) {
      wakeBy(state, link.mutedUntil);
      continue;
    }
    link.mutedUntil = -Infinity;
    for (const document of state.documents.values()) doubt(step, document, link.id, { graceMs: 0, evidence: true });
  }
}
