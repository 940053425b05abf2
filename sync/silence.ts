/**
 * Who lives and does not answer: stopped, suspended, or held up for long. Known from the pulse alone, with no message more.
 *
 *   whose turn it is    the writer, then the others by their ids; who is silent has no turn. The first pulses each second;
 *                       the second does if no pulse was heard for half a second longer than that, the third for a whole one …
 *   the first itself    is silent when nothing of it was heard for SILENT_MS: everybody sees that alone
 *   everybody else      is silent when a pulse of ours stays without any word for ANSWER_MS: only who pulses can see that, and says it;
 *                       who stands in has lost time already, and waits for one interval only
 *
 * What was said is good until SILENT_MS later, or until the silent one is heard, and is said again with each pulse: so a lost word heals,
 * and nobody stays silent because those who said so have left. A pulse of who stands in is no word of the writer's: nothing of
 * writing follows from it.
 */

import type { PeerId } from '../src/base/ids.js';
import { wakeBy } from './engine-state.js';
import type { EngineState, Link, Step } from './engine-state.js';
import { GROUP_KEY } from './keys.js';
import { ANSWER_MS, PULSE_INTERVAL_MS, SILENT_MS, STAND_IN_MS } from './limits.js';

/** Call it when who is linked, who writes or who is silent may have changed. */
export function reviewTurn({ state, now }: Step): void {
  const pulser = turnOf(state)?.first;
  if (pulser !== state.pulser) {
    state.pulser = pulser;
    state.pulserSince = now;
    state.pace.nextAt = -Infinity;
  }
  wakeBy(state, pulseDueAt(state));
}

/** When it is for us to pulse; Infinity for never. */
export function pulseDueAt(state: EngineState): number {
  const turn = turnOf(state);
  if (turn === undefined) return Infinity;
  if (turn.place === 0) return Math.max(state.pulsedAt, state.pulserSince) + PULSE_INTERVAL_MS;
  const nextAt = Math.max(state.pace.nextAt, Math.max(state.pulsedAt, state.pulserSince) + PULSE_INTERVAL_MS);
  return nextAt + turn.place * STAND_IN_MS;
}

/** Nobody pulses to nobody. */
function turnOf({ self, links, writer, silent }: EngineState): { readonly first: PeerId; readonly place: number } | undefined {
  if (links.size === 0) return undefined;
  if (writer?.id === self) return { first: self, place: 0 };
  const isWriterHeard = writer !== undefined && !silent.has(writer.id);
  let lowest = self;
  let place = isWriterHeard ? 1 : 0;
  for (const id of links.keys()) {
    if (id > self || id === writer?.id || silent.has(id)) continue;
    place++;
    if (id < lowest) lowest = id;
  }
  return { first: isWriterHeard ? writer.id : lowest, place };
}

/** We pulse to these: whoever of them says nothing from now on does not answer. To all, where it is the first time for a while. */
export function notePulsed({ state, now }: Step, asked: Iterable<Link>, patienceMs: (link: Link) => number): void {
  // Whom we have not asked for a while we ask anew; of whom others say that it is silent, we go on saying so.
  const isBeginning = now - state.pulsedAt >= SILENT_MS;
  const { pulser, self, silent } = state;
  for (const link of asked) {
    // Who stands in has lost time already.
    const dueAt = now + (pulser === self ? patienceMs(link) : PULSE_INTERVAL_MS);
    if (isBeginning) link.answerDueAt = silent.has(link.id) ? now : dueAt;
    else link.answerDueAt = Math.min(link.answerDueAt, dueAt);
  }
  state.pulsedAt = now;
}

/** Anything that comes from a peer shows that it is there. */
export function noteHeard(step: Step, link: Link): void {
  link.heardAt = step.now;
  link.answerDueAt = Infinity;
  if (!step.state.silent.has(link.id) && !step.state.silentSaid.has(link.id)) return;
  link.silentUntil = -Infinity;
  link.silentBy = undefined;
  reviewSilence(step);
}

