/**
 * Who has which stored document open. The writer keeps each of these open itself, so that all that is said of watermarks and of the
 * whole holds for them as for `main`; so everybody tells it. What nobody has open costs the writer nothing.
 *
 *   a peer                                      the writer
 *   a writer is new to it ── holding, all ────► knows exactly these, as of this revision
 *   opens, closes ── holding, released ───────► the next revision: adds, takes away
 *   echo, with its revision ──────────────────► another than is known: recount ──► holding, all
 *
 * `main` is everybody's and documents of memory are nobody's: neither is told. Here it is only recorded; the host opens and closes.
 */

import type { PeerId } from '../src/base/ids.js';
import type { DocumentState } from './document-state.js';
import type { EngineState, Link, Step } from './engine-state.js';
import { MAIN, MEMORY_PREFIX, isDocumentId } from './keys.js';
import { COUNT_MAX, DOCUMENTS_IN_FRAME_MAX, HELD_BY_ALL_MAX, HELD_DOCUMENTS_MAX, HOLDING_BYTES_MAX } from './limits.js';
import type { Frame } from './wire/frame.js';

type FrameOf<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

/** What the writer knows of what a peer has open. */
export interface Held {
  /** Of the peer's own count of its openings and closings; -1 where it is not sure. */
  revision: number;
  readonly documents: Set<string>;
  /** What it asked for before we had read it: it is told when we have. */
  readonly askedEarly: Set<string>;
}

export function createHeld(): Held {
  return { revision: 0, documents: new Set(), askedEarly: new Set() };
}

/** Whether others tell the writer of it, and it opens it for them. What is no id was never opened by anybody, whatever a frame says. */
export function isKeptForOthers(document: string): boolean {
  return document !== MAIN && !document.startsWith(MEMORY_PREFIX) && isDocumentId(document);
}

function isTold({ name, isStored }: DocumentState): boolean {
  return isStored && isKeptForOthers(name);
}

/** We opened it. As the writer, others may have opened it before us, or have closed it since. */
export function tellOpened(step: Step, document: DocumentState): void {
  const { state, effects } = step;
  if (!isTold(document)) return;
  const { name } = document;
  tellWriter(step, { kind: 'holding', revision: ++state.heldRevision, isAll: false, documents: [name] });
  if (state.status.term > 0 && !state.holders.has(name)) effects.push({ kind: 'document-unheld', document: name });
}

export function tellClosed(step: Step, document: DocumentState): void {
  const { state, effects } = step;
  if (!isTold(document)) return;
  const { name } = document;
  tellWriter(step, { kind: 'released', revision: ++state.heldRevision, documents: [name] });
  // Somebody opened it in the very moment.
  if (state.status.term > 0 && state.holders.has(name)) effects.push({ kind: 'document-wanted', document: name });
}

function tellWriter({ state, effects }: Step, frame: FrameOf<'holding' | 'released'>): void {
  const { writer, self } = state;
  if (writer !== undefined && writer.id !== self) effects.push({ kind: 'request', peer: writer.id, frame });
}

/** A writer knows nothing of what its predecessor was told. */
export function tellAll(step: Step): void {
  const { state } = step;
  if (state.heldRevision === 0) return; // as it believes of whom it does not know
  const names = [...state.documents.values()].filter(isTold).map(({ name }) => name);
  const parts = inParts(names);
  // Each part is one revision, so that one that is lost is missed. There were at least as many openings as there are parts.
  const before = state.heldRevision - parts.length;
  for (const [index, documents] of parts.entries())
    tellWriter(step, { kind: 'holding', revision: before + index + 1, isAll: index === 0, documents });
}

/** At least one part, be it empty. */
function inParts(names: readonly string[]): string[][] {
  let part: string[] = [];
  const parts = [part];
  let bytes = 0;
  for (const name of names) {
    const nameBytes = Buffer.byteLength(name);
    if (part.length > 0 && (bytes + nameBytes > HOLDING_BYTES_MAX || part.length === DOCUMENTS_IN_FRAME_MAX)) {
      part = [];
      parts.push(part);
      bytes = 0;
    }
    part.push(name);
    bytes += nameBytes;
  }
  return parts;
}

export function onHolding(step: Step, sender: PeerId, { revision, isAll, documents }: FrameOf<'holding'>): void {
  const link = listeningTo(step, sender, revision);
  if (link === undefined) return;
  const { held } = link;
  if (isAll) {
    const named = new Set(documents);
    for (const name of held.documents) if (!named.has(name)) release(step, link, name);
    held.revision = revision;
  } else if (revision === held.revision + 1) {
    held.revision = revision;
  } else if (revision <= held.revision) {
    return; // it came by a slower way
  }
  // Behind a hole it adds what is true all the same; the echo shows that something is missing.
  for (const name of documents) hold(step, link, name);
}

export function onReleased(step: Step, sender: PeerId, { revision, documents }: FrameOf<'released'>): void {
  const link = listeningTo(step, sender, revision);
  if (link === undefined || revision !== link.held.revision + 1) return;
  link.held.revision = revision;
  for (const name of documents) release(step, link, name);
}

/** Only the writer listens, and not to a count that nobody has reached. */
function listeningTo({ state }: Step, sender: PeerId, revision: number): Link | undefined {
  return state.status.term > 0 && revision <= COUNT_MAX ? state.links.get(sender) : undefined;
}

export function onRecount(step: Step, sender: PeerId): void {
  if (step.state.writer?.id === sender) tellAll(step);
}

/** What an echo says of its sender's count. */
export function compareHeld({ state, effects }: Step, sender: PeerId, revision: number): void {
  const link = state.links.get(sender);
  if (state.status.term === 0 || link === undefined || revision <= link.held.revision || revision > COUNT_MAX) return;
  effects.push({ kind: 'request', peer: sender, frame: { kind: 'recount' } });
}

/** A peer asks for a document that we keep for others, which shows that it has it open. */
export function noteAsker(step: Step, link: Link, name: string): void {
  // It did not tell us, or something is on its way: the next echo brings it out.
  if (!link.held.documents.has(name)) link.held.revision = -1;
  hold(step, link, name);
}

function hold({ state, effects }: Step, { id, held }: Link, name: string): void {
  if (!isKeptForOthers(name)) return;
  const isKnown = state.holders.has(name);
  if (held.documents.size < HELD_DOCUMENTS_MAX && (isKnown || state.holders.size < HELD_BY_ALL_MAX)) {
    held.documents.add(name);
    const holders = state.holders.get(name) ?? new Set();
    state.holders.set(name, holders.add(id));
  }
  if (!state.documents.has(name)) effects.push({ kind: 'document-wanted', document: name });
}

function release(step: Step, { id, held }: Link, name: string): void {
  held.askedEarly.delete(name);
  if (!held.documents.delete(name)) return;
  noteUnheld(step, id, name);
}

function noteUnheld({ state, effects }: Step, peer: PeerId, name: string): void {
  const holders = state.holders.get(name);
  holders?.delete(peer);
  if (holders === undefined || holders.size > 0) return;
  state.holders.delete(name);
  if (state.documents.has(name)) effects.push({ kind: 'document-unheld', document: name });
}

/** It is gone, and has nothing open any more. */
export function forgetHolder(step: Step, { id, held }: Link): void {
  for (const name of held.documents) noteUnheld(step, id, name);
}

/** We write no longer: who does is told by everybody. */
export function forgetHolders({ holders, links }: EngineState): void {
  holders.clear();
  for (const link of links.values()) link.held = createHeld();
}
