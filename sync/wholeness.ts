/**
 * How a replica becomes the whole: whom it asks, and whose word counts. When it is, it has all that was acknowledged before it
 * began to ask, as long as a writer answers; see docs/decisions/0018.
 *
 *            a writer is known: ask it ──── its answer, from the whole store ─────────────────► whole
 *           ┌─────────────┴▲     └────── it has not read the store yet: a little later
 *   unsynced               │
 *           └─────────────┬┴► vouched ── 500 ms without a word of a writer, or nobody can write ─► whole
 *            none: ask a complete peer, and further ones: each may be behind
 *
 * A complete peer may have been stopped until a moment ago, and not have read yet what waits for it: only the writer is sure to
 * have what it acknowledged itself. Where nobody may write, everybody is asked, and everybody counts.
 */

import type { PeerId } from '../src/base/ids.js';
import type { CatchUp, DocumentState } from './document-state.js';
import { wakeBy } from './engine-state.js';
import type { EngineState, Link, Step } from './engine-state.js';
import { ask, crowdMs } from './fetching.js';
import { isKeptForOthers } from './holding.js';
import { CATCH_UP_PAUSE_MS, CATCH_UP_SILENCE_MAX_MS, CATCH_UP_SILENCE_MS, STALL_MS, VOUCHERS_MAX, WRITER_GRACE_MS } from './limits.js';
import { MAIN } from './keys.js';
import { canAnyoneWrite, changeStatus, markSynced, markWhole, rankedLinks } from './membership.js';
import { isMuted } from './muting.js';
import { whyNobodyWrites } from './trouble.js';

/** Takes the next step towards the whole; returns whether somebody was asked. */
export function seekWhole(step: Step, document: DocumentState): boolean {
  // What is in no store is where it is open.
  if (!document.isStored || !canAnyoneWrite(step.state)) return seekAmongAll(step, document);
  if (seekWriter(step, document)) return true;
  return document.vouchedAt === Infinity ? seekVoucher(step, document) : seekFurther(step, document);
}

/** Where nobody may write: who has told us all that it has is not asked for the whole again. */
function seekAmongAll(step: Step, document: DocumentState): boolean {
  const { state } = step;
  if (document.vouchedAt !== Infinity && state.hasRoster) {
    markWhole(step, document);
    return false;
  }
  // Who is stopped has the store to fall back on, but not a document of memory: it is asked when it is heard again.
  const sources = listenedTo(step).filter(({ id }) => !document.exchanged.has(id) && (document.isStored || !state.silent.has(id)));
  if (askFirst(step, document, sources)) return true;
  if (!state.hasRoster) {
    beginAgain(step, document, sources);
    return false;
  }
  // Whoever left in the midst of its answer had something that we know of.
  const knowsOfMore = [...document.tails].some(([peer, seq]) => seq > (document.applied.get(peer) ?? 0));
  if (!knowsOfMore && [...state.links.values()].every((link) => hasSpoken(step, document, link))) markSynced(step, document);
  return false;
}

/** Has exchanged with us, was asked in vain, or has not said a word for so long that it counts as stopped. */
function hasSpoken({ state, now }: Step, document: DocumentState, link: Link): boolean {
  if (document.exchanged.has(link.id) || document.tried.has(link.id) || isMuted(link, now)) return true;
  if (!document.isStored && state.silent.has(link.id)) return true;
  if (link.status !== undefined) return false;
  const patienceEndsAt = link.openedAt + STALL_MS;
  if (now < patienceEndsAt) wakeBy(state, patienceEndsAt);
  return now >= patienceEndsAt;
}

function seekWriter(step: Step, document: DocumentState): boolean {
  const writer = writerToAsk(step, document);
  if (writer !== undefined) ask(step, document, writer, undefined);
  return writer !== undefined;
}

