/** `socomm get`: a value of a group's document. */

import type { Command } from 'commander';

import { addCommonOptions, addExamples, addRootType, addTimeout, endWith, groupArgument, pathArgument } from '../command-options.js';
import { documentJson, toJson } from '../document-json.js';
import { readPath } from '../document-path.js';
import type { RootKind } from '../document-roots.js';
import type { Ending } from '../exit.js';
import { viewGroup, warnOfDamage } from '../open-group.js';
import { visible } from '../output/format.js';
import type { Pointer } from '../pointer.js';
import type { Session, WaitOptions } from '../session.js';

interface GetOptions extends WaitOptions {
  readonly rootType?: RootKind;
  readonly delta?: boolean;
}

export function registerGet(program: Command, session: Session): void {
  const command = program
    .command('get')
    .description('print a value, or the whole document')
    .addArgument(groupArgument())
    .addArgument(pathArgument(false));
  addRootType(addTimeout(addCommonOptions(command))).option('--delta', 'texts with their formatting, as a Yjs delta');
  command.addHelpText('after', '\nA string is printed as it is, everything else as JSON; --json prints JSON always.');
  addExamples(command, 'get com.acme.synth', 'get com.acme.synth /presets/warm-pad/name', 'get com.acme.synth /presets --json | jq length');
  command.action(endWith(session, get));
}

async function get(session: Session, group: string, path: Pointer = [], options: GetOptions): Promise<Ending> {
  const { terminal } = session;
  return viewGroup<Ending>(group, options, session, async ({ doc, damage }, signal) => {
    const hasDamage = warnOfDamage(terminal, damage);
    const root = { rootKind: options.rootType };
    const form = { isDelta: options.delta };
    const value = path.length === 0 ? documentJson(doc, root, form) : toJson(readPath(doc, path, root), form);
    const text = typeof value === 'string' && !options.json ? value : JSON.stringify(value, undefined, 2);
    await terminal.write(`${terminal.isOutTty ? visible(text) : text}\n`, signal);
    return hasDamage ? 'partial' : 'good';
  });
}
