/** The options that commands share, and what their texts are turned into. */

import { Argument, Option } from 'commander';
import type { Command } from 'commander';

import { ROOT_KINDS } from './document-roots.js';
import { CliError, exitCodes } from './exit.js';
import type { Ending } from './exit.js';
import { parsePointer } from './pointer.js';
import type { Session } from './session.js';

export function addCommonOptions(
  command: Command,
  directory = "the group's store (default: the data folder, or $SOCOMM_DIRECTORY/<group>)",
): Command {
  return command
    .addOption(new Option('--directory <path>', directory).argParser((text) => parseDirectory('--directory', text)))
    .addOption(
      new Option('--runtime-directory <path>', 'where sockets lie (default: $SOCOMM_RUNTIME_DIRECTORY, or by platform)').argParser((text) =>
        parseDirectory('--runtime-directory', text),
      ),
    )
    .option('--json', 'machine-readable output');
}

export function addTimeout(command: Command): Command {
  return command.addOption(
    new Option('--timeout <seconds>', 'give up after this long (exit code 5)').argParser((text) => parseSeconds('--timeout', text)),
  );
}

export function addRootType(command: Command): Command {
  return command.addOption(new Option('--root-type <type>', 'what the root is, where that cannot be told').choices(ROOT_KINDS));
}

export function groupArgument(): Argument {
  return new Argument('<group>', 'name of the group, e.g. com.acme.synth').argParser(parseGroup);
}

export function optionalGroupArgument(): Argument {
  return new Argument('[group]', 'name of the group, e.g. com.acme.synth').argParser(parseGroup);
}

export function pathArgument(isRequired: boolean): Argument {
  return new Argument(isRequired ? '<path>' : '[path]', 'a JSON Pointer, e.g. /presets/warm-pad').argParser(parsePath);
}

/** Each begins behind `socomm`, unless it is a whole pipeline that names it. */
export function addExamples(command: Command, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => (example.includes('socomm ') ? `  $ ${example}` : `  $ socomm ${example}`));
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** Turns what a command returns into the exit code of the process. */
export function endWith<Parameters extends readonly unknown[]>(
  session: Session,
  run: (session: Session, ...parameters: Parameters) => Promise<Ending>,
): (...parameters: Parameters) => Promise<void> {
  return async (...parameters) => {
    const ending = await run(session, ...parameters);
    // An interrupted command that could still finish its work is interrupted all the same.
    session.signal.throwIfAborted();
    process.exitCode = exitCodes[ending];
  };
}

const GROUP = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

function parseGroup(text: string): string {
  if (GROUP.test(text)) return text;
  throw usage(
    `${JSON.stringify(text)} is no name of a group`,
    '1 to 63 letters, digits, dots, dashes or underscores, the first a letter or digit',
  );
}

/** Empty is what a shell makes of a variable that is not set; it must not come to mean the working directory. */
function parseDirectory(option: string, text: string): string {
  if (text !== '') return text;
  throw usage(`${option} needs a path`, 'leave it out to use the default');
}

export function parsePath(text: string): readonly string[] {
  const pointer = parsePointer(text);
  if (pointer !== undefined) return pointer;
  const hint = text.startsWith('/')
    ? 'In a JSON Pointer "~" is written "~0" and a slash inside a name "~1"'
    : `A path begins with a slash: /${text}`;
  throw usage(`${JSON.stringify(text)} is no path`, hint);
}

export function parseSeconds(option: string, text: string): number {
  const seconds = Number(text);
  // Longer than timers last.
  if (text.trim() !== '' && seconds > 0 && seconds <= 2_000_000) return seconds;
  throw new CliError('usage', `${option} takes seconds, a number above 0; got ${JSON.stringify(text)}`);
}

/** Commander's own usage errors have no hints, and name arguments in its own words. */
export function usage(message: string, hint: string): CliError {
  return new CliError('usage', message, { hint });
}
