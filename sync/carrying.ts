/**
 * What a flush carries: a change that was written right before it goes to the writer on the way of the question, ahead of it, so that the writer is
 * woken once and has what it is asked for. Where others are there it is published as well, afterwards; whoever gets a frame twice drops the second
 * by its number. What is lost on the way is missed like any other frame: the last number is repeated after a burst.
 *
 *   set, flush()   request: updates n, flush n ──► writer: applies, begins the batch
 *                  publish: updates n ───────────► the others; the writer has it
 *
 * Only where the writer is known to have all before it: a frame that came ahead of others would be behind a hole.
 */

import type { PeerId } from '../src/base/ids.js';
import type { Effect } from './engine-io.js';
import type { EngineState, Step } from './engine-state.js';
import { FLUSH_CARRIED_BYTES_MAX } from './limits.js';
import type { CarriedFrame } from './wire/frame.js';

/** `ask` pushes the question. What was published since `begun` goes behind it, where all of that can be carried. */
export function askCarrying(step: Step, begun: number, ask: () => void): void {
  const { state, effects } = step;
  const frames = effects.slice(begun).map(framePublished);
  const writer = state.writer?.id;
  if (writer === undefined || !isCarried(state, writer, frames)) return ask();
  const published = effects.splice(begun);
  for (const frame of frames) effects.push({ kind: 'request', peer: writer, frame });
  ask();
  // Where the writer is the only one there, nobody is left to tell.
  if (state.links.size > 1) effects.push(...published);
}

function framePublished(effect: Effect): CarriedFrame | undefined {
  return effect.kind === 'publish' && effect.frame.kind === 'updates' ? effect.frame : undefined;
}

function isCarried(state: EngineState, writer: PeerId, frames: readonly (CarriedFrame | undefined)[]): frames is readonly CarriedFrame[] {
  if (writer === state.self || state.links.get(writer)?.isReady !== true) return false;
  let bytes = 0;
  for (const frame of frames) {
    if (frame === undefined || !isNextThere(state, frame)) return false;
    for (const update of frame.updates) bytes += update.length;
  }
  return bytes <= FLUSH_CARRIED_BYTES_MAX;
}

function isNextThere({ self, documents }: EngineState, { document: name, seq }: CarriedFrame): boolean {
  const document = documents.get(name);
  return document?.isStored === true && (document.stored.get(self) ?? 0) === seq - 1;
}
