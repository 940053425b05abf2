/**
 * Links: how two peers come to hear each other without a race, and what happens when one goes.
 *
 *   A                                   B
 *   connect, subscribe ────────────────►│  (all of A's subscriptions, then the READY key: FIFO on one pipe)
 *   hello (DEALER) ────────────────────►│  connect back, the same the other way round
 *   │◄─────────────────── welcome (ROUTER)
 *   │◄─────────────── READY on A's key, with B's last numbers: whatever B publishes from here on reaches A
 */

import type { InstanceId, PeerId } from '../src/base/ids.js';
import { abandonCatchUpWith, settleAll } from './catch-up.js';
import type { RosterEntry } from './discovery.js';
import { doubt, noteTails } from './doubt.js';
import type { Input } from './engine-io.js';
import { ownTails, wakeBy } from './engine-state.js';
import type { Link, Step } from './engine-state.js';
import { forgetAhead, noteFirstStored, refuseFlushes } from './flushing.js';
import { createHeld, forgetHolder, forgetHolders } from './holding.js';
import { forgetErrandsOf } from './maintaining.js';
import { asksReadyOf, readyKey } from './keys.js';
import { DEPARTED_KEPT_MS, DEPARTED_MAX, DOUBT_GRACE_MS, LINKS_MAX, READY_RETRY_MAX_MS, READY_RETRY_MS } from './limits.js';
import { changeStatus, noteStatus, reviewWriter, tellInstances } from './membership.js';
import { reportAllSoon } from './reporting.js';
import { forgetHeld } from './sequence.js';
import type { PeerAddress } from './transport.js';
import { noteRefused, speaksWithUs } from './versions.js';
import { noteOffice } from './wholeness.js';
import type { Frame, PeerStatus, ProtocolRange, Tails } from './wire/frame.js';

/** Says hello to whom we do not know; asks after whom the roster no longer names. */
export function meetRoster(step: Step, entries: readonly RosterEntry[]): void {
  const { state } = step;
  const alive = new Set(entries.map((entry) => entry.id));
  for (const peer of state.refused.keys()) if (!alive.has(peer)) state.refused.delete(peer);
  for (const entry of entries) {
    if (state.links.has(entry.id) || state.links.size >= LINKS_MAX) continue;
    if (!speaksWithUs(state, entry)) {
      noteRefused(step, entry.id, { protocol: entry, canWrite: entry.canWrite });
      continue;
    }
    const link = openLink(step, entry, { ...entry, isElder: true });
    link.canWrite = entry.canWrite;
    sayHello(step, link);
  }
  // A peer that said hello after the roster was read is not in it yet: absence is a reason to look, not to part.
  for (const id of state.links.keys()) if (!alive.has(id)) step.effects.push({ kind: 'probe', peer: id });
  state.hasRoster = true;
  reviewWriter(step);
}

function openLink(step: Step, address: PeerAddress, { protocolMin, protocolMax, isElder }: ProtocolRange & Pick<Link, 'isElder'>): Link {
  const { state } = step;
  const { id } = address;
  const departed = state.departed.get(id);
  const link: Link = {
    id,
    address,
    // Who was lost and is met anew is as old as it was.
    isElder: departed?.isElder ?? isElder,
    canWrite: false,
    status: undefined,
    statusAt: -Infinity,
    takingOverSince: Infinity,
    isReady: false,
    isMet: false,
    readyKey: '',
    readyAskedAt: step.now,
    readyRetryMs: READY_RETRY_MS,
    openedAt: step.now,
    heardAt: step.now,
    askedAt: Infinity,
    silentUntil: -Infinity,
    silentBy: undefined,
    protocol: { protocolMin, protocolMax },
    rubbish: { count: 0, since: step.now },
    mutedUntil: departed?.mutedUntil ?? -Infinity,
    wants: new Map(),
    held: createHeld(),
  };
  state.links.set(id, link);
  state.departed.delete(id);
  step.effects.push({ kind: 'connect', address });
  askReady(step, link);
  reviewWriter(step);
  return link;
}

