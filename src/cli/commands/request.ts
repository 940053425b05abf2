/** `socomm request`: asks whoever handles it, and prints the answer. */

import type { Command } from 'commander';

import type { Answer, Instance, RequestOptions } from '../../index.js';
import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument, usage } from '../command-options.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { systemCodeOf } from '../failure.js';
import { messageOf } from '../../library/exchange/reading-error.js';
import { visible } from '../output/format.js';
import type { Terminal } from '../output/terminal.js';
import type { Session, WaitOptions } from '../session.js';
import { addCodec, formOf } from '../talk/codecs.js';
import type { CodecOption, ValueForm } from '../talk/codecs.js';
import { findAddressee, shortId } from '../talk/ids.js';
import { readWhole } from '../talk/input.js';
import { nameArgument } from '../talk/names.js';
import { within } from '../talk/patience.js';
import { refusalOf } from '../talk/refused-request.js';
import { takePart } from '../talk/take-part.js';

interface RequestCommandOptions extends WaitOptions, CodecOption {
  readonly to: string;
  readonly stream?: boolean;
}

export function registerRequest(program: Command, session: Session): void {
  const command = program.command('request').description('ask whoever handles it, and print the answer').addArgument(groupArgument());
  command.addArgument(nameArgument('<name>', 'name of the request'));
  command.argument('[value]', 'JSON, with --codec raw any text; "-": all of standard input (default: null)');
  addCodec(addTimeout(addCommonOptions(command)))
    .option('--to <whom>', 'any, writer, all, or the id of a peer or instance; its beginning will do', 'any')
    .option('--stream', 'print each of many answers as it comes');
  command.addHelpText('after', HELP);
  addExamples(
    command,
    `request com.acme.synth analyse '{"preset":"warm-pad"}' --timeout 5`,
    'request com.acme.synth version --to all --json | jq -r .value',
    'request com.acme.synth render --stream --codec raw < midi.mid > render.raw',
  );
  command.action(endWith(session, request));
}

const HELP = `
A string is printed as it is, everything else as JSON; --json prints JSON always; of --codec raw the bytes as they are.
--stream and --to all print one line each. Ends with 3 where nobody handles it, with 1 where who handles it failed, and with
4 where some of all did. --timeout, and Ctrl-C, cancel it also where it is worked at.`;

async function request(
  session: Session,
  group: string,
  name: string,
  text: string | undefined,
  options: RequestCommandOptions,
): Promise<Ending> {
  if (options.stream && options.to === 'all') throw usage('--stream asks one, and --to all everybody', 'leave one of them out');
  const { terminal } = session;
  const form = formOf(options.codec);
  const input = await inputOf(session, form, text);
  return takePart<Ending>(group, options, session, async ({ instance, signal }) => {
    const manner = { to: await targetOf(instance, options.to, signal), codec: form.codec, signal };
    const out = { terminal, form, isJson: options.json === true, signal };
    try {
      if (options.stream) {
        for await (const value of instance.requestStream(name, input, manner)) await print(out, value, true);
        return 'good';
      }
      if (manner.to === 'all') return await tellAll(out, name, await instance.request(name, input, { ...manner, to: 'all' }));
      await print(out, await instance.request(name, input, manner), false);
      return 'good';
    } catch (error) {
      throw refusalOf(error, group);
    }
  });
}

async function inputOf({ terminal, signal }: Session, form: ValueForm, text: string | undefined): Promise<unknown> {
  if (text === '-') return form.parse(await readWhole(terminal, signal), { name: 'standard input', isTyped: false });
  if (text === undefined) return form.empty;
  return form.parse(Buffer.from(text), { name: 'the value', isTyped: true });
}

async function targetOf(instance: Instance, to: string, signal: AbortSignal): Promise<NonNullable<RequestOptions['to']>> {
  if (to === 'writer') await heardOfWriter(instance, signal);
  return to === 'any' || to === 'writer' || to === 'all' ? to : findAddressee(instance, to);
}

/** Whoever has just joined hears a moment later who writes. */
async function heardOfWriter(instance: Instance, signal: AbortSignal): Promise<void> {
  if (instance.writer !== undefined) return;
  const done = new AbortController();
  const changed = new Promise<void>((resolve) => {
    const off = instance.on('writer-changed', ({ writer }) => writer !== undefined && resolve());
    done.signal.addEventListener('abort', off);
  });
  await within(changed, signal);
  done.abort();
}

interface Out {
  readonly terminal: Terminal;
  readonly form: ValueForm;
  readonly isJson: boolean;
  readonly signal: AbortSignal;
}

async function print({ terminal, form, isJson, signal }: Out, value: unknown, isOneOfMany: boolean): Promise<void> {
  if (form.isBytes && !isJson) return terminal.write(form.plain(value), signal);
  const fields = form.fields(value);
  if (isJson && form.isBytes) return terminal.write(`${JSON.stringify(fields)}\n`, signal);
  const json = 'value' in fields ? fields.value : fields;
  const text = typeof json === 'string' && !isJson ? json : JSON.stringify(json, undefined, isOneOfMany ? undefined : 2);
  return terminal.write(`${terminal.isOutTty ? visible(text) : text}\n`, signal);
}

async function tellAll({ terminal, form, isJson, signal }: Out, name: string, answers: readonly Answer<unknown>[]): Promise<Ending> {
  if (answers.length === 0) throw new CliError('notFound', `nobody handles ${name}`, { hint: 'whoever handles it has to be there' });
  let failed = 0;
  for (const answer of answers) {
    const { from } = answer;
    if ('value' in answer) {
      const line = isJson ? JSON.stringify({ from, ...form.fields(answer.value) }) : `${shortId(from)}  ${form.show(answer.value)}`;
      await terminal.write(`${line}\n`, signal);
      continue;
    }
    failed++;
    const error = { code: systemCodeOf(answer.error), message: messageOf(answer.error) };
    if (isJson) await terminal.write(`${JSON.stringify({ from, error })}\n`, signal);
    else terminal.note(`${shortId(from)}  ${terminal.styleNote('red', 'failed:')} ${visible(error.message)} [${error.code ?? 'no code'}]`);
  }
  return failed === 0 ? 'good' : failed === answers.length ? 'failed' : 'partial';
}