/** Not one that was asked in vain under this very term, and not one that said just now that it has not read the store. */
function writerToAsk(step: Step, document: DocumentState): PeerId | undefined {
  const { state, now } = step;
  const { writer } = state;
  if (writer === undefined || writer.term === document.termTried) return undefined;
  const link = completeOnes(step).find(({ id }) => id === writer.id);
  if (link === undefined) return undefined;
  const dueAt = document.notYetAt + document.notYetMs;
  // What it says of itself is news: perhaps it has read the store.
  if (now >= dueAt || link.status?.revision !== document.notYetRevision) return writer.id;
  wakeBy(state, dueAt);
  return undefined;
}

/** No writer answers: any complete peer has nearly everything. But one that answers in a moment spares us a second copy. */
function seekVoucher(step: Step, document: DocumentState): boolean {
  const { state, now } = step;
  // A writer that is about to open it is worth waiting for, as long as it answers.
  const openedBy = document.openingSince + STALL_MS;
  if (now < openedBy && state.writer?.term !== document.termTried) {
    wakeBy(state, openedBy);
    return false;
  }
  // In a crowd so is one that reads the store: where forty begin at once nobody else has anything, and each would ask all the others for it.
  const readBy = readingSince(step, document) + Math.min(STALL_MS, crowdMs(state.links.size));
  if (now < readBy) {
    wakeBy(state, readBy);
    return false;
  }
  const sources = vouchers(step, document);
  if (sources.length === 0 && document.termTried === 0) return false;
  if (document.soughtSince === Infinity) document.soughtSince = now;
  const graceEndsAt = document.soughtSince + WRITER_GRACE_MS;
  if (now < graceEndsAt && mayWriterStillSpeak(state)) {
    wakeBy(state, graceEndsAt);
    return false;
  }
  if (askFirst(step, document, sources)) return true;
  beginAgain(step, document, sources);
  return false;
}

/** Since when the writer, perhaps ourselves, reads it from the store; -Infinity where none does, or it has fallen silent. */
function readingSince({ state, now }: Step, document: DocumentState): number {
  const { writer, self } = state;
  if (writer === undefined || writer.term === document.termTried) return -Infinity;
  if (writer.id === self && document.readingSince === -Infinity) document.readingSince = now;
  return document.readingSince;
}

/** Complete peers besides the writer. The writer itself knows which of them have the document open at all. */
function vouchers(step: Step, { name }: DocumentState): Link[] {
  const { writer, self, holders } = step.state;
  return completeOnes(step).filter(({ id }) => {
    return id !== writer?.id && (writer?.id !== self || !isKeptForOthers(name) || holders.get(name)?.has(id) === true);
  });
}

function mayWriterStillSpeak({ writer, hasRoster, links }: EngineState): boolean {
  return writer === undefined && (!hasRoster || [...links.values()].some(({ canWrite, status }) => canWrite && status === undefined));
}

/** Vouched for by somebody who may be behind: further ones are asked, for there is time until their word has to do. */
function seekFurther(step: Step, document: DocumentState): boolean {
  const { state, now } = step;
  // A writer that reads the store is worth waiting for, but not for ever.
  const endsAt = Math.min(Math.max(document.vouchedAt, document.notYetAt) + CATCH_UP_SILENCE_MS, document.vouchedAt + STALL_MS);
  if (now < endsAt && document.tried.size < VOUCHERS_MAX) {
    const sources = vouchers(step, document).filter(({ id }) => !state.silent.has(id));
    if (askFirst(step, document, sources)) return true;
  }
  const isInVain = whyNobodyWrites(state) !== undefined || state.writer?.term === document.termTried;
  if (now >= endsAt || isInVain) markWhole(step, document);
  else wakeBy(state, endsAt);
  return false;
}

function askFirst(step: Step, document: DocumentState, sources: readonly Link[]): boolean {
  const next = sources.find(({ id }) => !document.tried.has(id));
  if (next !== undefined) ask(step, document, next.id, undefined);
  return next !== undefined;
}

/** All were silent or incomplete when asked: begin again, but not in the same breath. */
function beginAgain({ state, now }: Step, document: DocumentState, sources: readonly Link[]): void {
  if (sources.length === 0 && document.termTried === 0) return;
  const againAt = document.catchUpEndedAt + CATCH_UP_SILENCE_MS;
  if (now >= againAt) {
    document.tried.clear();
    document.termTried = 0;
  }
  wakeBy(state, Math.max(now, againAt));
}

