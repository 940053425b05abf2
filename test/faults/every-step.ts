/**
 * A scenario with one fault after the other: at each of its calls, or at one of each kind. Afterwards each store is opened
 * by a process without faults, and must hold one of the contents that the scenario went through, none older than what was
 * acknowledged, under a higher term, with nothing put into quarantine.
 */

import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import type { Member, Place } from '../process/members.js';
import { stepOf } from './faulted.js';
import type { Call, Content, Fault, FaultPlan, Faults, Run } from './faulted.js';
import { NO_BLOBS, bothBlobs, whatIsNotCleaned, whatIsWrongWithBlobs } from './left-blobs.js';
import type { ToldBlobs } from './left-blobs.js';

/** Runs at a time: mostly they wait. */
const RUNS_AT_ONCE = 3;
const COMPLAINT_LENGTH_MAX = 1500;

export interface Walk {
  readonly place: Place;
  readonly faults: Faults;
  readonly scenario: string;
  /** Something else must lie in the store before. */
  readonly hasPrelude: boolean;
  /** What lies there is damaged: it is told, and kept in quarantine. */
  readonly isDamaged?: boolean;
  /** Only at calls on these files, below the store. Default: all. */
  readonly only?: RegExp | undefined;
  /** The faults in turn; EMFILE counts other calls than the rest, and stands alone. */
  readonly plan: { readonly faults: readonly Fault[]; readonly to: 'freed' | 'one' };
  /** All calls, or how many kinds of them. */
  readonly steps: 'all' | number;
}

export interface Step {
  readonly at: number;
  readonly name: string;
  readonly run: Run;
  /** What is wrong with what was found; undefined where all is well. */
  readonly wrong: string | undefined;
}

/** The one who looks at what is left, and the name of its copy in turn. */
interface Verifier {
  readonly member: Member;
  readonly build: string;
  count: number;
}

export async function walk({ place, faults, scenario, hasPrelude, isDamaged = false, only, plan, steps }: Walk): Promise<readonly Step[]> {
  const folder = join(place.folder, `walk-${readdirSync(place.folder).length}`);
  mkdirSync(folder);
  const prepared = join(folder, 'prepared');
  const prelude = hasPrelude ? await prepare({ place, faults, scenario, folder: prepared }) : { content: {}, blobs: NO_BLOBS };
  const runOne = async (name: string, at?: FaultPlan): Promise<{ run: Run; directory: string }> => {
    const own = join(folder, name);
    const directory = join(own, 's');
    mkdirSync(own);
    if (hasPrelude) cpSync(prepared, own, { recursive: true, filter: (path) => path !== join(prepared, 'calls') });
    const order = { scenario, part: 'run', directory, runtimeDirectory: place.sockets, folder: own } as const;
    return { directory, run: await faults.run(at === undefined ? order : { ...order, plan: at }) };
  };
  // Once without a fault, to count.
  const countingPlan: FaultPlan = { fault: plan.faults[0] ?? 'EIO', at: 0, to: 0 };
  const { run: whole } = await runOne('whole', countingPlan);
  if (!whole.isClosed) throw new Error(`${scenario} failed without a fault: ${whole.errors}\n${whole.lines.join('\n')}`);
  const verifier: Verifier = { member: place.fork(), build: faults.build, count: 0 };
  const found: Step[] = [];
  const waiting = choose(only === undefined ? whole.calls : whole.calls.filter(({ path }) => only.test(path)), steps);
  const work = async (): Promise<void> => {
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      const fault = plan.faults[at % plan.faults.length] as Fault;
      const { run, directory } = await runOne(String(at), { fault, at, to: plan.to === 'one' ? at : 'freed' });
      const call = run.calls.find(({ isFaulty }) => isFaulty) ?? whole.calls[at - 1];
      const wrong = ending(run, fault) ?? (await whatIsWrong(verifier, { run, directory, prelude, isDamaged }));
      found.push({ at, name: call === undefined ? 'none' : stepOf(call), run, wrong });
    }
  };
  await Promise.all(Array.from({ length: RUNS_AT_ONCE }, work));
  return found.toSorted((a, b) => a.at - b.at);
}

/** What lies there before the run. */
interface Prelude {
  readonly content: Content;
  readonly blobs: ToldBlobs;
}

