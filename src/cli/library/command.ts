/** `socomm library <group> <action>`: a group's preset library. */

import type { Command } from 'commander';

import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument } from '../command-options.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import type { Session } from '../session.js';
import { favourite, importInto } from './change.js';
import { exportFrom } from './export.js';
import { ACTIONS, addLibraryOptions, checkOptionsOf } from './library-options.js';
import type { LibraryAction, LibraryOptions } from './library-options.js';
import { find, list, show } from './look.js';

type Run = (session: Session, group: string, words: readonly string[], options: LibraryOptions) => Promise<Ending>;

const RUNS: Readonly<Record<LibraryAction, Run>> = { list, find, show, favourite, import: importInto, export: exportFrom };

export function registerLibrary(program: Command, session: Session): void {
  const command = program.command('library').description('list, find, show, import and export the presets of a library');
  command
    .addArgument(groupArgument())
    .argument('[action]', `${ACTIONS.join(', ')}; list without one`)
    .argument('[word...]', 'what the action is about');
  addLibraryOptions(addTimeout(addCommonOptions(command)));
  command.addHelpText('after', HELP);
  addExamples(
    command,
    'library com.acme.synth',
    'library com.acme.synth find warm pad --favourites',
    'library com.acme.synth show "Warm Pad" --json',
    'library com.acme.synth favourite warm-pad',
    'library com.acme.synth import "Factory Presets/" --source factory',
    'library com.acme.synth export presets.jsonl.gz --category Bass',
  );
  command.action(endWith(session, run));
}

const HELP = `
Actions:
  list                    all presets, as the bank is sorted
  find <word...>          each word begins a word of name, author, tags or comment
  show <preset>           one preset, by its id or its name, with its parameters
  favourite <preset...>   makes them favourites; with --off no favourites
  import <path...>        folders, .json, .jsonl, .ndjson, each also .gz; "-": JSON lines from standard input
  export [path]           .json, .jsonl, each also .gz, or a new folder; JSON lines to standard output without it`;

async function run(
  session: Session,
  group: string,
  action: string | undefined,
  words: readonly string[],
  options: LibraryOptions,
): Promise<Ending> {
  const known = action ?? 'list';
  if (!isAction(known))
    throw new CliError('usage', `library has no action ${JSON.stringify(known)}`, { hint: `it has ${ACTIONS.join(', ')}` });
  checkOptionsOf(known, options);
  return RUNS[known](session, group, words, options);
}

function isAction(text: string): text is LibraryAction {
  return Object.hasOwn(RUNS, text);
}
