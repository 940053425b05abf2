/**
 * The pulse: one peer (whose turn it is: silence.ts) tells all others each second how its documents stand, and each answers in one
 * short message. That star is comparison, liveness and stall detection at once, and costs O(N).
 */

import type { PeerId } from '../src/base/ids.js';
import { compare, report } from './comparing.js';
import { wakeBy } from './engine-state.js';
import type { DocumentState } from './document-state.js';
import type { EngineState, Link, Step } from './engine-state.js';
import { compareHeld } from './holding.js';
import { sayHello } from './introduction.js';
import { GROUP_KEY } from './keys.js';
import { ASK_AGAIN_MS, PULSE_DOCUMENTS_MAX, PULSE_QUIET_MAX, PULSE_RECENT_MS, STALL_MS } from './limits.js';
import { noteStatus } from './membership.js';
import { isAtRest, isBetween, notePromise, patienceMs, promise, watchersOf, whoIsMissed } from './rest.js';
import type { Promised } from './rest.js';
import { notePulsed, pulseDueAt } from './silence.js';
import type { DocumentReport, Frame, PulseFrame, Vector } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

export function pulseWhenDue(step: Step): void {
  const { state, now } = step;
  const dueAt = pulseDueAt(state);
  if (dueAt === Infinity) return;
  if (now < dueAt) return wakeBy(state, dueAt);
  state.beat++;
  const watchers = isAtRest(step) ? watchersOf(state) : undefined;
  const promised = promise(watchers);
  const isToAll = watchers === undefined || !isBetween(step);
  const asked = isToAll ? [...state.links.values()] : linksOf(state, watchers);
  if (isToAll) pulseToAll(step, promised);
  else pulseTo(step, asked, promised);
  notePulsed(step, asked, (link) => patienceMs(link, promised));
  state.pace.askAgainAt = isToAll && watchers !== undefined ? now + ASK_AGAIN_MS : Infinity;
  wakeBy(state, Math.min(state.pace.askAgainAt, pulseDueAt(state)));
}

/** With documents: whoever rests is compared by these pulses alone. */
function pulseToAll(step: Step, promised: Promised): void {
  const { state, now, effects } = step;
  state.pace.pulsedAllAt = now;
  const documents = documentsToReport(step).map((document) => ({ ...report(step, document), stored: document.stored }));
  const { beat, status } = state;
  const [revisions, missed] = [revisionsToTell(step), whoIsMissed(step)];
  effects.push({ kind: 'publish', key: GROUP_KEY, frame: { kind: 'pulse', beat, status, revisions, documents, ...promised, missed } });
}

/** One by one: so it is known whom we have asked, whoever that one believes to watch. */
function pulseTo({ state, effects }: Step, links: readonly Link[], promised: Promised): void {
  const { beat, status } = state;
  const frame: PulseFrame = { kind: 'pulse', beat, status, revisions: new Map(), documents: [], ...promised, missed: new Map() };
  for (const { id } of links) effects.push({ kind: 'request', peer: id, frame });
}

/** Of who rests one word may be lost, and it is not silent for it. */
export function askAgain(step: Step): void {
  const { state, now } = step;
  if (now < state.pace.askAgainAt) return wakeBy(state, state.pace.askAgainAt);
  state.pace.askAgainAt = Infinity;
  const unheard = [...state.links.values()].filter(({ id, answerDueAt }) => answerDueAt !== Infinity && !state.silent.has(id));
  pulseTo(step, unheard, promise(watchersOf(state)));
}

function linksOf({ links }: EngineState, peers: readonly PeerId[]): Link[] {
  return peers.map((id) => links.get(id)).filter((link) => link !== undefined);
}

/** What changed lately, or was not named since it did, and some of the quiet ones in turn. */
function documentsToReport(step: Step): DocumentState[] {
  const { state, now } = step;
  const changed: DocumentState[] = [];
  const quiet: DocumentState[] = [];
  for (const document of state.documents.values()) {
    const { changedAt, pulsedAt } = document;
    (now - changedAt < PULSE_RECENT_MS || changedAt > pulsedAt ? changed : quiet).push(document);
  }
  // Where they are too many: first those that have waited longest.
  if (changed.length > PULSE_DOCUMENTS_MAX) changed.sort((a, b) => a.pulsedAt - b.pulsedAt).splice(PULSE_DOCUMENTS_MAX);
  for (let count = Math.min(PULSE_QUIET_MAX, quiet.length); count > 0; count--) {
    const inTurn = quiet[state.rotation++ % quiet.length];
    if (inTurn !== undefined) changed.push(inTurn);
  }
  for (const document of changed) document.pulsedAt = now;
  return changed;
}