/** A subscription made after `connect` arrives after all earlier ones: its answer proves them. */
function askReady(step: Step, link: Link): void {
  const { state, now } = step;
  if (link.readyKey !== '') step.effects.push({ kind: 'unsubscribe', key: link.readyKey });
  link.readyKey = readyKey(state.self, link.id, ++state.requestCount);
  link.readyAskedAt = now;
  step.effects.push({ kind: 'subscribe', key: link.readyKey });
  wakeBy(state, now + link.readyRetryMs);
}

export function retryReady(step: Step): void {
  for (const link of step.state.links.values()) {
    if (link.isReady && link.isMet) continue;
    const dueAt = link.readyAskedAt + link.readyRetryMs;
    if (step.now < dueAt) {
      wakeBy(step.state, dueAt);
      continue;
    }
    link.readyRetryMs = Math.min(READY_RETRY_MAX_MS, link.readyRetryMs * 2);
    step.effects.push({ kind: 'probe', peer: link.id });
    link.readyAskedAt = step.now;
    wakeBy(step.state, step.now + link.readyRetryMs);
    if (!link.isReady) askReady(step, link);
    if (!link.isMet) sayHello(step, link);
  }
}

export function answerReady(step: Step, key: string): void {
  const { state } = step;
  if (!asksReadyOf(key, state.self) || state.isLeaving) return;
  step.effects.push({ kind: 'publish', key, frame: { kind: 'ready', status: state.status, tails: ownTails(state) } });
}

export function sayHello(step: Step, link: Link): void {
  step.effects.push({ kind: 'request', peer: link.id, frame: { kind: 'hello', address: step.state.address, ...introduction(step) } });
}

function introduction({ state }: Step) {
  return { ...state.protocol, status: state.status, tails: ownTails(state) };
}

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

export function onHello(step: Step, sender: PeerId, hello: FrameOf<'hello'>): void {
  const { state, effects } = step;
  if (state.isLeaving) return;
  if (!state.links.has(sender)) {
    const reason = !speaksWithUs(state, hello) ? 'version' : state.links.size >= LINKS_MAX ? 'crowded' : undefined;
    if (reason === 'version') noteRefused(step, sender, { protocol: hello, canWrite: hello.status.canWrite });
    if (reason !== undefined) return void effects.push({ kind: 'respond', peer: sender, frame: { kind: 'refused', request: 0, reason } });
    openLink(step, hello.address, { ...hello, isElder: false });
  }
  noteMet(step, sender);
  noteStatus(step, sender, hello.status);
  step.effects.push({ kind: 'respond', peer: sender, frame: { kind: 'welcome', ...introduction(step) } });
  noteTails(step, sender, hello.tails, DOUBT_GRACE_MS);
  settleAll(step);
}

/** They have no room for us, or no version in common with us: we are not linked, not even half. */
export function onRefusedLink(step: Step, sender: PeerId, reason: 'version' | 'crowded'): void {
  const canWrite = step.state.links.get(sender)?.canWrite === true;
  if (reason === 'version') noteRefused(step, sender, { protocol: undefined, canWrite });
  onLost(step, sender);
}

function noteMet({ state, now, effects }: Step, peer: PeerId): void {
  const link = state.links.get(peer);
  if (link !== undefined && !link.isMet) {
    link.isMet = true;
    effects.push({ kind: 'peer-met', peer });
    reportAllSoon({ state, now, effects });
  }
  // Not before: who is refused once more is no news.
  state.refused.delete(peer);
}

export function onWelcome(step: Step, sender: PeerId, welcome: FrameOf<'welcome'>): void {
  noteMet(step, sender);
  noteStatus(step, sender, welcome.status);
  noteTails(step, sender, welcome.tails, DOUBT_GRACE_MS);
  settleAll(step);
}

