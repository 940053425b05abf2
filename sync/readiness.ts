/**
 * READY: whether all that we subscribed to has reached a peer, and what its own question shows, which is that it is linked with us.
 *
 *   A                                   B
 *   roster: B; connect ────────────────►│
 *   │ r/A/B/1/ or r/A/everybody/1/ ────►│  ready, on that key. Does not know A: waits for its hello, then reads the roster
 *   │◄──────────────────── connect back, r/B/A/1/: A knows that B is linked with it
 */

import type { PeerId } from '../src/base/ids.js';
import { settleAll } from './catch-up.js';
import { noteTails } from './doubt.js';
import { ownTails, wakeBy } from './engine-state.js';
import type { EngineState, Link, Step } from './engine-state.js';
import { crowdMs } from './fetching.js';
import { sayHello } from './introduction.js';
import { readyKey, readyQuestion } from './keys.js';
import { LINKS_MAX, LOOK_DELAY_MS, LOOK_PAUSE_MS, READY_RETRY_MAX_MS } from './limits.js';
import { noteStatus } from './membership.js';
import { reportAllSoon } from './reporting.js';
import type { Frame } from './wire/frame.js';

/**
 * A subscription made after `connect` arrives after all earlier ones: its answer proves them. It goes to everybody who is connected to, so
 * those who are met together are asked by one: a key for each of forty would be forty times forty subscriptions at every one of them.
 */
export function askReady(step: Step, links: readonly Link[]): void {
  const { state, now } = step;
  const [first] = links;
  if (first === undefined) return;
  const key = readyKey(state.self, links.length === 1 ? first.id : undefined, ++state.requestCount);
  for (const link of links) {
    releaseKey(step, link);
    link.readyKey = key;
    link.readyAskedAt = now;
    wakeBy(state, retryDueAt(state, link));
  }
  step.effects.push({ kind: 'subscribe', key });
}

/** Its question needs no answer any more. */
export function releaseKey({ state, effects }: Step, link: Link): void {
  const key = link.readyKey;
  link.readyKey = '';
  if (key === '') return;
  for (const other of state.links.values()) if (other.readyKey === key) return;
  effects.push({ kind: 'unsubscribe', key });
}

/** Where many start at once, each has much to do before it answers: to ask all of them again would be more. */
function retryDueAt({ links }: EngineState, { readyAskedAt, readyRetryMs }: Link): number {
  return readyAskedAt + readyRetryMs + crowdMs(links.size);
}

export function retryReady(step: Step): void {
  const { state, now } = step;
  const [unanswered, unmet]: [Link[], Link[]] = [[], []];
  for (const link of state.links.values()) {
    if (link.isReady && link.isMet) continue;
    const dueAt = retryDueAt(state, link);
    if (now < dueAt) {
      wakeBy(state, dueAt);
      continue;
    }
    link.readyRetryMs = Math.min(READY_RETRY_MAX_MS, link.readyRetryMs * 2);
    step.effects.push({ kind: 'probe', peer: link.id });
    link.readyAskedAt = now;
    wakeBy(state, retryDueAt(state, link));
    if (!link.isReady) unanswered.push(link);
    if (!link.isMet) unmet.push(link);
  }
  for (const link of unanswered) askReady(step, [link]);
  for (const link of unmet) sayHello(step, link);
}

/** Whoever asks has a link with us: that is as good as a hello, but for its address. */
export function answerReady(step: Step, key: string): void {
  const { state } = step;
  const question = readyQuestion(key, state.self);
  if (question === undefined || state.isLeaving) return;
  const { asker, isCommon } = question;
  const link = state.links.get(asker);
  // What is common to many is asked of those whom it has just met: of who lacks an answer, it asks that alone.
  if (isCommon && link?.isAnswered === true) return;
  step.effects.push({ kind: 'publish', key, frame: { kind: 'ready', status: state.status, tails: ownTails(state) } });
  if (link !== undefined) {
    link.isAnswered = true;
    return noteMet(step, asker);
  }
  if (asker === state.self) return;
  if (state.askers.has(asker) || state.askers.size >= LINKS_MAX) return;
  state.askers.set(asker, false);
  lookSoon(step);
}

function lookSoon({ state, now }: Step): void {
  state.lookDueAt = Math.min(state.lookDueAt, Math.max(now + LOOK_DELAY_MS, state.lookedAt + LOOK_PAUSE_MS));
  wakeBy(state, state.lookDueAt);
}

/** Who has asked, and has not said hello. */
export function lookForAskers({ state, now, effects }: Step): void {
  if (now < state.lookDueAt) return wakeBy(state, state.lookDueAt);
  state.lookDueAt = Infinity;
  if (state.askers.size === 0) return;
  state.lookedAt = now;
  effects.push({ kind: 'look' });
}

/** Those whom the roster does not name: it may have been read before they were in it; the second time they have gone. */
export function reviewAskers(step: Step): void {
  const { askers } = step.state;
  for (const [peer, wasSought] of askers) {
    if (wasSought) askers.delete(peer);
    else askers.set(peer, true);
  }
  if (askers.size > 0) lookSoon(step);
}

export function noteMet({ state, now, effects }: Step, peer: PeerId): void {
  const link = state.links.get(peer);
  if (link !== undefined && !link.isMet) {
    link.isMet = true;
    effects.push({ kind: 'peer-met', peer });
    reportAllSoon({ state, now, effects });
  }
  // Not before: who is refused once more is no news.
  state.refused.delete(peer);
}

export function onReady(step: Step, sender: PeerId, { status, tails }: Extract<Frame, { kind: 'ready' }>, key: string | undefined): void {
  const link = step.state.links.get(sender);
  if (link === undefined) return;
  noteStatus(step, sender, status);
  // An answer to what others were asked before we connected to it proves nothing.
  if (!link.isReady && (key ?? link.readyKey) === link.readyKey) {
    link.isReady = true;
    releaseKey(step, link);
  }
  // All that it published to us came before this frame on the same pipe: what is missing now is missing.
  noteTails(step, sender, tails, 0);
  settleAll(step);
}
