/** `socomm ls`: the groups that are alive or stored here. */

import type { Command } from 'commander';

import { listGroups } from '../../index.js';
import { addCommonOptions, addExamples, endWith } from '../command-options.js';
import type { Ending } from '../exit.js';
import { placeOf } from '../open-group.js';
import { formatBytes, formatCount } from '../output/format.js';
import { formatTable } from '../output/table.js';
import { requireFolder } from '../require-path.js';
import type { CommonOptions, Session } from '../session.js';

export function registerLs(program: Command, session: Session): void {
  const command = program.command('ls').alias('list').description('list the groups that are alive or stored here');
  addCommonOptions(command, 'the folder that holds the stores (default: the data folder, or $SOCOMM_DIRECTORY)');
  addExamples(command, 'ls', 'ls --json', 'ls --directory /srv/socomm');
  command.action(endWith(session, ls));
}

async function ls({ terminal, signal }: Session, options: CommonOptions): Promise<Ending> {
  if (options.directory !== undefined) await requireFolder(options.directory);
  const groups = await listGroups({ ...placeOf(options), signal });
  const ending = groups.some(({ unreadable }) => unreadable !== undefined) ? 'partial' : 'good';
  if (options.json) {
    terminal.print(JSON.stringify(groups, undefined, 2));
    return ending;
  }
  if (groups.length === 0) {
    terminal.note('no groups here; "socomm where <group>" tells where one would lie');
    return 'good';
  }
  const rows = groups.map((it) => [
    it.group,
    it.unreadable === undefined ? (it.isAlive ? 'running' : 'stored') : `unreadable (${it.unreadable})`,
    it.isAlive ? formatCount(it.peers) : '–',
    it.unreadable === undefined ? formatBytes(it.bytes) : '–',
    it.directory,
  ]);
  const columns = [
    { heading: 'group' },
    { heading: 'state' },
    { heading: 'peers', isNumber: true },
    { heading: 'size', isNumber: true },
    { heading: 'directory' },
  ];
  terminal.print(...formatTable(columns, rows, (heading) => terminal.style('dim', heading)));
  return ending;
}
