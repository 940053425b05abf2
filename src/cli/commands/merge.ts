/** `socomm merge`: takes in what another copy of the group has, from its store or a backup of it. Both sides' edits are kept. */

import { realpath } from 'node:fs/promises';

import type { Command } from 'commander';

import { openStore } from '../../store.js';
import type { StoreView } from '../../store.js';
import { addCommonOptions, addExamples, addTimeout, endWith, groupArgument, usage } from '../command-options.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { mergeBlobs, mergeDocuments } from '../merging.js';
import type { Merging } from '../merging.js';
import { changeGroup, warnOfDamage } from '../open-group.js';
import { formatBytes, plural } from '../output/format.js';
import { requireGroup } from '../require-group.js';
import { requirePath } from '../require-path.js';
import type { RootDifference } from '../root-differences.js';
import type { Session, WaitOptions } from '../session.js';

interface MergeOptions extends WaitOptions {
  readonly anyGroup?: boolean;
}

export function registerMerge(program: Command, session: Session): void {
  const command = program.command('merge').description('take in what another copy of the group did; both sides’ edits are kept');
  command
    .addArgument(groupArgument())
    .argument('<store-or-file>', 'the directory of the other store, which nobody runs, or a backup of it');
  addTimeout(addCommonOptions(command)).option('--any-group', 'also from another group');
  addExamples(command, 'merge com.acme.synth laptop.socomm', 'merge com.acme.synth /media/stick/com.acme.synth');
  command.action(endWith(session, merge));
}

async function merge(session: Session, group: string, source: string, options: MergeOptions): Promise<Ending> {
  const { signal } = session;
  await requirePath(source);
  const report = await requireGroup(group, options, session);
  const isItself = report.store !== undefined && (await realpath(source)) === (await realpath(report.directory));
  if (isItself) throw usage(`${source} is the store of ${group} itself`, 'name the store or backup of another copy');
  const other = await openStore(source, { signal });
  try {
    if (other.group !== group && !options.anyGroup) {
      throw new CliError('failed', `${source} is of group ${other.group}, not of ${group}`, {
        hint: 'merge it all the same with --any-group',
      });
    }
    return await mergeFrom(other, { session, group, options });
  } finally {
    await other.close();
  }
}

interface Merge {
  readonly session: Session;
  readonly group: string;
  readonly options: MergeOptions;
}

async function mergeFrom(other: StoreView, { session, group, options }: Merge): Promise<Ending> {
  const { terminal } = session;
  const damage: string[] = [];
  const { result, term } = await changeGroup(group, options, session, async (instance, signal) => {
    const merging: Merging = { signal, onDamage: (what) => damage.push(what) };
    const taken = await mergeBlobs(instance, other, merging);
    return { blobs: taken, ...(await mergeDocuments(instance, other, merging)) };
  });
  const { blobs, merged, leftOut } = result;
  warnOfDamage(terminal, [...damage, ...leftOut]);
  const roots = merged.find(({ name }) => name === 'main')?.roots ?? [];
  const documents = merged.filter(({ name }) => name !== 'main');
  if (options.json)
    terminal.print(JSON.stringify({ group, from: other.path, term, roots, documents, blobs, damage, leftOut }, undefined, 2));
  else {
    terminal.print(...roots.map((root) => lineOf(root)));
    for (const document of documents) terminal.print(...document.roots.map((root) => `${document.name} ${lineOf(root)}`));
    if (blobs.count > 0) terminal.print(`${plural(blobs.count, 'blob')} brought along, ${formatBytes(blobs.bytes)}`);
    terminal.print(merged.length + blobs.count === 0 ? 'nothing was new' : `merged; on disk (term ${term})`);
  }
  return damage.length + leftOut.length > 0 ? 'partial' : 'good';
}

function lineOf({ root, added, changed, removed }: RootDifference): string {
  return `/${root}: ${plural(added, 'entry').replace('entrys', 'entries')} added, ${changed} changed, ${removed} removed`;
}
