/** `socomm remove`: deletes a group's store, after a person said yes. */

import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

import type { Command } from 'commander';

import { inspectGroup, removeGroup } from '../../index.js';
import type { GroupReport } from '../../index.js';
import { addCommonOptions, addExamples, endWith, groupArgument, usage } from '../command-options.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { groupMissing, placeOf } from '../open-group.js';
import { formatBytes, plural } from '../output/format.js';
import type { CommonOptions, Session } from '../session.js';

interface RemoveOptions extends CommonOptions {
  readonly yes?: boolean;
}

export function registerRemove(program: Command, session: Session): void {
  const command = program.command('remove').description('delete the store of a group that nobody runs').addArgument(groupArgument());
  addCommonOptions(command).option('--yes', 'do not ask');
  addExamples(command, 'remove com.acme.synth', 'remove com.acme.synth --yes');
  command.action(endWith(session, remove));
}

async function remove(session: Session, group: string, options: RemoveOptions): Promise<Ending> {
  const { terminal, signal } = session;
  const report = await inspectGroup(group, { ...placeOf(options), signal });
  if (report.peers.length > 0) {
    const pids = report.peers.map((peer) => peer.pid).join(', ');
    throw new CliError('failed', `${group} is run by ${plural(report.peers.length, 'peer')} and was not removed`, {
      hint: `end them first: pid ${pids}`,
    });
  }
  if (report.store === undefined) throw groupMissing(report);
  if (!options.yes && !(await confirm(session, report))) {
    terminal.note('not removed');
    return 'failed';
  }
  const { left } = await removeGroup(group, { ...placeOf(options), signal });
  if (options.json) terminal.print(JSON.stringify({ group, directory: report.directory, left }));
  else terminal.print(`${group} removed (${report.directory})`);
  if (left.length === 0) return 'good';
  terminal.note(`left in place, for it is not of the store: ${left.join(', ')}`);
  return 'partial';
}

async function confirm({ terminal, signal }: Session, { group, directory, store }: GroupReport): Promise<boolean> {
  if (!terminal.isInteractive) throw usage('nobody is here to confirm', 'say --yes to remove without asking');
  // The terminal's own line editing: a Ctrl-C stays a signal, and ends this command as it does any other.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    const question = `Delete ${group} (${formatBytes(store?.bytes ?? 0)} in ${directory}) for good? [y/N] `;
    // Ctrl-D is no answer, and no is the answer that harms nobody.
    const noAnswer = once(lines, 'close').then(() => '');
    const answer = await Promise.race([lines.question(question, { signal }), noAnswer]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
