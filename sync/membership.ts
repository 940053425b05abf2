/** Who is there, what they say of themselves, and who of them is the writer. */

import type { InstanceId, PeerId } from '../src/base/ids.js';
import type { WriterRef } from './engine-io.js';
import type { DocumentState } from './document-state.js';
import type { EngineState, Link, Step } from './engine-state.js';
import { wakeBy } from './engine-state.js';
import { tellAll } from './holding.js';
import { GROUP_KEY, MAIN } from './keys.js';
import { COUNT_MAX, STALL_MS } from './limits.js';
import { reviewTurn } from './silence.js';
import { reviewStall } from './trouble.js';
import type { PeerStatus } from './wire/frame.js';

export { MAIN } from './keys.js'; // where the whole of a group is spoken of, it is the whole of this document

/** Records what a linked peer says of itself, and tells what of it is news. */
export function noteStatus(step: Step, peer: PeerId, status: PeerStatus): void {
  const link = step.state.links.get(peer);
  if (link === undefined || status.revision > COUNT_MAX) return;
  if (link.status !== undefined && status.revision < link.status.revision) return;
  const before = link.status?.instances ?? [];
  if (link.status?.revision !== status.revision) link.statusAt = step.now;
  link.status = status;
  link.canWrite = status.canWrite;
  link.takingOverSince = status.isTakingOver ? Math.min(link.takingOverSince, step.now) : Infinity;
  if (status.isTakingOver) wakeBy(step.state, step.now + STALL_MS);
  tellInstances(step, before, status.instances);
  reviewWriter(step);
}

export function tellInstances(step: Step, before: readonly InstanceId[], after: readonly InstanceId[]): void {
  const joined = after.filter((instance) => !before.includes(instance));
  const left = before.filter((instance) => !after.includes(instance));
  if (joined.length + left.length > 0) step.effects.push({ kind: 'instances-changed', joined, left });
}

/** The writer is who claims the highest term. Tells a change, asks again what waits for a writer, and sees whether there can be one. */
export function reviewWriter(step: Step): void {
  noteWriter(step);
  reviewStall(step);
  // What waits for a writer that cannot come hears so in the next tick, which is now: nothing else may ever happen here.
  const { state, now } = step;
  const isWaiting = state.writer === undefined && state.flushes.size + state.maintenance.size > 0;
  if (isWaiting && state.hasRoster && !canAnyoneWrite(state)) wakeBy(state, now);
}

function noteWriter(step: Step): void {
  const { state, now } = step;
  let writer: WriterRef | undefined = state.status.term > 0 ? { id: state.self, term: state.status.term } : undefined;
  for (const { id, status } of state.links.values()) {
    if (status !== undefined && status.term > (writer?.term ?? 0)) writer = { id, term: status.term };
  }
  if (writer !== undefined && writer.term <= COUNT_MAX) state.termHeard = Math.max(state.termHeard, writer.term);
  const isNews = writer?.id !== state.writer?.id || writer?.term !== state.writer?.term;
  state.writer = writer;
  reviewTurn(step);
  if (!isNews) return;
  state.writerHeardAt = now;
  // A stalled writer that is replaced is as good as one that recovers; while nobody follows it, nothing has recovered.
  if (state.stallReason !== undefined && writer !== undefined) {
    state.stallReason = undefined;
    step.effects.push({ kind: 'recovered', writer });
  }
  for (const document of state.documents.values()) {
    // Who claimed our office and went has taken nothing out of our store.
    document.stored = new Map(writer?.id === state.self ? document.storedHere : []);
    document.openingSince = -Infinity;
    document.readingSince = -Infinity;
  }
  // What waits for an acknowledgement asks the new writer in the next tick, which is now.
  for (const flush of state.flushes.values()) flush.askedAt = -Infinity;
  wakeBy(state, state.flushes.size + state.maintenance.size > 0 ? now : now + STALL_MS);
  step.effects.push({ kind: 'writer-changed', writer });
  tellAll(step);
}

/** Changes what this peer says of itself, and says it, behind what it has to say to single peers because of it. */
export function changeStatus(step: Step, change: Partial<PeerStatus>, tellSingly?: () => void): void {
  const { status } = step.state;
  step.state.status = { ...status, ...change, revision: status.revision + 1 };
  step.state.pace.stirredAt = step.now;
  tellSingly?.();
  if (step.state.links.size === 0) return;
  step.effects.push({ kind: 'publish', key: GROUP_KEY, frame: { kind: 'status', status: step.state.status } });
}

/** Whether anybody here stands for election, of whatever version; if not, every reachable peer counts as complete. */
export function canAnyoneWrite({ status, links, refused }: EngineState): boolean {
  if (status.canWrite) return true;
  for (const { canWrite } of refused.values()) if (canWrite) return true;
  for (const link of links.values()) if (link.canWrite) return true;
  return false;
}

/** `synced` may be said. It says nothing to others: where nobody may write, nobody knows what the store holds. */
export function markSynced(step: Step, document: DocumentState): void {
  if (document.isSynced) return;
  document.isSynced = true;
  step.effects.push({ kind: 'synced', document: document.name });
}

/** From now on our answers are the whole. */
export function markWhole(step: Step, document: DocumentState): void {
  markSynced(step, document);
  if (document.isWhole) return;
  document.isWhole = true;
  if (document.name === MAIN) changeStatus(step, { isComplete: true });
}

/** Links in the order in which they are best asked: the writer, the complete ones, the rest. */
export function rankedLinks({ links, writer }: EngineState): Link[] {
  const rank = (link: Link): number => (link.id === writer?.id ? 0 : link.status?.isComplete ? 1 : 2);
  return [...links.values()].filter((link) => link.status !== undefined).sort((a, b) => rank(a) - rank(b));
}
