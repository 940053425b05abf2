/**
 * Numbers per sender: what is next is applied, what was there is dropped, what lies behind a hole is held.
 * A hole is seen before anything is applied, so nothing is ever applied out of its sender's order.
 */

import type { PeerId } from '../src/base/ids.js';
import type { DocumentState } from './document-state.js';
import type { Step } from './engine-state.js';
import type { Vector } from './wire/frame.js';

export type Accepted = 'applied' | 'duplicate' | 'held';

export function accept(step: Step, document: DocumentState, from: PeerId, seq: number, updates: readonly Uint8Array[]): Accepted {
  const applied = document.applied.get(from) ?? 0;
  noteSaid(document, from, seq);
  if (seq <= applied) {
    step.state.counters.duplicates++;
    return 'duplicate';
  }
  if (seq > applied + 1) {
    hold(step, document, { from, seq, updates });
    return 'held';
  }
  apply(step, document, from, seq, updates);
  release(step, document, from);
  return 'applied';
}

function apply(step: Step, document: DocumentState, from: PeerId, seq: number, updates: readonly Uint8Array[]): void {
  document.applied.set(from, seq);
  document.changedAt = step.now;
  step.state.counters.applied++;
  step.effects.push({ kind: 'apply', document: document.name, updates, from, cause: { kind: 'frame', seq } });
}

interface NumberedUpdates {
  readonly from: PeerId;
  readonly seq: number;
  readonly updates: readonly Uint8Array[];
}

/** Frames over the limit are forgotten: catch-up will carry what they held. */
function hold({ state: { limits } }: Step, document: DocumentState, { from, seq, updates }: NumberedUpdates): void {
  const frames = document.held.get(from) ?? new Map<number, readonly Uint8Array[]>();
  const bytes = bytesOf(updates);
  if (frames.has(seq) || frames.size >= limits.heldFramesMax || document.heldBytes + bytes > limits.heldBytesMax) return;
  frames.set(seq, updates);
  document.held.set(from, frames);
  document.heldBytes += bytes;
}

/** Applies what is next in line, forgets what has been overtaken. */
function release(step: Step, document: DocumentState, from: PeerId): void {
  const frames = document.held.get(from);
  if (frames === undefined) return;
  for (const [seq, updates] of [...frames].sort(([a], [b]) => a - b)) {
    const applied = document.applied.get(from) ?? 0;
    if (seq > applied + 1) break;
    frames.delete(seq);
    document.heldBytes -= bytesOf(updates);
    if (seq === applied + 1) apply(step, document, from, seq, updates);
  }
  if (frames.size === 0) document.held.delete(from);
}

/** Takes over the baseline of an answer: the difference that came with it held all of these frames. */
export function adopt(step: Step, document: DocumentState, vector: Vector): void {
  for (const [peer, seq] of vector) {
    if (peer === step.state.self) continue;
    // Numbers of peers that we have not met would be handed around for ever; if one comes, it is asked.
    if (!step.state.links.has(peer) && !step.state.departed.has(peer)) continue;
    if (seq > (document.tails.get(peer) ?? 0)) document.tails.set(peer, seq);
    if (seq > (document.applied.get(peer) ?? 0)) document.applied.set(peer, seq);
    release(step, document, peer);
  }
}

/**
 * A sender's own word on its last number outweighs all hearsay: what others claimed beyond anything that it ever said was wrong,
 * or ahead by what is under way. Returns whether our own count had been misled: then frames may have been dropped as seen.
 */
export function believeSender(document: DocumentState, sender: PeerId, seq: number): boolean {
  const said = noteSaid(document, sender, seq);
  if ((document.tails.get(sender) ?? 0) > said) document.tails.set(sender, said);
  if ((document.applied.get(sender) ?? 0) <= said) return false;
  document.applied.set(sender, said);
  return true;
}

/** A late word is below an earlier one. */
function noteSaid({ said }: DocumentState, sender: PeerId, seq: number): number {
  const highest = Math.max(seq, said.get(sender) ?? 0);
  said.set(sender, highest);
  return highest;
}

/**
 * Gives up a hole that nobody alive can fill. What is held behind it builds on what is missing, and goes with it. The number
 * stays where it was: it never claims what we have not, and if the sender was only cut off, it is asked when it comes back.
 */
export function giveUpHole(step: Step, document: DocumentState, from: PeerId): void {
  forgetHeld(document, from);
  document.tails.set(from, document.applied.get(from) ?? 0);
  step.state.counters.skipped++;
}

export function forgetHeld(document: DocumentState, from: PeerId): void {
  for (const updates of document.held.get(from)?.values() ?? []) document.heldBytes -= bytesOf(updates);
  document.held.delete(from);
}

function bytesOf(updates: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const update of updates) bytes += update.length;
  return bytes;
}
