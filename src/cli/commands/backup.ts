/** `socomm backup`: all documents of a group in one file, also while it is run and written to. */

import type { Command } from 'commander';

import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument, usage } from '../command-options.js';
import type { Ending } from '../exit.js';
import { askWriter } from '../open-group.js';
import { formatBytes, plural } from '../output/format.js';
import { requireGroup } from '../require-group.js';
import type { Session, WaitOptions } from '../session.js';

export function registerBackup(program: Command, session: Session): void {
  const command = program.command('backup').description('write all documents of a group, as they are in one moment, to a new file');
  command.addArgument(groupArgument()).argument('<file>', 'where to; never written over');
  addTimeout(addCommonOptions(command));
  addExamples(command, 'backup com.acme.synth synth.socomm', 'backup com.acme.synth "synth $(date +%F).socomm"');
  command.action(endWith(session, backup));
}

async function backup(session: Session, group: string, file: string, options: WaitOptions): Promise<Ending> {
  if (file === '') throw usage('the file needs a name', 'name one that is not there yet');
  await requireGroup(group, options, session);
  const { result } = await askWriter(group, options, session, (instance, signal) => instance.backup(file, { signal }));
  const { path, bytes, documents, blobs } = result;
  const what = blobs === 0 ? plural(documents, 'document') : `${plural(documents, 'document')} and ${plural(blobs, 'blob')}`;
  if (options.json) session.terminal.print(JSON.stringify({ group, ...result }));
  else session.terminal.print(`${what} in ${path} (${formatBytes(bytes)}), read back and found whole`);
  return 'good';
}