export function onReady(step: Step, sender: PeerId, { status, tails }: FrameOf<'ready'>): void {
  const link = step.state.links.get(sender);
  if (link === undefined) return;
  noteStatus(step, sender, status);
  if (!link.isReady) {
    link.isReady = true;
    step.effects.push({ kind: 'unsubscribe', key: link.readyKey });
  }
  // All that it published to us came before this frame on the same pipe: what is missing now is missing.
  noteTails(step, sender, tails, 0);
  settleAll(step);
}

export function onGoodbye(step: Step, sender: PeerId, tails: Tails): void {
  noteTails(step, sender, tails, 0);
  onLost(step, sender);
}

export function onLost(step: Step, peer: PeerId): void {
  const { state } = step;
  const link = state.links.get(peer);
  if (link === undefined) return;
  state.links.delete(peer);
  state.silent.delete(peer);
  depart(step, link);
  if (!link.isReady) step.effects.push({ kind: 'unsubscribe', key: link.readyKey });
  step.effects.push({ kind: 'disconnect', peer }, { kind: 'peer-lost', peer });
  tellInstances(step, link.status?.instances ?? [], []);
  for (const waiting of state.flushesWaiting) if (waiting.peer === peer) state.flushesWaiting.delete(waiting);
  forgetAhead(step, peer);
  for (const key of state.answers.keys()) if (key.startsWith(peer)) state.answers.delete(key);
  forgetErrandsOf(step, peer);
  forgetHolder(step, link);
  abandonCatchUpWith(step, peer);
  reportAllSoon(step);
  reviewWriter(step);
  settleAll(step);
}

function depart(step: Step, { id: peer, mutedUntil, isElder }: Link): void {
  const { state, now } = step;
  // Numbers of linked and departed peers travel in one vector, which has a limit.
  const [earliest] = state.departed.keys();
  if (earliest !== undefined && state.departed.size >= DEPARTED_MAX) forget(step, earliest);
  state.departed.delete(peer);
  state.departed.set(peer, { leftAt: now, mutedUntil, isElder });
}

/** Numbers of peers that left a while ago are of no use to anyone. */
export function forgetDeparted(step: Step): void {
  const { state, now } = step;
  for (const [peer, { leftAt }] of state.departed) if (now >= leftAt + DEPARTED_KEPT_MS) forget(step, peer);
}

function forget(step: Step, peer: PeerId): void {
  const { state } = step;
  state.departed.delete(peer);
  for (const document of state.documents.values()) {
    document.applied.delete(peer);
    document.tails.delete(peer);
    document.said.delete(peer);
    document.doubts.delete(peer);
    forgetHeld(document, peer);
    // What waits for something stays in doubt until it is complete or set aside, whoever it came from.
    const isWaiting = document.pendingSince !== Infinity && document.doubts.size === 0;
    if (isWaiting) doubt(step, document, state.self, { graceMs: 0 });
  }
}

export function setRole(step: Step, { term, isTakingOver, stored }: Extract<Input, { kind: 'role' }>): void {
  const termBefore = step.state.status.term;
  // Who waits for the disk is told before all others are woken, who compete with it for the processor.
  changeStatus(step, { term, isTakingOver }, () => stored && noteFirstStored(step, stored));
  noteOffice(step, termBefore);
  if (term === 0) {
    refuseFlushes(step);
    forgetHolders(step.state);
    for (const document of step.state.documents.values()) document.storedHere = new Map();
  }
  reviewWriter(step);
}

/** Says to all why we cannot write, or that nothing keeps us from it any more. */
export function setTrouble(step: Step, trouble: PeerStatus['trouble']): void {
  if (step.state.status.trouble === trouble) return;
  changeStatus(step, { trouble });
  reviewWriter(step);
}

export function setInstances(step: Step, instances: readonly InstanceId[]): void {
  const before = step.state.status.instances;
  changeStatus(step, { instances });
  tellInstances(step, before, instances);
}
