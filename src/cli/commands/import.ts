/** `socomm import`: presets from files into a map of a group's document. */

import type { Command } from 'commander';
import { Option } from 'commander';

import { inspectGroup, Y } from '../../index.js';
import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument, parsePath } from '../command-options.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { changeGroup, placeOf, viewGroup, warnOfDamage } from '../open-group.js';
import { formatCount, plural, visible } from '../output/format.js';
import { countsText, progressLine } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';
import type { Pointer } from '../pointer.js';
import { importPresets } from '../presets/import.js';
import type { ImportProgress, ImportReport, ImportTarget } from '../presets/import.js';
import { findSources } from '../../library/exchange/sources.js';
import { isMissing } from '../require-path.js';
import type { Session, WaitOptions } from '../session.js';

interface ImportCommandOptions extends WaitOptions {
  readonly path: Pointer;
  readonly dryRun?: boolean;
}

export function registerImport(program: Command, session: Session): void {
  const command = program.command('import').description('import presets; importing the same again changes nothing');
  command.addArgument(groupArgument()).argument('<file-or-folder...>', 'JSON presets; "-" reads JSON lines from standard input');
  addTimeout(addCommonOptions(command))
    .addOption(new Option('--path <path>', 'the map that they go to').argParser(parsePath).default(['presets'], '/presets'))
    .option('--dry-run', 'tell what would change, and change nothing');
  command.addHelpText('after', HELP);
  addExamples(
    command,
    'import com.acme.synth "Factory Presets/"',
    'import com.acme.synth library.jsonl.gz --dry-run',
    'zcat old.jsonl.gz | socomm import com.acme.synth - --path /archive',
  );
  command.action(endWith(session, runImport));
}

const HELP = `
Reads folders of JSON files of any extension (such as .helm), .json (an object is one preset, an array many), .jsonl and
.ndjson, each also .gz. A string "id" is the key of a preset; else the key is the file's path in its folder without
extension, with #<n> for the n-th of a file. What cannot be read is named, the rest is imported, and the exit code is 4.`;

async function runImport(session: Session, group: string, paths: readonly string[], options: ImportCommandOptions): Promise<Ending> {
  const { terminal } = session;
  await requireSources(paths);
  const startMs = performance.now();
  const run = importer(session, paths, options);
  const report = options.dryRun ? await runDry(group, options, session, run) : (await changeGroup(group, options, session, run)).result;
  terminal.settle();
  const seconds = (performance.now() - startMs) / 1000;
  if (options.json) terminal.print(JSON.stringify({ group, isDryRun: options.dryRun === true, ...report }, undefined, 2));
  else tell(terminal, report, { seconds, isDryRun: options.dryRun === true });
  if (report.problems.length > 0) return 'partial';
  if (report.read === 0) throw new CliError('notFound', `no preset in ${paths.join(', ')}`);
  return 'good';
}

type Importer = (target: ImportTarget, signal: AbortSignal) => Promise<ImportReport>;

function importer({ terminal }: Session, paths: readonly string[], { path, dryRun }: ImportCommandOptions): Importer {
  const draw = progressLine(terminal);
  return async (target, signal) => {
    let last: ImportProgress | undefined;
    const onProgress = (progress: ImportProgress): void => {
      last = progress;
      const { bytes, bytesTotal } = progress;
      draw({ fraction: bytesTotal === undefined ? undefined : bytes / Math.max(1, bytesTotal), text: countsText(progress) });
    };
    try {
      return await importPresets(target, paths, { path, signal, isDryRun: dryRun === true, onProgress });
    } catch (error) {
      // Presets that were written are written: there is no way back but to delete them.
      if (last !== undefined) terminal.note(`stopped after ${countsText(last)}`);
      throw error;
    }
  };
}

/** Before anything is joined: neither a mistyped name nor an empty folder may make a group. */
async function requireSources(paths: readonly string[]): Promise<void> {
  let count = 0;
  for (const path of paths) {
    const { files } = await findSources([path]).catch((cause: unknown) => {
      throw isMissing(cause) ? new CliError('notFound', `there is no file or folder ${path}`, { cause }) : cause;
    });
    count += files.length;
  }
  if (count === 0) throw new CliError('notFound', `no file in ${paths.join(', ')}`);
}

/** Against what is there; against nothing where the group is not there yet. */
async function runDry(group: string, options: ImportCommandOptions, session: Session, run: Importer): Promise<ImportReport> {
  const place = await inspectGroup(group, { ...placeOf(options), signal: session.signal });
  if (place.store === undefined && !place.isAlive) {
    return run({ doc: new Y.Doc(), transact: (change) => change() }, session.signal);
  }
  return viewGroup(group, options, session, ({ doc, damage }, signal) => {
    warnOfDamage(session.terminal, damage);
    return run({ doc, transact: (change) => change() }, signal);
  });
}

const PROBLEMS_TOLD_MAX = 20;
const SKIPPED_TOLD_MAX = 8;

function tell(
  terminal: Terminal,
  report: ImportReport,
  { seconds, isDryRun }: { readonly seconds: number; readonly isDryRun: boolean },
): void {
  const { problems, skipped } = report;
  const problemLines = problems.map(({ file, line, column, cause }) => {
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    return `${terminal.styleNote('red', 'refused')}  ${visible(`${place}: ${cause}`)}`;
  });
  const skippedLines = skipped.map(({ file, cause }) => `${terminal.styleNote('yellow', 'skipped')}  ${visible(`${file}: ${cause}`)}`);
  tellSome(terminal, skippedLines, SKIPPED_TOLD_MAX);
  tellSome(terminal, problemLines, PROBLEMS_TOLD_MAX);
  const would = isDryRun ? ' (dry run: nothing was written)' : '';
  const counts = countsText({ ...report, problems: problems.length });
  terminal.print(`${plural(report.read, 'preset')} read in ${seconds.toFixed(1)} s: ${counts}${would}`);
}

function tellSome(terminal: Terminal, lines: readonly string[], max: number): void {
  if (lines.length === 0) return;
  terminal.note(...lines.slice(0, max));
  if (lines.length > max) terminal.note(`         … and ${formatCount(lines.length - max)} more; --json lists all`);
}
