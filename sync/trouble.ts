/**
 * When a group cannot write at all: nobody does, and everybody who may has said why it cannot. As long as one is left who may still
 * succeed, waiting is right; after that it is not. Told once, and ended by the next writer.
 */

import type { SocommErrorCode } from '../src/base/errors.js';
import type { PeerId } from '../src/base/ids.js';
import { wakeBy } from './engine-state.js';
import type { EngineState, Step } from './engine-state.js';

/** Why nobody can write; undefined while somebody does, or may yet. Ours counts first, then that of the lowest peer. */
export function whyNobodyWrites({ self, status, writer, hasRoster, links, refused }: EngineState): SocommErrorCode | undefined {
  if (writer !== undefined || !hasRoster) return undefined;
  // The store may be held by one whom we cannot hear.
  for (const { canWrite } of refused.values()) if (canWrite) return undefined;
  const mayWrite = [...links.values()].filter(({ canWrite }) => canWrite).map((link) => ({ id: link.id, status: link.status }));
  if (status.canWrite) mayWrite.push({ id: self, status });
  let first: PeerId | undefined;
  let reason: SocommErrorCode | undefined;
  for (const { id, status: told } of mayWrite) {
    if (told === undefined || told.trouble === '' || told.isTakingOver) return undefined;
    if (first !== self && (first === undefined || id === self || id < first)) {
      first = id;
      reason = told.trouble;
    }
  }
  return reason;
}

/** Tells it when the group has become unable to write; who waits for a writer is looked at in the next tick, which is now. */
export function reviewStall({ state, now, effects }: Step): void {
  const reason = whyNobodyWrites(state);
  if (reason === undefined) return;
  if (state.flushes.size + state.maintenance.size > 0) wakeBy(state, now);
  const isNews = state.stallReason === undefined || state.stallReason === 'writer-silent';
  state.stallReason = reason;
  if (isNews) effects.push({ kind: 'stalled', writer: undefined, reason });
}
