/** `socomm set`: puts a JSON value into a group's document. */

import { addAbortSignal } from 'node:stream';

import type { Command } from 'commander';

import { addCommonOptions, addExamples, addRootType, addTimeout, endWith, groupArgument, pathArgument, usage } from '../command-options.js';
import { inspectGroup } from '../../index.js';
import { isAppending, nothingToAppendTo, writePath } from '../document-path.js';
import type { RootKind } from '../document-roots.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { readJson } from '../../library/exchange/json-text.js';
import type { JsonValue } from '../../library/exchange/json-text.js';
import { VALUE_BYTES_MAX } from '../limits.js';
import { changeGroup, placeOf } from '../open-group.js';
import { formatPointer } from '../pointer.js';
import type { Pointer } from '../pointer.js';
import { decodeText } from '../presets/file-text.js';
import type { Session, WaitOptions } from '../session.js';

interface SetOptions extends WaitOptions {
  readonly rootType?: RootKind;
}

export function registerSet(program: Command, session: Session): void {
  const command = program.command('set').description('set a value and wait until it is on disk');
  command.addArgument(groupArgument()).addArgument(pathArgument(true)).argument('<json>', 'the value; "-" reads it from standard input');
  addRootType(addTimeout(addCommonOptions(command)));
  command.addHelpText('after', '\nThe value is JSON, so a string needs its quotes. The last segment "-" appends to an array.');
  addExamples(
    command,
    `set com.acme.synth /settings/theme '"dark"'`,
    'set com.acme.synth /presets/warm-pad/rating 4',
    `set com.acme.synth /recent/- '"warm-pad"' --root-type array`,
    'set com.acme.synth /presets/warm-pad - < warm-pad.json',
  );
  command.action(endWith(session, set));
}

async function set(session: Session, group: string, path: Pointer, text: string, options: SetOptions): Promise<Ending> {
  if (path.length < 2)
    throw usage(
      path.length === 0 ? 'cannot set the whole document' : 'cannot set a root itself',
      `give a path below a root: ${formatPointer([path[0] ?? 'settings', 'theme'])}`,
    );
  const value = parseValue(text === '-' ? await readInput(session.signal) : text, text === '-');
  await requireRoot(session, group, path, options);
  const { result, term } = await changeGroup(group, options, session, (instance) =>
    instance.transact(() => writePath(instance.doc, path, value, { rootKind: options.rootType })),
  );
  const root = formatPointer(path.slice(0, 1));
  if (result.hasMadeRoot) session.terminal.note(`${root} was not there: it is now ${options.rootType === 'array' ? 'an array' : 'a map'}`);
  if (options.json)
    session.terminal.print(JSON.stringify({ group, path: formatPointer(path), value, term, hasMadeRoot: result.hasMadeRoot }));
  else session.terminal.print(`${formatPointer(path)} set; on disk (term ${term})`);
  return 'good';
}

/** Joining would make the group, only to find that there is nothing to append to. */
async function requireRoot({ signal }: Session, group: string, path: Pointer, options: SetOptions): Promise<void> {
  if (path.length > 2 || !isAppending(path) || options.rootType !== undefined) return;
  const report = await inspectGroup(group, { ...placeOf(options), signal });
  if (report.store === undefined && !report.isAlive) throw nothingToAppendTo(path[0] ?? '');
}

function parseValue(text: string, isInput: boolean): JsonValue {
  const reading = readJson(text);
  if (reading.kind === 'value') return reading.value;
  const { line, column, cause } = reading.mistake;
  const where = isInput || text.includes('\n') ? `line ${line}, column ${column}: ` : '';
  const looksLikeWord = !isInput && !/^\s*["[{\d-]/.test(text);
  const hint = looksLikeWord ? `a string needs its quotes, and those the shell's: '${JSON.stringify(text)}'` : undefined;
  throw new CliError('usage', `the value is not JSON that can be stored: ${where}${cause}`, { hint });
}

async function readInput(signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of addAbortSignal(signal, process.stdin) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > VALUE_BYTES_MAX) throw new CliError('failed', `standard input is longer than ${VALUE_BYTES_MAX} bytes`);
  }
  const text = decodeText(Buffer.concat(chunks));
  if (text === undefined) throw new CliError('usage', 'standard input is not UTF-8 text');
  return text;
}
