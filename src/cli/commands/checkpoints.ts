/** `socomm checkpoints`: named states of a group, to come back to while it runs. */

import { Argument } from 'commander';
import type { Command } from 'commander';

import type { Instance } from '../../index.js';
import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument, usage } from '../command-options.js';
import type { Ending } from '../exit.js';
import { askWriter } from '../open-group.js';
import { formatBytes, plural, visible } from '../output/format.js';
import { formatTable } from '../output/table.js';
import { requireGroup } from '../require-group.js';
import type { Session, WaitOptions } from '../session.js';

const ACTIONS = ['list', 'make', 'restore', 'remove'] as const;
type Action = (typeof ACTIONS)[number];

export function registerCheckpoints(program: Command, session: Session): void {
  const command = program.command('checkpoints').description('list, make, restore and remove named states of a group');
  command
    .addArgument(groupArgument())
    .addArgument(new Argument('[action]', `what to do: ${ACTIONS.join(', ')}`).argParser(parseAction).default('list'));
  command.argument('[name]', 'of the checkpoint: up to 100 characters');
  addTimeout(addCommonOptions(command)).addHelpText('after', HELP);
  addExamples(
    command,
    'checkpoints com.acme.synth',
    'checkpoints com.acme.synth make "before the gig"',
    'checkpoints com.acme.synth restore "before the gig"',
    'checkpoints com.acme.synth remove "before the gig"',
  );
  command.action(endWith(session, checkpoints));
}

const HELP = `
Restoring is a change like any other: running programs see it at once, and what they change meanwhile is kept.`;

async function checkpoints(
  session: Session,
  group: string,
  action: Action,
  name: string | undefined,
  options: WaitOptions,
): Promise<Ending> {
  checkArguments(action, name);
  await requireGroup(group, options, session);
  if (action === 'list' || name === undefined) return list(session, group, options);
  const { result, term } = await askWriter(group, options, session, (instance, signal) => act(instance, { action, name, signal }));
  if (options.json) session.terminal.print(JSON.stringify({ group, action, name, term, ...result.found }));
  else session.terminal.print(result.text);
  return 'good';
}

function parseAction(text: string): Action {
  const action = ACTIONS.find((each) => each === text);
  if (action === undefined) throw usage(`${JSON.stringify(text)} is nothing to do with checkpoints`, `choose ${ACTIONS.join(', ')}`);
  return action;
}

function checkArguments(action: Action, name: string | undefined): void {
  if (action === 'list' && name !== undefined) throw usage('list takes no name', 'it lists all checkpoints');
  if (action !== 'list' && name === undefined)
    throw usage(`which checkpoint to ${action} is missing`, `socomm checkpoints <group> ${action} <name>`);
  // What `checkpoint()` would throw as a programmer's mistake is one of a person here.
  const isGood =
    name === undefined ||
    (name.trim() !== '' && Array.from(name).length <= NAME_CHARS_MAX && visible(name) === name && !/[\t\n]/.test(name));
  if (!isGood) throw usage(`${JSON.stringify(name)} is no name of a checkpoint`, `1 to ${NAME_CHARS_MAX} characters that can be printed`);
}

const NAME_CHARS_MAX = 100;

async function list(session: Session, group: string, options: WaitOptions): Promise<Ending> {
  const { terminal } = session;
  const found = await (await requireGroup(group, options, session)).checkpoints();
  if (options.json) terminal.print(JSON.stringify(found, undefined, 2));
  else if (found.length === 0) terminal.note(`${group} has no checkpoints`);
  else {
    const rows = found.map(({ name, at, bytes, isDamaged }) => [
      isDamaged ? '(damaged)' : new Date(at).toISOString().slice(0, 19).replace('T', ' '),
      formatBytes(bytes),
      name,
    ]);
    terminal.print(
      ...formatTable([{ heading: 'made (UTC)' }, { heading: 'size', isNumber: true }, { heading: 'name' }], rows, (text) =>
        terminal.style('bold', text),
      ),
    );
  }
  return found.some(({ isDamaged }) => isDamaged) ? 'partial' : 'good';
}

interface Act {
  readonly action: Exclude<Action, 'list'>;
  readonly name: string;
  readonly signal: AbortSignal;
}

async function act(instance: Instance, { action, name, signal }: Act): Promise<{ readonly text: string; readonly found: object }> {
  switch (action) {
    case 'make': {
      const made = await instance.checkpoint(name, { signal });
      return { text: `checkpoint "${name}" made: ${plural(made.documents, 'document')}, ${formatBytes(made.bytes)}`, found: made };
    }
    case 'restore': {
      const documents = await instance.restoreCheckpoint(name, { signal });
      return { text: `${documents.join(', ')} restored to "${name}"; on disk`, found: { documents } };
    }
    case 'remove':
      await instance.removeCheckpoint(name);
      return { text: `checkpoint "${name}" removed`, found: {} };
  }
}
