/** `socomm library <group> export`. */

import { dirname } from 'node:path';

import { exportedPresets } from '../../library/exchange/export-presets.js';
import { exportPresets, formatOf } from '../../library/exchange/preset-files.js';
import type { ExportFormat } from '../../library/exchange/preset-files.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { plural, visible } from '../output/format.js';
import { progressLine } from '../output/progress.js';
import { requireFolder, requireTarget } from '../require-path.js';
import type { Session } from '../session.js';
import { queryOf } from './library-options.js';
import type { LibraryOptions } from './library-options.js';
import { lookAtLibrary } from './use-library.js';

export async function exportFrom(session: Session, group: string, words: readonly string[], options: LibraryOptions): Promise<Ending> {
  const [path, ...others] = words;
  if (others.length > 0) throw new CliError('usage', `export takes one file or folder; got ${words.join(' ')}`);
  if (path === undefined || path === '-') return exportToOutput(session, group, options);
  await requireExportTarget(path, options.format ?? formatOf(path));
  const { terminal } = session;
  const draw = progressLine(terminal);
  const report = await lookAtLibrary(group, options, session, (library, signal) =>
    exportPresets(library, path, {
      signal,
      presets: library.find(queryOf(options)),
      ...(options.format && { format: options.format }),
      onProgress: ({ written, total }) => draw({ fraction: written / total, text: plural(written, 'preset') }),
    }),
  );
  terminal.settle();
  tellProblems(session, report.problems);
  if (options.json) terminal.print(JSON.stringify({ group, path, ...report }, undefined, 2));
  else terminal.print(`${plural(report.written, 'preset')} exported to ${visible(path)}`);
  return report.problems.length > 0 ? 'partial' : 'good';
}

/** Before anything is joined, and before thousands of presets are written beside it. Errors: usage, notFound. */
async function requireExportTarget(path: string, format: ExportFormat): Promise<void> {
  if (format === 'folder' && path !== '') await requireFolder(dirname(path));
  else await requireTarget(path);
}

/** As JSON lines, whatever `--json` says. */
async function exportToOutput(session: Session, group: string, options: LibraryOptions): Promise<Ending> {
  const { format } = options;
  if (format !== undefined && format !== 'jsonl')
    throw new CliError('usage', `standard output takes JSON lines, not ${format}`, { hint: 'name a file' });
  const problems: { readonly id: string; readonly cause: string }[] = [];
  await lookAtLibrary(group, options, session, async (library, signal) => {
    for await (const each of exportedPresets(library, { presets: library.find(queryOf(options)), signal })) {
      if (each.kind === 'problem') problems.push(each);
      else await session.terminal.write(`${JSON.stringify(each.value)}\n`, signal);
    }
  });
  tellProblems(session, problems);
  return problems.length > 0 ? 'partial' : 'good';
}

function tellProblems({ terminal }: Session, problems: readonly { readonly id: string; readonly cause: string }[]): void {
  for (const { id, cause } of problems) terminal.note(`${terminal.styleNote('red', 'left out')}  ${visible(`${id}: ${cause}`)}`);
}
