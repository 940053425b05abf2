/** `socomm export`: presets as JSON lines, or a whole document as JSON. */

import type { Command } from 'commander';
import { Option } from 'commander';

import { addCommonOptions, addExamples, addRootType, addTimeout, endWith, groupArgument, parsePath } from '../command-options.js';
import { documentJson, toJson } from '../document-json.js';
import { readPath } from '../document-path.js';
import type { RootKind } from '../document-roots.js';
import type { Ending } from '../exit.js';
import { viewGroup, warnOfDamage } from '../open-group.js';
import type { GroupView } from '../open-group.js';
import { formatBytes, formatCount, plural } from '../output/format.js';
import { progressLine } from '../output/progress.js';
import type { Pointer } from '../pointer.js';
import { exportLines } from '../presets/export.js';
import type { Loss } from '../presets/export.js';
import { requireTarget } from '../require-path.js';
import type { Session, WaitOptions } from '../session.js';
import { writeWholeFile } from '../write-file.js';

interface ExportOptions extends WaitOptions {
  readonly path?: Pointer;
  readonly format?: 'jsonl' | 'json';
  readonly rootType?: RootKind;
}

export function registerExport(program: Command, session: Session): void {
  const command = program.command('export').description('export presets as JSON lines, or the whole document as JSON');
  command.addArgument(groupArgument()).argument('[file]', 'where to; .gz packs it; standard output without it');
  addRootType(addTimeout(addCommonOptions(command)))
    .addOption(new Option('--path <path>', 'what to export (default: /presets for lines, everything for json)').argParser(parsePath))
    .addOption(new Option('--format <format>', 'default: by the extension of the file, else jsonl').choices(['jsonl', 'json']));
  addExamples(
    command,
    'export com.acme.synth library.jsonl.gz',
    'export com.acme.synth | jq -r .name',
    'export com.acme.synth backup.json',
    'export com.acme.synth --path /settings --format json',
  );
  command.action(endWith(session, runExport));
}

async function runExport(session: Session, group: string, file: string | undefined, options: ExportOptions): Promise<Ending> {
  const { terminal } = session;
  let hasDamage = false;
  const losses: Loss[] = [];
  const counts = { entries: 0, bytes: 0 };
  const target = file === '-' ? undefined : file;
  const format = options.format ?? (/\.json(\.gz)?$/i.test(target ?? '') ? 'json' : 'jsonl');
  if (target !== undefined) await requireTarget(target);
  await viewGroup(group, options, session, async (view, signal) => {
    hasDamage = warnOfDamage(terminal, view.damage);
    const draw = progressLine(terminal);
    const texts = counted(
      textsOf(view, { ...options, format }, (loss) => losses.push(loss)),
      (bytes) => {
        counts.entries++;
        counts.bytes += bytes;
        draw({ fraction: undefined, text: `${formatCount(counts.entries)} written, ${formatBytes(counts.bytes)}` });
      },
    );
    if (target === undefined) for (const text of texts) await terminal.write(text, signal);
    else await writeWholeFile(target, texts, { isPacked: /\.gz$/i.test(target), signal });
  });
  terminal.settle();
  for (const { path, what } of losses) terminal.note(`${path}: JSON has no form for ${what}; it will not come back as it is`);
  if (target !== undefined) tell();
  return losses.length > 0 || hasDamage ? 'partial' : 'good';

  function tell(): void {
    const what = format === 'json' ? 'the document' : plural(counts.entries, 'preset');
    if (options.json) terminal.print(JSON.stringify({ group, file: target, format, ...counts, losses }));
    else terminal.print(`${what} exported to ${target} (${formatBytes(counts.bytes)} of JSON)`);
  }
}

function* textsOf({ doc }: GroupView, options: ExportOptions, onLoss: (loss: Loss) => void): Generator<string> {
  const root = { rootKind: options.rootType };
  const path = options.path ?? (options.format === 'jsonl' ? ['presets'] : []);
  if (options.format === 'jsonl') {
    yield* exportLines({ value: readPath(doc, path, root), path, onLoss });
    return;
  }
  const told = { onLoss: (what: string): void => onLoss({ path: `/${path.join('/')}`, what }) };
  const value = path.length === 0 ? documentJson(doc, root, told) : toJson(readPath(doc, path, root), told);
  yield `${JSON.stringify(value, undefined, 2)}\n`;
}

function* counted(texts: Iterable<string>, onText: (bytes: number) => void): Generator<string> {
  for (const text of texts) {
    onText(Buffer.byteLength(text));
    yield text;
  }
}
