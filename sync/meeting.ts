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
import type { Link, Step } from './engine-state.js';
import { forgetAhead, noteFirstStored, refuseFlushes } from './flushing.js';
import { createHeld, forgetHolder, forgetHolders } from './holding.js';
import { introduction, sayHello } from './introduction.js';
import { forgetErrandsOf } from './maintaining.js';
import { DEPARTED_KEPT_MS, DEPARTED_MAX, DOUBT_GRACE_MS, LINKS_MAX, READY_RETRY_MS } from './limits.js';
import { changeStatus, noteStatus, reviewWriter, tellInstances } from './membership.js';
import { askReady, noteMet, releaseKey, reviewAskers } from './readiness.js';
import { reportAllSoon } from './reporting.js';
import { forgetHeld } from './sequence.js';
import type { PeerAddress } from './transport.js';
import { noteRefused, speaksWithUs } from './versions.js';
import { noteOffice } from './wholeness.js';
import type { Frame, PeerStatus, ProtocolRange, Tails } from './wire/frame.js';

/** Links with whom we do not know; asks after whom the roster no longer names. */
export function meetRoster(step: Step, entries: readonly RosterEntry[]): void {
  const { state } = step;
  const alive = new Set(entries.map((entry) => entry.id));
  for (const peer of state.refused.keys()) if (!alive.has(peer)) state.refused.delete(peer);
  const strangers = entries.filter(({ id }) => !state.links.has(id));
  const isCrowd = state.links.size + strangers.length > state.limits.greetedMax;
  const opened: Link[] = [];
  const again: Link[] = [];
  const greeted: Link[] = [];
  for (const entry of strangers) {
    if (state.links.size >= LINKS_MAX) break;
    if (!speaksWithUs(state, entry)) {
      noteRefused(step, entry.id, { protocol: entry, canWrite: entry.canWrite });
      continue;
    }
    const hasAsked = state.askers.has(entry.id);
    const wasLost = state.departed.has(entry.id);
    const link = openLink(step, entry, { ...entry, isElder: !hasAsked });
    link.canWrite = entry.canWrite;
    (wasLost ? again : opened).push(link);
    if (hasAsked) noteMet(step, entry.id);
    // It may not know that we had lost it, and then has no reason to ask anything of us.
    else if (!isCrowd || wasLost) greeted.push(link);
  }
  askReady(step, opened);
  for (const link of again) askReady(step, [link]);
  for (const link of greeted) sayHello(step, link);
  // A peer that said hello after the roster was read is not in it yet: absence is a reason to look, not to part.
  for (const id of state.links.keys()) if (!alive.has(id)) step.effects.push({ kind: 'probe', peer: id });
  state.hasRoster = true;
  reviewAskers(step);
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
    isGreeted: false,
    isAnswered: state.askers.has(id),
    readyKey: '',
    readyAskedAt: step.now,
    readyRetryMs: READY_RETRY_MS,
    openedAt: step.now,
    heardAt: step.now,
    answerDueAt: Infinity,
    restsUntil: -Infinity,
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
  state.askers.delete(id);
  step.effects.push({ kind: 'connect', address });
  reviewWriter(step);
  return link;
}

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

export function onHello(step: Step, sender: PeerId, hello: FrameOf<'hello'>): void {
  const { state, effects } = step;
  if (state.isLeaving) return;
  if (!state.links.has(sender)) {
    const reason = !speaksWithUs(state, hello) ? 'version' : state.links.size >= LINKS_MAX ? 'crowded' : undefined;
    if (reason === 'version') noteRefused(step, sender, { protocol: hello, canWrite: hello.status.canWrite });
    if (reason !== undefined) return void effects.push({ kind: 'respond', peer: sender, frame: { kind: 'refused', request: 0, reason } });
    askReady(step, [openLink(step, hello.address, { ...hello, isElder: false })]);
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

export function onWelcome(step: Step, sender: PeerId, welcome: FrameOf<'welcome'>): void {
  noteMet(step, sender);
  noteStatus(step, sender, welcome.status);
  noteTails(step, sender, welcome.tails, DOUBT_GRACE_MS);
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
  state.pace.stirredAt = step.now;
  depart(step, link);
  releaseKey(step, link);
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
