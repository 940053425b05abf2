/** `socomm pub`: publishes one message, or a line of standard input each, and leaves when all who are there have it. */

import type { Command } from 'commander';

import type { PublishOptions, Topic } from '../../index.js';
import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument } from '../command-options.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { MESSAGE_INPUT_BYTES_MAX } from '../limits.js';
import { formatBytes, plural, visible } from '../output/format.js';
import type { Session, WaitOptions } from '../session.js';
import { addCodec, formOf } from '../talk/codecs.js';
import type { CodecOption, ValueForm } from '../talk/codecs.js';
import { everybodyHas } from '../talk/everybody-has.js';
import { findAddressee } from '../talk/ids.js';
import { readLines, readWhole } from '../talk/input.js';
import type { InputLine } from '../talk/input.js';
import { nameArgument } from '../talk/names.js';
import { takePart } from '../talk/take-part.js';
import type { Talk } from '../talk/take-part.js';

interface PubOptions extends WaitOptions, CodecOption {
  readonly to?: string;
  readonly lines?: boolean;
}

export function registerPub(program: Command, session: Session): void {
  const command = program.command('pub').description('publish a message, or one for each line of standard input');
  command.addArgument(groupArgument()).addArgument(nameArgument('<topic>', 'name of the topic'));
  command.argument('[value]', 'JSON, with --codec raw any text; without it or "-": all of standard input');
  addCodec(addTimeout(addCommonOptions(command)))
    .option('--lines', 'each line of standard input is a message, published as it comes')
    .option('--to <id>', 'only to this peer or instance; the beginning of the id will do');
  command.addHelpText('after', HELP);
  addExamples(
    command,
    `pub com.acme.synth transport '{"bar":4}'`,
    'pub com.acme.synth sample --codec raw < sample.wav',
    'tail -f events.jsonl | socomm pub com.acme.synth events --lines',
  );
  command.action(endWith(session, pub));
}

const HELP = `
Before it publishes it meets all who are there, and it ends when they have it; who is stopped is not waited for long.
Nothing is stored: who subscribes later gets nothing of it. A line that is no value is left out and told, and the exit code is 4.`;

interface Published {
  messages: number;
  bytes: number;
  /** Lines that are none. */
  refused: number;
}

async function pub(session: Session, group: string, name: string, value: string | undefined, options: PubOptions): Promise<Ending> {
  const form = formOf(options.codec);
  if (options.lines && value !== undefined && value !== '-')
    throw new CliError('usage', '--lines reads standard input, and a value was given too', { hint: 'leave one of them out' });
  // Before anything is joined: a mistake in the value is nobody else's business.
  const only = options.lines ? undefined : await oneValue(session, form, value);
  return takePart<Ending>(group, options, session, async (talk) => {
    const { instance, signal, met } = talk;
    const topic = instance.topic(name, form.codec);
    const to = options.to === undefined ? {} : { to: findAddressee(instance, options.to) };
    await everybodyHas(topic, signal);
    const published =
      only === undefined ? await publishLines(session, talk, topic, { form, to }) : publishOne(topic, only.value, { form, to });
    // Handed over is not arrived, and whoever closes gives its connections a moment only.
    if (!(await everybodyHas(topic, signal, Math.min(published.bytes, MESSAGE_INPUT_BYTES_MAX))))
      session.terminal.note('not everybody has confirmed what was published: stopped or busy');
    tell(session, options, { group, topic: name, ...published, peers: met.length });
    return published.refused > 0 ? 'partial' : 'good';
  });
}

async function oneValue({ terminal, signal }: Session, form: ValueForm, value: string | undefined): Promise<{ readonly value: unknown }> {
  if (value !== undefined && value !== '-') return { value: form.parse(Buffer.from(value), { name: 'the value', isTyped: true }) };
  return { value: form.parse(await readWhole(terminal, signal), { name: 'standard input', isTyped: false }) };
}

interface Manner {
  readonly form: ValueForm;
  readonly to: PublishOptions;
}

function publishOne(topic: Topic<unknown>, value: unknown, { form, to }: Manner): Published {
  topic.publish(value, to);
  return { messages: 1, bytes: form.codec.encode(value).length, refused: 0 };
}

/** So much is published before it is waited until everybody has it: nobody is outrun. */
const BYTES_UNHEARD_MAX = 256 * 1024;
const MESSAGES_UNHEARD_MAX = 1024;

async function publishLines({ terminal }: Session, { signal }: Talk, topic: Topic<unknown>, { form, to }: Manner): Promise<Published> {
  const published: Published = { messages: 0, bytes: 0, refused: 0 };
  let unheard = { messages: 0, bytes: 0 };
  for await (const line of readLines(terminal, signal)) {
    // Of JSON lines an empty one says nothing; of bytes it is an empty message.
    if (!form.isBytes && line.bytes?.length === 0) continue;
    const value = lineValue(form, line);
    if (value instanceof CliError) {
      published.refused++;
      terminal.note(`${terminal.styleNote('red', 'left out')}  ${visible(value.message)}`);
      continue;
    }
    topic.publish(value, to);
    const bytes = line.bytes?.length ?? 0;
    published.messages++;
    published.bytes += bytes;
    unheard = { messages: unheard.messages + 1, bytes: unheard.bytes + bytes };
    if (unheard.messages < MESSAGES_UNHEARD_MAX && unheard.bytes < BYTES_UNHEARD_MAX) continue;
    unheard = { messages: 0, bytes: 0 };
    await everybodyHas(topic, signal, BYTES_UNHEARD_MAX);
  }
  return published;
}

function lineValue(form: ValueForm, { number, bytes }: InputLine): unknown {
  if (bytes === undefined) return new CliError('usage', `line ${number} is longer than ${MESSAGE_INPUT_BYTES_MAX} bytes`);
  try {
    return form.parse(bytes, { name: `line ${number}`, isTyped: false });
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
}

interface Told extends Published {
  readonly group: string;
  readonly topic: string;
  readonly peers: number;
}

function tell({ terminal }: Session, { json }: PubOptions, told: Told): void {
  const { group, topic, messages, bytes, refused, peers } = told;
  if (json) return terminal.print(JSON.stringify({ group, topic, messages, bytes, refused, peers }));
  const what = `${plural(messages, 'message')} (${formatBytes(bytes)}) published on ${topic}`;
  terminal.print(peers === 0 ? `${what}; nobody else is in ${group}, so nobody has heard it` : `${what}; ${plural(peers, 'peer')} there`);
}