export function onPulse(step: Step, sender: PeerId, pulse: FrameOf<'pulse'>): void {
  const { state, now, effects } = step;
  const link = state.links.get(sender);
  if (link === undefined) return;
  // Somebody does not hear us, and tells others so: they are to hear us themselves.
  if (state.pulser === state.self) state.pace.stirredAt = now;
  noteStatus(step, sender, pulse.status);
  notePromise(step, link, pulse);
  if (sender === state.writer?.id) {
    state.writerHeardAt = now;
    wakeBy(state, Math.max(now, link.restsUntil) + STALL_MS);
    if (state.stallReason !== undefined) {
      state.stallReason = undefined;
      effects.push({ kind: 'recovered', writer: state.writer });
    }
  }
  const documents: DocumentReport[] = [];
  for (const theirs of pulse.documents) {
    const document = state.documents.get(theirs.document);
    if (document === undefined) continue;
    if (sender === state.writer?.id) document.stored = new Map(theirs.stored);
    documents.push(report(step, document));
    compare(step, document, sender, theirs);
  }
  for (const [peer, revision] of pulse.revisions) noteRevision(step, peer, revision);
  const { heldRevision } = state;
  const { revision } = state.status;
  effects.push({ kind: 'request', peer: sender, frame: { kind: 'echo', beat: pulse.beat, revision, heldRevision, documents } });
}

/** Whoever has missed what a peer said of itself lately sees it at once; of the others some, in turn: everybody reads this each second. */
function revisionsToTell({ state, now }: Step): Vector {
  const revisions = new Map<PeerId, number>();
  const quiet: Link[] = [];
  for (const link of state.links.values()) {
    if (link.status === undefined) continue;
    if (now - link.statusAt < PULSE_RECENT_MS) revisions.set(link.id, link.status.revision);
    else quiet.push(link);
  }
  for (let count = Math.min(PULSE_QUIET_MAX, quiet.length); count > 0; count--) {
    const inTurn = quiet[state.pace.statusRotation++ % quiet.length];
    if (inTurn?.status !== undefined) revisions.set(inTurn.id, inTurn.status.revision);
  }
  return revisions;
}

/** Somebody knows a newer status of a linked peer: ours was lost on the way, and it is asked. */
function noteRevision(step: Step, peer: PeerId, revision: number): void {
  const link = step.state.links.get(peer);
  if (link !== undefined && link.status !== undefined && revision > link.status.revision) sayHello(step, link);
}

export function onEcho(step: Step, sender: PeerId, echo: FrameOf<'echo'>): void {
  noteRevision(step, sender, echo.revision);
  compareHeld(step, sender, echo.heldRevision);
  for (const theirs of echo.documents) {
    const document = step.state.documents.get(theirs.document);
    if (document !== undefined) compare(step, document, sender, theirs);
  }
}

/** Says once when the writer has been silent too long, though its lock says that it lives. */
export function watchWriter({ state, now, effects }: Step): void {
  const { writer } = state;
  if (writer?.id === state.self || state.stallReason !== undefined) return;
  const silentSince = writer === undefined ? silentSinceUnknown(state) : silentSinceKnown(state, writer.id);
  if (silentSince === undefined) return;
  const stallsAt = silentSince + STALL_MS;
  if (now < stallsAt) return wakeBy(state, stallsAt);
  state.stallReason = 'writer-silent';
  effects.push({ kind: 'stalled', writer, reason: state.stallReason });
}

function silentSinceKnown({ links, writerHeardAt }: EngineState, writer: PeerId): number {
  return Math.max(writerHeardAt, links.get(writer)?.restsUntil ?? -Infinity);
}

/**
 * While no writer is known, one of two holds the lock in silence: who may write, lives, and has never said a word to us, for we came after
 * it had fallen silent; or who said that it takes over, has the whole state, which leaves it little to do, and says nothing more.
 */
function silentSinceUnknown({ links, writerHeardAt }: EngineState): number | undefined {
  let since: number | undefined;
  for (const { canWrite, status, openedAt, takingOverSince } of links.values()) {
    const isStrange = canWrite && status === undefined;
    const isStuck = status?.isTakingOver === true && status.isComplete;
    const from = isStrange ? openedAt : isStuck ? takingOverSince : Infinity;
    if (from !== Infinity) since = Math.min(since ?? Infinity, Math.max(from, writerHeardAt));
  }
  return since;
}
