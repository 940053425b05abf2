/** `socomm library <group> favourite` and `import`. */

import { importPresets } from '../../library/exchange/import-presets.js';
import type { ImportProgress, ImportReport } from '../../library/exchange/import-presets.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { formatCount, plural, visible } from '../output/format.js';
import { countsText, progressLine } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';
import { requirePath } from '../require-path.js';
import type { Session } from '../session.js';
import type { LibraryOptions } from './library-options.js';
import { presetsOf } from './look.js';
import { changeLibrary } from './use-library.js';

export async function favourite(session: Session, group: string, words: readonly string[], options: LibraryOptions): Promise<Ending> {
  if (words.length === 0) throw new CliError('usage', 'favourite needs presets: ids, or names');
  const isOn = options.off !== true;
  const changed = await changeLibrary(group, options, session, async (library) => {
    // All are looked up before any is changed.
    const presets = presetsOf(library, words);
    const others = presets.filter((preset) => preset.favourite !== isOn);
    library.setFavourite(
      others.map(({ id }) => id),
      isOn,
    );
    return presets.map(({ id, name, favourite: was }) => ({ id, name, isChanged: was !== isOn }));
  });
  const { terminal } = session;
  if (options.json) terminal.print(JSON.stringify({ group, favourite: isOn, presets: changed }, undefined, 2));
  else
    for (const { name, isChanged } of changed)
      terminal.print(visible(`${name}: ${isOn ? 'a favourite' : 'no favourite'}${isChanged ? '' : ', as before'}`));
  return 'good';
}

export async function importInto(session: Session, group: string, paths: readonly string[], options: LibraryOptions): Promise<Ending> {
  if (paths.length === 0)
    throw new CliError('usage', 'import needs a file or a folder', { hint: '"-" reads JSON lines from standard input' });
  await requireSources(paths);
  const { terminal } = session;
  const { source, dryRun: isDryRun = false } = options;
  const draw = progressLine(terminal);
  const startMs = performance.now();
  let last: ImportProgress | undefined;
  const onProgress = (progress: ImportProgress): void => {
    last = progress;
    const { bytes, bytesTotal } = progress;
    draw({ fraction: bytesTotal === undefined ? undefined : bytes / Math.max(1, bytesTotal), text: countsText(progress) });
  };
  // A dry run makes no group either.
  const run = changeLibrary(group, { ...options, isNew: !isDryRun }, session, (library, signal) =>
    importPresets(library, paths, { signal, isDryRun, onProgress, ...(source && { source }) }),
  );
  const report = await run.catch((error: unknown) => {
    if (last !== undefined) terminal.note(`stopped after ${countsText(last)}`);
    throw error;
  });
  terminal.settle();
  const seconds = (performance.now() - startMs) / 1000;
  if (options.json) terminal.print(JSON.stringify({ group, isDryRun, ...report }, undefined, 2));
  else tell(terminal, report, { seconds, isDryRun });
  if (report.problems.length > 0) return 'partial';
  if (report.read === 0) throw new CliError('notFound', `no preset in ${paths.join(', ')}`);
  return 'good';
}

/** Before anything is joined: a mistyped name must not make a group. */
async function requireSources(paths: readonly string[]): Promise<void> {
  for (const path of paths) if (path !== '-') await requirePath(path);
}

const LINES_TOLD_MAX = 20;

function tell(
  terminal: Terminal,
  report: ImportReport,
  { seconds, isDryRun }: { readonly seconds: number; readonly isDryRun: boolean },
): void {
  const skipped = report.skipped.map(({ file, cause }) => `${terminal.styleNote('yellow', 'skipped')}  ${visible(`${file}: ${cause}`)}`);
  const refused = report.problems.map(({ file, line, column, cause }) => {
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    return `${terminal.styleNote('red', 'refused')}  ${visible(`${place}: ${cause}`)}`;
  });
  const lines = [...skipped, ...refused];
  if (lines.length > 0) terminal.note(...lines.slice(0, LINES_TOLD_MAX));
  if (lines.length > LINES_TOLD_MAX) terminal.note(`         … and ${formatCount(lines.length - LINES_TOLD_MAX)} more; --json lists all`);
  const counts = countsText({ ...report, problems: report.problems.length });
  terminal.print(
    `${plural(report.read, 'preset')} read in ${seconds.toFixed(1)} s: ${counts}${isDryRun ? ' (dry run: nothing was written)' : ''}`,
  );
}
