/** `socomm ephemeral`: the values that instances hold for as long as they are there; and holds one itself. */

import type { Command } from 'commander';
import { Option } from 'commander';

import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument, parseSeconds, usage } from '../command-options.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import type { Session, WaitOptions } from '../session.js';
import { addCodec, formOf } from '../talk/codecs.js';
import type { CodecOption } from '../talk/codecs.js';
import { holdValue } from '../talk/hold-value.js';
import { nameArgument } from '../talk/names.js';
import { within } from '../talk/patience.js';
import { takePart } from '../talk/take-part.js';
import { ValueView } from '../talk/value-view.js';

interface EphemeralCommandOptions extends WaitOptions, CodecOption {
  readonly watch?: boolean;
  readonly for?: number;
}

export function registerEphemeral(program: Command, session: Session): void {
  const command = program.command('ephemeral').description('show the values that live as long as who holds them; or hold one');
  command.addArgument(groupArgument()).addArgument(nameArgument('<name>', 'name that the values are shared under'));
  command.argument('[key]', 'only of this key').argument('[value]', 'JSON, to be held under the key; "-": each line of standard input');
  addCodec(addTimeout(addCommonOptions(command)))
    .option('--watch', 'go on with changes as they come, until Ctrl-C')
    .addOption(
      new Option('--for <seconds>', 'hold the value for so long (default: until Ctrl-C)').argParser((text) => parseSeconds('--for', text)),
    );
  command.addHelpText('after', HELP);
  addExamples(
    command,
    'ephemeral com.acme.synth knobs',
    'ephemeral com.acme.synth knobs cutoff --watch --json',
    'ephemeral com.acme.synth knobs cutoff 0.42 --for 10',
    'my-sensor | socomm ephemeral com.acme.synth knobs cutoff -',
  );
  command.action(endWith(session, ephemeral));
}

const HELP = `
A value belongs to whoever set it, and vanishes with it: also one that is set here, when this command ends. Nothing of it is stored.
--timeout limits the wait, not the watching or holding.`;

async function ephemeral(
  session: Session,
  group: string,
  name: string,
  key: string | undefined,
  value: string | undefined,
  options: EphemeralCommandOptions,
): Promise<Ending> {
  if (value !== undefined && options.watch) throw usage('--watch shows values, and one to hold was given too', 'leave one of them out');
  if (value === undefined && options.for !== undefined)
    throw usage('--for holds a value, and none was given', `say which: ${name} <key> <value>`);
  const form = formOf(options.codec);
  if (key !== undefined && value !== undefined) return holdValue(session, { group, name, key, text: value, form }, options);
  const isWatching = options.watch === true;
  return takePart<Ending>(group, { ...options, isPatient: isWatching, isOpenEnded: isWatching }, session, async ({ instance, signal }) => {
    const values = instance.ephemeral(name, form.codec);
    const changes = values.subscribe({ signal, ...(key !== undefined && { keys: [key] }) });
    if (!(await within(values.ready, signal))) session.terminal.note('not everybody has answered: there may be more values');
    const view = new ValueView(session.terminal, form, options.json === true);
    if (isWatching) {
      session.terminal.note(`watching ${key === undefined ? '' : `${key} in `}${name} of ${group}`);
      for await (const change of changes) view.change(change);
      return 'good';
    }
    const entries = values.entries().filter((entry) => key === undefined || entry.key === key);
    if (key !== undefined && entries.length === 0)
      throw new CliError('notFound', `nobody holds a value under ${key} in ${name}`, {
        hint: `"socomm ephemeral ${group} ${name}" shows all`,
      });
    view.list(entries, name);
    return 'good';
  });
}
