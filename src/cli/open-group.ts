/**
 * How a command gets at a group's document. Looking joins as one that never writes where somebody runs the group, and
 * else reads a copy of the store: nobody is elected and no byte changes. Changing joins as everybody does.
 */

import { inspectGroup, join } from '../index.js';
import type { GroupReport, Instance, Y } from '../index.js';
import { withDeadline } from './deadline.js';
import { CliError } from './exit.js';
import { messageOf } from './failure.js';
import type { CommonOptions, Session, WaitOptions } from './session.js';

export interface GroupView {
  readonly doc: Y.Doc;
  readonly report: GroupReport;
  /** Absent where nobody runs the group. */
  readonly instance: Instance | undefined;
}

export interface ViewOptions extends WaitOptions {
  /** Look after this long even at what has not caught up: nobody may answer. Without it, such a group is an error. */
  readonly patienceMs?: number;
}

/** Errors: notFound where there is neither a peer nor a store; those of `join()`. */
export function viewGroup<T>(
  group: string,
  options: ViewOptions,
  session: Session,
  use: (view: GroupView, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withDeadline(options.timeout, session.signal, async (signal) => {
    const report = await inspectGroup(group, { ...placeOf(options), signal });
    if (report.store === undefined && !report.isAlive) throw groupMissing(report);
    const view = await openView(report, options, signal);
    try {
      return await use(view, signal);
    } finally {
      await view.instance?.close();
    }
  });
}

export interface Changed<T> {
  readonly result: T;
  /** The term of the writer that has it on disk. */
  readonly term: number;
}

/** Joins, hands the caught-up instance to `change`, and makes sure that what it did is on disk. */
export function changeGroup<T>(
  group: string,
  options: WaitOptions,
  session: Session,
  change: (instance: Instance, signal: AbortSignal) => Promise<T> | T,
): Promise<Changed<T>> {
  return withDeadline(options.timeout, session.signal, async (signal) => {
    const instance = await join(group, { ...placeOf(options), storage: 'auto', wait: 'synced', signal });
    try {
      const result = await change(instance, signal);
      const { term } = await flush(instance, signal);
      return { result, term };
    } finally {
      await instance.close();
    }
  });
}

/** Where the group lies, as `inspectGroup` and `join` take it: without keys that are undefined. */
export function placeOf({ directory, runtimeDirectory }: CommonOptions): Pick<CommonOptions, 'directory' | 'runtimeDirectory'> {
  return { ...(directory !== undefined && { directory }), ...(runtimeDirectory !== undefined && { runtimeDirectory }) };
}

/** Whether a live peer may write: only then do others know more than the store. */
export function isRun(report: GroupReport): boolean {
  return report.peers.some((peer) => peer.canWrite);
}

export function groupMissing({ group, directory }: Pick<GroupReport, 'group' | 'directory'>): CliError {
  return new CliError('notFound', `there is no group ${group}`, { hint: `looked in ${directory}; "socomm ls" lists what there is` });
}

async function openView(report: GroupReport, options: ViewOptions, signal: AbortSignal): Promise<GroupView> {
  const isStoreAllThereIs = !isRun(report) && report.store !== undefined;
  if (isStoreAllThereIs) return { doc: await report.read(), report, instance: undefined };
  const instance = await joinToLook(report.group, options, signal);
  if (!instance.inspect().isSynced) return { doc: instance.doc, report, instance };
  // Whoever ran it may have left meanwhile: alone and not allowed to write, this replica is empty and knows nothing.
  if (report.store === undefined || instance.peers.some((peer) => !peer.isSelf)) return { doc: instance.doc, report, instance };
  await instance.close();
  return { doc: await report.read(), report, instance: undefined };
}

async function joinToLook(group: string, { patienceMs, ...options }: ViewOptions, signal: AbortSignal): Promise<Instance> {
  const place = { ...placeOf(options), storage: 'never', signal } as const;
  if (patienceMs === undefined) return join(group, { ...place, wait: 'synced' });
  const instance = await join(group, { ...place, wait: 'none' });
  try {
    await instance.synced({ signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) });
  } catch (error) {
    if (!signal.aborted) return instance;
    await instance.close();
    throw error;
  }
  return instance;
}

async function flush(instance: Instance, signal: AbortSignal): Promise<{ readonly term: number }> {
  try {
    return await instance.flush({ signal });
  } catch (cause) {
    const ending = cause instanceof CliError ? cause.ending : 'failed';
    throw new CliError(ending, `the change was made but is not durable: ${messageOf(cause)}`, {
      hint: 'no writer has confirmed that it is on disk',
      cause,
    });
  }
}
