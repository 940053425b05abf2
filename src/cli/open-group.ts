/**
 * How a command gets at a group's document. Looking joins as one that never writes where somebody runs the group, and
 * else reads a copy of the store: nobody is elected and no byte changes. Changing joins as everybody does.
 */

import { pause, systemClock } from '../base/clock.js';
import { inspectGroup, join } from '../index.js';
import type { GroupReport, Instance, StoreSurvey, Warning, Y } from '../index.js';
import { withDeadline } from './deadline.js';
import { CliError } from './exit.js';
import { messageOf } from '../library/exchange/reading-error.js';
import { visible } from './output/format.js';
import type { Terminal } from './output/terminal.js';
import type { CommonOptions, Session, WaitOptions } from './session.js';

export interface GroupView {
  readonly doc: Y.Doc;
  readonly report: GroupReport;
  /** Absent where nobody runs the group. */
  readonly instance: Instance | undefined;
  /** What was found wrong in the store, where that was read. */
  readonly damage: readonly string[];
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
    const { instance } = view;
    try {
      return await (instance === undefined ? use(view, signal) : sayingWhoIsSilent(instance, options, () => use(view, signal)));
    } finally {
      await instance?.close();
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
    const { terminal } = session;
    for (const warning of instance.inspect().warnings) warnOfStore(terminal, warning);
    instance.on('warning', (warning) => warnOfStore(terminal, warning));
    try {
      const result = await sayingWhoIsSilent(instance, options, () => change(instance, signal));
      const { term } = await whileTelling(instance, options, session, () => flush(instance, signal));
      return { result, term };
    } finally {
      await instance.close();
    }
  });
}

/** As `changeGroup`, for what the writer carries out: says for whom it waits. */
export function askWriter<T>(
  group: string,
  options: WaitOptions,
  session: Session,
  ask: (instance: Instance, signal: AbortSignal) => Promise<T>,
): Promise<Changed<T>> {
  return changeGroup(group, options, session, (instance, signal) => whileTelling(instance, options, session, () => ask(instance, signal)));
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

export function damageText({ document, what }: StoreSurvey['damage'][number]): string {
  return document === undefined || what.includes(document) ? what : `${document}: ${what}`;
}

/** True where there was something to warn of. */
export function warnOfDamage(terminal: Terminal, damage: readonly string[]): boolean {
  for (const text of damage) terminal.note(`${terminal.styleNote('yellow', 'warning:')} ${visible(text)}`);
  return damage.length > 0;
}

async function openView(report: GroupReport, options: ViewOptions, signal: AbortSignal): Promise<GroupView> {
  const isStoreAllThereIs = !isRun(report) && report.store !== undefined;
  if (isStoreAllThereIs) return readStored(report);
  const instance = await joinToLook(report.group, options, signal);
  if (!instance.inspect().isSynced) return { doc: instance.doc, report, instance, damage: [] };
  // Whoever ran it may have left meanwhile: alone and not allowed to write, this replica is empty and knows nothing.
  if (report.store === undefined || instance.peers.some((peer) => !peer.isSelf)) return { doc: instance.doc, report, instance, damage: [] };
  await instance.close();
  return readStored(report);
}

async function readStored(report: GroupReport): Promise<GroupView> {
  const damage = new Set<string>();
  const doc = await report.read('main', { onDamage: (found) => damage.add(damageText(found)) });
  return { doc, report, instance: undefined, damage: [...damage] };
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

function warnOfStore(terminal: Terminal, { code, message }: Warning): void {
  if (code === 'store-damaged') warnOfDamage(terminal, [`${message} [${code}]`]);
}

/** A writer that is merely busy has confirmed by then. */
const QUIET_MS = 1500;

/** Says for whom a change waits, so that nobody looks at a command that seems to do nothing. */
async function whileTelling<T>(instance: Instance, options: WaitOptions, session: Session, wait: () => Promise<T>): Promise<T> {
  const waited = new AbortController();
  const told = tellLater(instance, options, session, waited.signal);
  try {
    return await wait();
  } finally {
    waited.abort();
    await told;
  }
}

async function tellLater(instance: Instance, options: WaitOptions, { terminal }: Session, waited: AbortSignal): Promise<void> {
  await pause(systemClock, QUIET_MS, waited);
  if (waited.aborted) return;
  const writer = await lookForWriter(instance, options);
  if (waited.aborted) return;
  if (writer === undefined) terminal.note('waiting for a writer to confirm');
  else if ('why' in writer) terminal.note(`waiting for a writer to confirm; who that is cannot be seen: ${visible(writer.why)}`);
  else terminal.note(`waiting for the writer (process ${writer.pid}) to confirm${writer.hasAnswered ? '' : '; it does not answer'}`);
}

/** What was not found with the others may be with a writer that is stopped: that it does not answer is said with it. */
async function sayingWhoIsSilent<T>(instance: Instance, options: WaitOptions, look: () => Promise<T> | T): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof CliError) || error.ending !== 'notFound') throw error;
    const doubt = doubtOf(await lookForWriter(instance, options));
    if (doubt === undefined) throw error;
    throw new CliError(error.ending, error.message, { hint: error.hint === undefined ? doubt : `${error.hint}; ${doubt}`, cause: error });
  }
}

function doubtOf(writer: WriterSeen | Unseen | undefined): string | undefined {
  if (writer === undefined) return undefined;
  if ('why' in writer) return `whether a writer has more cannot be seen: ${writer.why}`;
  return writer.hasAnswered ? undefined : `the writer (process ${writer.pid}) does not answer, and may have more`;
}

interface WriterSeen {
  readonly pid: number;
  readonly hasAnswered: boolean;
}

/** The group could not be looked at. */
interface Unseen {
  readonly why: string;
}

/** Who writes by its own word or by its lock; undefined where nobody holds it. Never rejects: what it is asked for is told all the same. */
async function lookForWriter(instance: Instance, options: WaitOptions): Promise<WriterSeen | Unseen | undefined> {
  let report: GroupReport;
  try {
    report = await inspectGroup(instance.group, placeOf(options));
  } catch (error) {
    return { why: messageOf(error) };
  }
  const { peers, owner } = report;
  const writer = peers.find(({ id }) => id === (instance.writer?.id ?? owner?.peer));
  if (writer === undefined) return undefined;
  const { pid } = writer;
  return { pid, hasAnswered: instance.peers.some((peer) => peer.id === writer.id && peer.pid === pid) && !instance.inspect().isStalled };
}
