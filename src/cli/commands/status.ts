/** `socomm status`: who runs a group, who writes, what lies in it and how big it is. */

import { setTimeout } from 'node:timers/promises';

import type { Command } from 'commander';

import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument } from '../command-options.js';
import { inspectGroup, isSocommError } from '../../index.js';
import type { StoreSurvey } from '../../index.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { placeOf, viewGroup } from '../open-group.js';
import type { GroupView } from '../open-group.js';
import type { Session, WaitOptions } from '../session.js';
import { isWriterSilent, measureRates, statusOf } from '../status/status.js';
import { statusLines } from '../status/status-lines.js';

interface StatusOptions extends WaitOptions {
  readonly watch?: boolean;
}

export function registerStatus(program: Command, session: Session): void {
  const command = program.command('status').description('show peers, writer, documents, sizes and rates').addArgument(groupArgument());
  addTimeout(addCommonOptions(command)).option('--watch', 'show it anew each second, until Ctrl-C');
  addExamples(command, 'status com.acme.synth', 'status com.acme.synth --watch', 'status com.acme.synth --json | jq .writer');
  command.action(endWith(session, status));
}

/** A group whose writer is stopped lets nobody catch up; its status is wanted all the more. */
const PATIENCE_MS = 2000;
const SAMPLE_MS = 400;
const HEAR_INTERVAL_MS = 50;
const WATCH_INTERVAL_MS = 1000;

async function status(session: Session, group: string, options: StatusOptions): Promise<Ending> {
  const looking = viewGroup<Ending>(group, { ...options, patienceMs: PATIENCE_MS }, session, async (view, signal) => {
    const survey = view.instance === undefined ? await view.report.survey() : undefined;
    await hearWriter(view, signal);
    // Whoever ends it wants to keep what was last seen.
    session.signal.addEventListener('abort', () => session.terminal.keep(), { once: true });
    for (let intervalMs = SAMPLE_MS; ; intervalMs = WATCH_INTERVAL_MS) {
      await show(session, view, options, { survey, intervalMs, signal });
      // A stored group does not change while one looks at the copy of it.
      if (!options.watch || session.signal.aborted || view.instance === undefined)
        return view.damage.length + (survey?.damage.length ?? 0) > 0 ? 'partial' : 'good';
    }
  });
  return looking.catch((error: unknown) => explainUnlinked(error, group, options));
}

/** To ask, this command must make files of its own. Where that cannot be (a full disk), who runs the group can still be told. */
async function explainUnlinked(error: unknown, group: string, options: StatusOptions): Promise<never> {
  if (!isSocommError(error, 'SOCOMM_IO')) throw error;
  const { peers } = await inspectGroup(group, placeOf(options));
  const pids = peers.map(({ pid }) => pid).join(', ');
  throw new CliError('failed', `${error.message} [${error.code}]`, {
    hint: `${group} is run by pid ${pids}, and they cannot be asked; "socomm doctor ${group}" looks without asking`,
    cause: error,
  });
}

/** Its first word may come a moment after that of the peer that this one caught up from; a stopped one has none. */
async function hearWriter({ report, instance }: GroupView, signal: AbortSignal): Promise<void> {
  if (instance === undefined) return;
  const endMs = performance.now() + PATIENCE_MS;
  while (isWriterSilent(report, instance) && performance.now() < endMs) await setTimeout(HEAR_INTERVAL_MS, undefined, { signal });
}

interface Look {
  readonly survey: StoreSurvey | undefined;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

async function show({ terminal }: Session, view: GroupView, options: StatusOptions, { survey, intervalMs, signal }: Look): Promise<void> {
  const rates = await measureRates(view.instance, () => setTimeout(intervalMs, undefined, { signal }));
  // Peers come and go, and files grow.
  const report = await inspectGroup(view.report.group, { ...placeOf(options), signal });
  // The first look's: it remembers what it has counted.
  const found = statusOf({ ...view, report }, { survey, rates, blobs: await view.report.blobs() });
  if (options.json) {
    terminal.print(JSON.stringify(found, undefined, options.watch ? undefined : 2));
    return;
  }
  const lines = statusLines(found, (style, text) => terminal.style(style, text));
  if (options.watch && terminal.isOutTty && terminal.isErrTty) terminal.move(lines.join('\n'));
  else terminal.print(...lines, ...(options.watch ? [''] : []));
}