async function prepare({
  place,
  faults,
  scenario,
  folder,
}: {
  place: Place;
  faults: Faults;
  scenario: string;
  folder: string;
}): Promise<Prelude> {
  mkdirSync(folder);
  const run = await faults.run({ scenario, part: 'prepare', directory: join(folder, 's'), runtimeDirectory: place.sockets, folder });
  const content = run.states.at(-1);
  if (content === undefined) throw new Error(`${scenario} could not be prepared: ${run.errors}`);
  return { content, blobs: run.blobs };
}

function ending({ code, signal, errors, lines }: Run, fault: FaultPlan['fault']): string | undefined {
  if (fault.startsWith('kill') ? signal === 'SIGKILL' || code === 0 : code === 0) return undefined;
  return `it ended with ${code ?? signal}: ${lines
    .slice(-3)
    .map((line) => line.slice(0, 80))
    .join(' | ')} ${errors}`;
}

interface Left {
  readonly run: Run;
  readonly directory: string;
  readonly prelude: Prelude;
  readonly isDamaged: boolean;
}

async function whatIsWrong(verifier: Verifier, { run, directory, prelude, isDamaged }: Left): Promise<string | undefined> {
  const name = `verifier-${++verifier.count}`;
  try {
    const remote = await verifier.member.join(name, verifier.build, { options: { directory } });
    const content = await remote.content();
    const { term } = await remote.flush();
    const blobs = bothBlobs(prelude.blobs, run.lines);
    const wrongBlobs = await whatIsWrongWithBlobs(remote, blobs);
    const { warnings } = await remote.inspect();
    const checkpoints = await remote.ask<readonly string[]>('checkpoints');
    await remote.close();
    const allowed = run.states.length === 0 ? [prelude.content] : run.states.slice(isSaved(run) ? -1 : Math.max(0, run.acknowledged));
    if (!allowed.some((state) => isDeepStrictEqual(state, content)))
      return `found ${JSON.stringify(content)} after ${run.acknowledged} acknowledged of ${run.states.length}`;
    if (term <= run.term) return `term ${term} follows ${run.term}`;
    if (wrongBlobs !== undefined) return wrongBlobs;
    if (blobs.begun.length > 0) {
      const unclean = await whatIsNotCleaned(directory, blobs);
      if (unclean !== undefined) return unclean;
    }
    for (const name of run.kept) if (!checkpoints.includes(name)) return `the checkpoint ${name} is gone`;
    if (isDamaged) return undefined;
    if (warnings.length > 0) return `warnings: ${JSON.stringify(warnings)}`;
    const kept = existsSync(join(directory, 'quarantine')) ? readdirSync(join(directory, 'quarantine')) : [];
    return kept.length > 0 ? `in quarantine: ${kept.join(', ')}` : undefined;
  } catch (error) {
    return `the store does not open: ${String(error)}`;
  }
}

/** An orderly end saves all, or says that it could not. */
function isSaved({ isClosed, lines }: Run): boolean {
  return isClosed && !lines.some((line) => /^warning (closed-unconfirmed|spill-failed) /.test(line));
}

/** The logbook of LevelDB is nothing that anybody reads: one kind. The middle call of a kind is in the midst of things. */
function choose(calls: readonly Call[], steps: Walk['steps']): number[] {
  if (steps === 'all') return calls.map(({ number }) => number);
  const kinds = new Map<string, number[]>();
  for (const call of calls) {
    const kind = call.path === 'level/LOG' ? 'logbook' : stepOf(call);
    kinds.set(kind, [...(kinds.get(kind) ?? []), call.number]);
  }
  const middles = [...kinds.values()].map((numbers) => numbers[numbers.length >> 1] ?? 1);
  return middles.filter((_, at) => Math.floor((at * steps) / middles.length) !== Math.floor(((at - 1) * steps) / middles.length));
}

/** One line per kind of step: how often it was hit. */
export function summary(steps: readonly Step[]): string {
  const counts = new Map<string, number>();
  for (const { name } of steps) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ×${count}`).join(', ');
}

/** What is wrong, a line each. */
export function complaints(steps: readonly Step[]): string[] {
  return steps.flatMap(({ at, name, wrong }) =>
    wrong === undefined ? [] : [`call ${at} (${name}): ${wrong.slice(0, COMPLAINT_LENGTH_MAX)}`],
  );
}
