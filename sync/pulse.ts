/**
 * The pulse: one peer (whose turn it is: silence.ts) tells all others each second how its documents stand, and each answers in one
 * short message. That star is comparison, liveness and stall detection at once, and costs O(N).
 * Digests are compared only where the numbers are equal: then a difference is a loss that no number shows (a delete).
 */

import type { PeerId } from '../src/base/ids.js';
import { settle } from './catch-up.js';
import { doubt, noteTail } from './doubt.js';
import { vectorOf, wakeBy } from './engine-state.js';
import type { DocumentState } from './document-state.js';
import type { EngineState, Step } from './engine-state.js';
import { GROUP_KEY } from './keys.js';
import { DIGEST_QUIET_MS, DOUBT_GRACE_MS, PULSE_RECENT_MS, STALL_MS } from './limits.js';
import { sayHello } from './meeting.js';
import { noteStatus } from './membership.js';
import { notePulsed, pulseDueAt } from './silence.js';
import type { DocumentReport, Frame, Vector } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

export function pulseWhenDue(step: Step): void {
  const { state, now, effects } = step;
  const dueAt = pulseDueAt(state);
  if (dueAt === Infinity) return;
  if (now < dueAt) return wakeBy(state, dueAt);
  notePulsed(step);
  wakeBy(state, pulseDueAt(state));
  const documents = documentsToReport(step).map((document) => ({ ...report(step, document), stored: document.stored }));
  const frame = { kind: 'pulse', beat: ++state.beat, status: state.status, revisions: revisionsOf(state), documents } as const;
  effects.push({ kind: 'publish', key: GROUP_KEY, frame });
}

/** What changed lately, and one of the quiet documents in turn. */
function documentsToReport({ state, now }: Step): DocumentState[] {
  const all = [...state.documents.values()];
  const recent = all.filter((document) => now - document.changedAt < PULSE_RECENT_MS);
  const quiet = all.filter((document) => !recent.includes(document));
  const inTurn = quiet[state.rotation++ % Math.max(1, quiet.length)];
  return inTurn === undefined ? recent : [...recent, inTurn];
}

function report({ state, now }: Step, document: DocumentState): DocumentReport {
  const isQuiet = now - document.changedAt >= DIGEST_QUIET_MS && document.outboxBytes === 0 && !document.replica.hasPending();
  return { document: document.name, vector: liveVectorOf(state, document), digest: isQuiet ? document.replica.digest() : '' };
}

export function onPulse(step: Step, sender: PeerId, pulse: FrameOf<'pulse'>): void {
  const { state, now, effects } = step;
  if (!state.links.has(sender)) return;
  state.pulseHeardAt = now;
  noteStatus(step, sender, pulse.status);
  if (sender === state.writer?.id) {
    state.writerHeardAt = now;
    wakeBy(state, now + STALL_MS);
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
  const { revision } = state.status;
  effects.push({ kind: 'request', peer: sender, frame: { kind: 'echo', beat: pulse.beat, revision, documents } });
}

function revisionsOf({ links }: EngineState): Vector {
  const revisions = new Map<PeerId, number>();
  for (const { id, status } of links.values()) if (status !== undefined) revisions.set(id, status.revision);
  return revisions;
}

/** Somebody knows a newer status of a linked peer: ours was lost on the way, and it is asked. */
function noteRevision(step: Step, peer: PeerId, revision: number): void {
  const link = step.state.links.get(peer);
  if (link !== undefined && link.status !== undefined && revision > link.status.revision) sayHello(step, link);
}

export function onEcho(step: Step, sender: PeerId, echo: FrameOf<'echo'>): void {
  noteRevision(step, sender, echo.revision);
  for (const theirs of echo.documents) {
    const document = step.state.documents.get(theirs.document);
    if (document !== undefined) compare(step, document, sender, theirs);
  }
}

/** Holds another replica's numbers, and where these are equal its digest, against ours. */
function compare(step: Step, document: DocumentState, from: PeerId, theirs: DocumentReport): void {
  const { state } = step;
  for (const [peer, seq] of theirs.vector) {
    // Others' frames may be on their way still. Of who has left nothing more will come: the digest will tell.
    if (state.links.has(peer)) noteTail(step, document, { sender: peer, seq, graceMs: DOUBT_GRACE_MS, hint: from });
  }
  const mine = report(step, document);
  if (mine.digest !== '' && theirs.digest !== '' && mine.digest !== theirs.digest && areEqual(step, mine.vector, theirs.vector)) {
    state.counters.mismatches++;
    doubt(step, document, from, { graceMs: 0, evidence: true });
    const frame = { kind: 'invite', document: document.name, stateVector: new Uint8Array() } as const;
    step.effects.push({ kind: 'request', peer: from, frame });
  }
  settle(step, document);
}

/** Only of peers that live: numbers of the dead would be handed around for ever. */
function liveVectorOf(state: EngineState, document: DocumentState): Vector {
  const vector = vectorOf(state, document);
  for (const peer of vector.keys()) if (peer !== state.self && !state.links.has(peer)) vector.delete(peer);
  return vector;
}

/** What is missing of a dead peer shows in the digest alone. */
function areEqual({ state }: Step, mine: Vector, theirs: Vector): boolean {
  for (const peer of [state.self, ...state.links.keys()]) if ((mine.get(peer) ?? 0) !== (theirs.get(peer) ?? 0)) return false;
  return true;
}

/** Says once when the writer has been silent too long, though its lock says that it lives. */
export function watchWriter({ state, now, effects }: Step): void {
  const { writer } = state;
  if (writer?.id === state.self || state.stallReason !== undefined) return;
  const silentSince = writer === undefined ? silentSinceUnknown(state) : state.writerHeardAt;
  if (silentSince === undefined) return;
  const stallsAt = silentSince + STALL_MS;
  if (now < stallsAt) return wakeBy(state, stallsAt);
  state.stallReason = 'writer-silent';
  effects.push({ kind: 'stalled', writer, reason: state.stallReason });
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
