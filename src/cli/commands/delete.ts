/** `socomm delete`: takes a value out of a group's document. */

import type { Command } from 'commander';

import { inspectGroup } from '../../index.js';
import { addCommonOptions, addExamples, addRootType, addTimeout, endWith, groupArgument, pathArgument } from '../command-options.js';
import { deletePath } from '../document-path.js';
import type { RootKind } from '../document-roots.js';
import type { Ending } from '../exit.js';
import { changeGroup, groupMissing, placeOf } from '../open-group.js';
import { formatPointer } from '../pointer.js';
import type { Pointer } from '../pointer.js';
import type { Session, WaitOptions } from '../session.js';

interface DeleteOptions extends WaitOptions {
  readonly rootType?: RootKind;
}

export function registerDelete(program: Command, session: Session): void {
  const command = program.command('delete').alias('rm').description('delete a value and wait until that is on disk');
  command.addArgument(groupArgument()).addArgument(pathArgument(true));
  addRootType(addTimeout(addCommonOptions(command)));
  addExamples(command, 'delete com.acme.synth /presets/warm-pad', 'delete com.acme.synth /recent/0');
  command.action(endWith(session, remove));
}

async function remove(session: Session, group: string, path: Pointer, options: DeleteOptions): Promise<Ending> {
  // Joining would make the group, only to find nothing in it.
  const report = await inspectGroup(group, { ...placeOf(options), signal: session.signal });
  if (report.store === undefined && !report.isAlive) throw groupMissing(report);
  const { term } = await changeGroup(group, options, session, (instance) =>
    instance.transact(() => deletePath(instance.doc, path, { rootKind: options.rootType })),
  );
  if (options.json) session.terminal.print(JSON.stringify({ group, path: formatPointer(path), term }));
  else session.terminal.print(`${formatPointer(path)} deleted; on disk (term ${term})`);
  return 'good';
}