export function onSilent(step: Step, sender: PeerId, peers: readonly PeerId[]): void {
  const { state, now } = step;
  const named = new Set(peers);
  for (const link of state.links.values()) {
    if (link.id === sender) continue;
    // Our own ears outweigh hearsay.
    if (named.has(link.id) && now - link.heardAt >= PULSE_INTERVAL_MS) {
      link.silentUntil = now + SILENT_MS;
      link.silentBy = sender;
    } else if (link.silentBy === sender && !named.has(link.id)) {
      link.silentUntil = -Infinity;
      link.silentBy = undefined;
    }
  }
  reviewSilence(step);
}

/** Sees who has been silent too long and who no longer is, and tells it. */
export function reviewSilence(step: Step): void {
  const { state, now, effects } = step;
  listenToPulser(step);
  const unanswering = whoDoesNotAnswer(step);
  for (const link of unanswering) link.silentUntil = Math.max(link.silentUntil, state.pulsedAt + SILENT_MS);
  const silent: PeerId[] = [];
  const heard: PeerId[] = [];
  for (const { id, silentUntil } of state.links.values()) {
    const isSilent = now < silentUntil;
    if (isSilent) wakeBy(state, silentUntil);
    if (isSilent !== state.silent.has(id)) (isSilent ? silent : heard).push(id);
  }
  for (const id of silent) state.silent.add(id);
  for (const id of heard) {
    state.silent.delete(id);
    // It may have more of a document of memory than anybody else, and was not asked for it, or in vain.
    for (const { isStored, tried } of state.documents.values()) {
      if (isStored) continue;
      tried.delete(id);
      wakeBy(state, now);
    }
  }
  sayWhoIsSilent(step, unanswering);
  if (silent.length + heard.length === 0) return;
  state.pace.stirredAt = now;
  effects.push({ kind: 'silent-changed', silent, heard });
  reviewTurn(step);
}

/** Of whom we know without the roster that they live: a connection stands that they made good on, and nobody misses their word. */
export function peersHeard({ links, silent }: EngineState): ReadonlySet<PeerId> {
  const heard = new Set<PeerId>();
  for (const { id, isMet, isReady } of links.values()) if (isMet && isReady && !silent.has(id)) heard.add(id);
  return heard;
}

function listenToPulser({ state, now }: Step): void {
  const link = state.pulser === undefined ? undefined : state.links.get(state.pulser);
  if (link === undefined) return;
  const silentAt = Math.max(link.heardAt, link.restsUntil, state.pulserSince) + SILENT_MS;
  if (now < silentAt) wakeBy(state, silentAt);
  else link.silentUntil = now + SILENT_MS;
}

function whoDoesNotAnswer({ state, now }: Step): Link[] {
  const unanswering: Link[] = [];
  if (!isPulsing(state, now)) return unanswering;
  for (const link of state.links.values()) {
    if (now >= link.answerDueAt) unanswering.push(link);
    else wakeBy(state, link.answerDueAt);
  }
  return unanswering;
}

const isPulsing = ({ pulsedAt }: EngineState, now: number): boolean => now - pulsedAt < SILENT_MS;

/** At once when it is news, and with each pulse. */
function sayWhoIsSilent({ state, now, effects }: Step, unanswering: readonly Link[]): void {
  const peers = unanswering.map(({ id }) => id);
  const isNews = peers.length !== state.silentSaid.size || peers.some((id) => !state.silentSaid.has(id));
  state.silentSaid = new Set(peers);
  if (!isPulsing(state, now)) return;
  if (isNews || (now === state.pulsedAt && peers.length > 0))
    effects.push({ kind: 'publish', key: GROUP_KEY, frame: { kind: 'silent', peers } });
}

/** We were absent for `lateMs`: nobody was silent meanwhile. Never into the future. */
export function excuseSilence({ state, now }: Step, lateMs: number): void {
  const later = (at: number): number => Math.min(now, at + lateMs);
  state.pace.nextAt = Math.max(state.pace.nextAt, Math.min(now + PULSE_INTERVAL_MS, state.pace.nextAt + lateMs));
  state.pulserSince = later(state.pulserSince);
  for (const link of state.links.values()) {
    link.heardAt = later(link.heardAt);
    link.restsUntil = Math.max(link.restsUntil, later(link.restsUntil));
    if (link.answerDueAt !== Infinity) link.answerDueAt = Math.min(now + ANSWER_MS, link.answerDueAt + lateMs);
    link.silentUntil += lateMs;
  }
}
