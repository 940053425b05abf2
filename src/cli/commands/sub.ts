/** `socomm sub`: messages of topics as they come, one line each. */

import type { Command } from 'commander';

import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument, usage } from '../command-options.js';
import type { Ending } from '../exit.js';
import { MESSAGES_WAITING_MAX } from '../limits.js';
import { plural } from '../output/format.js';
import { addCodec, formOf } from '../talk/codecs.js';
import type { CodecOption } from '../talk/codecs.js';
import { parseId } from '../talk/ids.js';
import { MessagePrinter } from '../talk/message-printer.js';
import { parseCount, parseTopics } from '../talk/names.js';
import { within } from '../talk/patience.js';
import { takePart } from '../talk/take-part.js';
import type { Session, WaitOptions } from '../session.js';

interface SubOptions extends WaitOptions, CodecOption {
  readonly raw?: boolean;
  readonly lines?: boolean;
  readonly count?: number;
  readonly from?: string;
}

export function registerSub(program: Command, session: Session): void {
  const command = program.command('sub').description('print messages of topics as they come, until Ctrl-C').addArgument(groupArgument());
  command.argument('<topic...>', 'names of topics; a name that ends in / has all below it');
  addCodec(addTimeout(addCommonOptions(command)))
    .option('--raw', 'only the values: JSON lines; with --codec raw the bytes as they are, with nothing between')
    .option('--lines', 'with --raw --codec raw: a line feed after each message')
    .option('--count <number>', 'end after so many messages', parseCount)
    .option('--from <id>', 'only of this peer or instance; the beginning of the id will do');
  command.addHelpText('after', HELP);
  addExamples(
    command,
    'sub com.acme.synth transport meters/',
    'sub com.acme.synth transport --json --count 1 | jq .value',
    'sub com.acme.synth sample --codec raw --raw > sample.wav',
  );
  command.action(endWith(session, sub));
}

const HELP = `
Says on standard error when everybody who is there has confirmed the subscription: what is published from then on comes,
or is told as missed (with --json as an object without a value). Waits for a group that is not there yet.
Ends with 4 where a message could not be read. --timeout limits the wait for the group, with --count all of it.`;

async function sub(session: Session, group: string, names: readonly string[], options: SubOptions): Promise<Ending> {
  if (options.raw && options.json)
    throw usage('--raw and --json do not go together', '--raw prints the values alone, --json all that is known');
  const topics = parseTopics(names);
  const form = formOf(options.codec);
  const isMeant = options.from === undefined ? () => true : parseId('--from', options.from);
  return takePart<Ending>(
    group,
    { ...options, isPatient: true, isOpenEnded: options.count === undefined },
    session,
    async ({ instance, signal, met }) => {
      const printer = new MessagePrinter(session.terminal, form, { ...options, topics, signal });
      const subscriptions = topics.map((name) =>
        instance.topic(name, form.codec).subscribe({
          signal,
          bufferMax: MESSAGES_WAITING_MAX,
          onMissed: (missed) => isMeant(missed.from) && printer.missed(missed),
          onError: (failure) => isMeant(failure.from) && printer.failed(failure),
        }),
      );
      const hasEnough = (): boolean => options.count !== undefined && printer.count >= options.count;
      const end = (): void => subscriptions.forEach((subscription) => subscription.end());
      const reading = subscriptions.map(async (subscription) => {
        for await (const message of subscription) {
          // Another of the subscriptions may have had the last one.
          if (!isMeant(message.from) || hasEnough()) continue;
          await printer.print(message);
          if (hasEnough()) end();
        }
      });
      const confirmed = Promise.all(subscriptions.map(({ ready }) => ready));
      const isConfirmed = await within(Promise.race([confirmed, ...reading]), signal);
      session.terminal.note(
        `subscribed to ${topics.join(', ')} in ${group}: ${met.length === 0 ? 'nobody else is there yet' : `${plural(met.length, 'peer')} there`}` +
          (isConfirmed ? '' : '; not all of them have confirmed'),
      );
      await Promise.all(reading);
      return printer.hasFailures ? 'partial' : 'good';
    },
  );
}