function completeOnes(step: Step): Link[] {
  return listenedTo(step).filter(({ status }) => status?.isComplete === true);
}

/** Whom it makes sense to ask, best first. */
export function listenedTo({ state, now }: Step): Link[] {
  return rankedLinks(state).filter((link) => !isMuted(link, now));
}

/** An answer has been applied: what the one who gave it says of it. */
export function noteWord(step: Step, document: DocumentState, from: PeerId, { isComplete }: { readonly isComplete: boolean }): void {
  if (document.isWhole) return;
  const { now } = step;
  // It was in office when it was asked: all that was acknowledged before was acknowledged by it, or lay in the store that it has read.
  const isWriters = (document.catchUp?.term ?? 0) > 0;
  document.tried.add(from);
  if (!document.isStored) return;
  if (isComplete && isWriters) {
    document.vouchedAt = Infinity;
    return markWhole(step, document);
  }
  if (isWriters) noteNotYet(step, document, from);
  // Who had been complete, and now has to read the store first, is worth what it was. What it says by now may be later than its answer.
  if (isComplete || (document.name === MAIN && document.catchUp?.wasComplete === true))
    document.vouchedAt = Math.min(document.vouchedAt, now);
}

/** The writer has not read the store yet: it is asked again a little later, or when it says so. */
function noteNotYet({ state, now }: Step, document: DocumentState, writer: PeerId): void {
  document.notYetMs = Math.min(CATCH_UP_SILENCE_MS, Math.max(CATCH_UP_PAUSE_MS, document.notYetMs * 2));
  document.notYetAt = now;
  if (document.readingSince === -Infinity) document.readingSince = now;
  document.notYetRevision = state.links.get(writer)?.status?.revision;
}

/** It has not even opened the document, and is about to. */
export function noteOpening(step: Step, document: DocumentState, writer: PeerId): void {
  noteNotYet(step, document, writer);
  if (document.openingSince === -Infinity) document.openingSince = step.now;
}

/** The writer invites who asked it too early. */
export function noteInvited({ state }: Step, document: DocumentState, from: PeerId): void {
  if (!document.isWhole && from === state.writer?.id) document.notYetAt = -Infinity;
}

/** The question for the whole came to nothing. */
export function noteSilence(document: DocumentState, { peer, term }: CatchUp): void {
  if (term > 0 && document.isStored) document.termTried = term;
  else document.tried.add(peer);
}

/** A further voucher is being asked, and now there is a writer: its answer is worth more, and no use is left for the other. */
export function isOvertaken(step: Step, document: DocumentState, { term, about, count }: CatchUp): boolean {
  if (document.isWhole || document.vouchedAt === Infinity) return false;
  return term === 0 && about === undefined && count === undefined && writerToAsk(step, document) !== undefined;
}

/** The store has been read: our answers are the whole from now on, and who asked too early is to hear of it. */
export function noteLoaded(step: Step, document: DocumentState): void {
  const wasWhole = document.isWhole;
  const isNews = document.vouchesFrom === Infinity;
  document.vouchesFrom = -Infinity;
  document.vouchedAt = Infinity;
  markWhole(step, document);
  if (wasWhole && isNews && document.name === MAIN) changeStatus(step, {});
  for (const { id, held } of step.state.links.values()) {
    if (!held.askedEarly.delete(document.name)) continue;
    const frame = { kind: 'invite', document: document.name, stateVector: new Uint8Array() } as const;
    step.effects.push({ kind: 'request', peer: id, frame });
  }
}

/** From when on our answers are the whole: in office not before the store has been read, for we may be behind it ourselves. */
export function noteOffice({ state, now }: Step, termBefore: number): void {
  const { term } = state.status;
  for (const document of state.documents.values()) {
    if (!document.isStored) continue;
    if (term > termBefore) document.vouchesFrom = Infinity;
    // Who asked us as the writer, and waits for the answer still, must not take it for the whole.
    else if (term === 0 && document.vouchesFrom === Infinity) document.vouchesFrom = now + CATCH_UP_SILENCE_MAX_MS;
  }
}
