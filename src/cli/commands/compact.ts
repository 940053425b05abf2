/** `socomm compact`: has the writer put each document into as few bytes as it takes. */

import type { Command } from 'commander';

import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument } from '../command-options.js';
import type { Ending } from '../exit.js';
import { askWriter } from '../open-group.js';
import { formatBytes } from '../output/format.js';
import { requireGroup } from '../require-group.js';
import type { Session, WaitOptions } from '../session.js';

export function registerCompact(program: Command, session: Session): void {
  const command = program.command('compact').description('replace logs by snapshots, and give the space back').addArgument(groupArgument());
  addTimeout(addCommonOptions(command));
  addExamples(command, 'compact com.acme.synth');
  command.action(endWith(session, compact));
}

async function compact(session: Session, group: string, options: WaitOptions): Promise<Ending> {
  await requireGroup(group, options, session);
  const { result } = await askWriter(group, options, session, (instance, signal) => instance.compact({ signal }));
  const { bytesBefore, bytesAfter } = result;
  if (options.json) session.terminal.print(JSON.stringify({ group, ...result }));
  else session.terminal.print(`documents took ${formatBytes(bytesBefore)}, and take ${formatBytes(bytesAfter)} now`);
  return 'good';
}
