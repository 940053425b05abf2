/** `socomm where`: every path of a group. */

import { existsSync } from 'node:fs';

import type { Command } from 'commander';

import { inspectGroup } from '../../index.js';
import { addCommonOptions, addExamples, endWith, groupArgument } from '../command-options.js';
import type { Ending } from '../exit.js';
import { placeOf } from '../open-group.js';
import { formatPairs } from '../output/table.js';
import type { CommonOptions, Session } from '../session.js';

export function registerWhere(program: Command, session: Session): void {
  const command = program
    .command('where')
    .description("print a group's paths (exit code 3 where it is not there yet)")
    .addArgument(groupArgument());
  addCommonOptions(command);
  addExamples(command, 'where com.acme.synth', 'where com.acme.synth --json | jq -r .directory');
  command.action(endWith(session, where));
}

async function where({ terminal, signal }: Session, group: string, options: CommonOptions): Promise<Ending> {
  const report = await inspectGroup(group, { ...placeOf(options), signal });
  const { directory, runtimeDirectory, paths } = report;
  const isThere = report.store !== undefined || report.isAlive;
  if (options.json) {
    terminal.print(JSON.stringify({ group, directory, runtimeDirectory, paths, exists: isThere }, undefined, 2));
  } else {
    const told = Object.entries({ directory, ...paths, runtimeDirectory });
    const rows = told.map(([name, path]) => [wordsOf(name), existsSync(path) ? path : `${path}  (not there)`] as const);
    terminal.print(...formatPairs([['group', group], ...rows], (name) => terminal.style('dim', name)));
  }
  return isThere ? 'good' : 'notFound';
}

/** `runtimeDirectory` → `runtime directory`. */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
