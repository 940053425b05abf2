/** `socomm restore`: puts a backup in the place of a group's store; the old one is kept. */

import { realpath } from 'node:fs/promises';

import type { Command } from 'commander';

import { inspectGroup, restoreGroup } from '../../index.js';
import { addCommonOptions, addExamples, endWith, groupArgument, usage } from '../command-options.js';
import type { Ending } from '../exit.js';
import { placeOf } from '../open-group.js';
import { plural } from '../output/format.js';
import { requirePath } from '../require-path.js';
import type { CommonOptions, Session } from '../session.js';

export function registerRestore(program: Command, session: Session): void {
  const command = program.command('restore').description('put a backup in the place of a store that nobody runs; the old one is kept');
  command.addArgument(groupArgument()).argument('<file>', 'a backup or checkpoint, or the directory of another store of the group');
  addCommonOptions(command).addHelpText('after', HELP);
  addExamples(command, 'restore com.acme.synth synth.socomm');
  command.action(endWith(session, restore));
}

const HELP = `
The backup is read and tried as a whole before the store is touched. The store gets a new id: copies of the old one are no
longer taken for it. To take in what another copy has, and keep what is here, use "merge"; to go back while the group runs,
use "checkpoints".`;

async function restore({ terminal, signal }: Session, group: string, file: string, options: CommonOptions): Promise<Ending> {
  await requirePath(file);
  await refuseItself(group, file, placeOf(options));
  const restored = await restoreGroup(group, file, { ...placeOf(options), signal });
  const { directory, documents, blobs, kept } = restored;
  if (options.json) {
    terminal.print(JSON.stringify({ group, ...restored }, undefined, 2));
    return 'good';
  }
  terminal.print(`${plural(documents, 'document')} restored in ${directory}`);
  if (blobs > 0) terminal.print(`${plural(blobs, 'blob')} brought along`);
  terminal.print(kept === undefined ? 'there was no store before' : `the store that was there is kept in ${kept}`);
  return 'good';
}

/** It would come back as it is, with a new id. */
async function refuseItself(group: string, file: string, place: ReturnType<typeof placeOf>): Promise<void> {
  const { directory, store } = await inspectGroup(group, place);
  const isItself = store !== undefined && (await realpath(file)) === (await realpath(directory));
  if (isItself) throw usage(`${file} is the store of ${group} itself`, 'name a backup, a checkpoint, or another store');
}
