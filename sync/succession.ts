/**
 * Who follows the writer, as far as it can be known beforehand: a matter of pace, never of right, for the lock alone decides. The one
 * who has been here longest goes first, and the others give it a moment. Spec: docs/ELECTION.md, "Who goes first".
 */

import type { EngineState } from './engine-state.js';

/** How many go before us: who may write, can be heard, and was here when we came. */
export function countElders({ links, silent, writer }: Readonly<EngineState>): number {
  let count = 0;
  for (const { id, isElder, status } of links.values()) {
    if (isElder && id !== writer?.id && status?.canWrite === true && status.trouble === '' && !silent.has(id)) count++;
  }
  return count;
}

/** How many of us look at the lock of who writes; one, where nobody does: then each is to take it as soon as it can. */
export function countLookers({ links, silent, writer }: Readonly<EngineState>): number {
  let count = 1;
  if (writer === undefined) return count;
  for (const { id, canWrite, isMet } of links.values()) if (canWrite && isMet && id !== writer.id && !silent.has(id)) count++;
  return count;
}

/** Whoever says that it takes over has the lock, and needs the processor more than we need another refusal. */
export function isBeingTakenOver({ links }: Readonly<EngineState>): boolean {
  for (const { status } of links.values()) if (status?.isTakingOver === true) return true;
  return false;
}
