/** `socomm doctor`: looks at every byte of a store, says what it found and what to do, and repairs only when asked. */

import type { Command } from 'commander';

import { examineGroup, inspectGroup, isSocommError, listGroups, repairGroup } from '../../index.js';
import type { Finding, GroupExamination } from '../../index.js';
import { openStore } from '../../store.js';
import type { StoreVerification } from '../../store.js';
import { addCommonOptions, addExamples, endWith, optionalGroupArgument, usage } from '../command-options.js';
import { CliError } from '../exit.js';
import type { Ending } from '../exit.js';
import { groupMissing, placeOf } from '../open-group.js';
import { formatBytes, plural, visible } from '../output/format.js';
import type { Style, Terminal } from '../output/terminal.js';
import { wrapToWidth } from '../output/width.js';
import { requirePath } from '../require-path.js';
import type { CommonOptions, Session } from '../session.js';

interface DoctorOptions extends CommonOptions {
  readonly repair?: boolean;
  readonly file?: string;
}

export function registerDoctor(program: Command, session: Session): void {
  const command = program.command('doctor').description('check every byte of a store, and say what is wrong and what to do');
  command.addArgument(optionalGroupArgument());
  addCommonOptions(command)
    .option('--repair', 'make a sound store of what can be read; the old one is kept')
    .option('--file <path>', 'check a backup or checkpoint instead');
  command.addHelpText('after', HELP);
  addExamples(
    command,
    'doctor',
    'doctor com.acme.synth',
    'doctor --directory /media/stick/com.acme.synth',
    'doctor com.acme.synth --repair',
  );
  command.action(endWith(session, doctor));
}

const HELP = `
Without a group or directory it looks at all groups. It changes nothing unless --repair is given. Ends with 0 where nothing
is wrong (notes are no fault), and with 1 where something is.`;

async function doctor(session: Session, group: string | undefined, options: DoctorOptions): Promise<Ending> {
  if (options.file !== undefined) return examineFile(session, options.file, options);
  if (options.repair) return repair(session, group, options);
  const { terminal, signal } = session;
  const isOfAll = group === undefined && options.directory === undefined;
  const examinations = isOfAll ? await examineAll(session) : [await examineGroup(group, { ...placeOf(options), signal })];
  const [only] = examinations;
  // To call nothing sound would hide a mistyped name.
  if (!isOfAll && only !== undefined && !only.hasStore && !only.isAlive)
    throw group === undefined ? storeMissing(only) : groupMissing(only);
  if (examinations.length === 0) terminal.note('there are no groups');
  if (options.json) terminal.print(JSON.stringify(isOfAll ? examinations : only, undefined, 2));
  else for (const examination of examinations) show(terminal, examination);
  return examinations.some(({ findings }) => findings.some(isFault)) ? 'failed' : 'good';
}

/** One that cannot be looked at hides no other. */
async function examineAll({ signal }: Session): Promise<readonly GroupExamination[]> {
  const examinations: GroupExamination[] = [];
  for (const { group, directory } of await listGroups({ signal })) {
    const examination = await examineGroup(group, { signal }).catch((error: unknown): GroupExamination => {
      if (!isSocommError(error) || error.code === 'SOCOMM_NATIVE_MISSING') throw error;
      const finding = { severity: 'warning', what: `${error.message} [${error.code}]`, advice: 'Nothing of it was looked at.' } as const;
      return { group, directory, hasStore: true, isAlive: false, verification: undefined, findings: [finding] };
    });
    examinations.push(examination);
  }
  return examinations;
}

function storeMissing({ directory }: GroupExamination): CliError {
  return new CliError('notFound', `${directory} holds no store`, { hint: 'a backup or checkpoint is checked with --file' });
}

async function examineFile({ terminal, signal }: Session, file: string, options: DoctorOptions): Promise<Ending> {
  if (options.repair)
    throw usage('--file and --repair do not go together', 'a file that does not verify cannot be repaired: take another one');
  await requirePath(file);
  const view = await openStore(file, { signal });
  try {
    const found = await view.verify();
    if (options.json) terminal.print(JSON.stringify({ file: view.path, kind: view.kind, group: view.group, ...found }, undefined, 2));
    else {
      terminal.print(
        `${view.path}: a ${view.kind} of ${view.group}, ${plural(found.documents, 'document')}${blobsOf(found)}: ${found.isSound ? 'sound' : 'damaged'}`,
      );
      for (const { name, what } of found.findings) terminal.print(`  ${terminal.style('red', 'damage')}   ${visible(`${name}: ${what}`)}`);
    }
    return found.isSound ? 'good' : 'failed';
  } finally {
    await view.close();
  }
}

function blobsOf({ blobs, blobBytes }: Pick<StoreVerification, 'blobs' | 'blobBytes'>): string {
  return blobs === 0 ? '' : `, ${plural(blobs, 'blob')} (${formatBytes(blobBytes)})`;
}

async function repair(session: Session, given: string | undefined, options: DoctorOptions): Promise<Ending> {
  const { terminal, signal } = session;
  const place = { ...placeOf(options), signal };
  if (given === undefined && options.directory === undefined) throw usage('--repair wants a group', 'socomm doctor <group> --repair');
  const group = given ?? (await examineGroup(undefined, place)).group;
  const report = await inspectGroup(group, place);
  if (report.store === undefined) throw groupMissing(report);
  const examination = await examineGroup(group, place);
  if (report.peers.length > 0) {
    throw new CliError('failed', `${group} is run by ${plural(report.peers.length, 'peer')} and was not repaired`, {
      hint: `end them first: pid ${report.peers.map(({ pid }) => pid).join(', ')} (a stopped one must be ended too)`,
    });
  }
  if (!examination.findings.some(({ severity }) => severity === 'damage')) {
    terminal.print(options.json ? JSON.stringify({ group, isRepaired: false }) : `${group}: nothing is damaged, and nothing was changed`);
    return 'good';
  }
  const repaired = await repairGroup(group, place);
  if (options.json) terminal.print(JSON.stringify({ group, isRepaired: true, ...repaired }, undefined, 2));
  else {
    terminal.print(`${plural(repaired.documents.length, 'document')} put into a new store in ${repaired.directory}`);
    for (const text of repaired.lost) terminal.print(`  ${terminal.style('red', 'wrong')}  ${visible(text)}`);
    for (const text of repaired.added) terminal.print(`  ${terminal.style('green', 'added')}  ${visible(text)}`);
    if (repaired.kept !== undefined) terminal.print(`the damaged store is kept in ${repaired.kept}`);
  }
  return repaired.lost.length > 0 ? 'partial' : 'good';
}

function show(terminal: Terminal, { group, directory, isAlive, verification, findings }: GroupExamination): void {
  const faults = findings.filter(isFault).length;
  const verdict = faults > 0 ? plural(faults, 'finding') : isAlive ? 'nothing wrong in what can be looked at while it runs' : 'sound';
  terminal.print(`${terminal.style('bold', group)}  ${faults > 0 ? terminal.style('red', verdict) : terminal.style('green', verdict)}`);
  terminal.print(`  ${directory}`);
  if (verification !== undefined) {
    const { documents, spills, checkpoints } = verification;
    terminal.print(
      `  read: ${plural(documents, 'document')}${blobsOf(verification)}, ${plural(spills, 'spill')}, ${plural(checkpoints, 'checkpoint')}`,
    );
  }
  for (const [index, { severity, what, advice }] of findings.entries()) {
    const [first = '', ...rest] = inLines(terminal, what);
    terminal.print(`  ${terminal.style(STYLES[severity], severity.padEnd(7))}  ${first}`, ...rest.map(indent));
    // What is the same for several stands once, below the last of them.
    if (advice !== findings[index + 1]?.advice) terminal.print(...inLines(terminal, advice).map(indent));
  }
}

const INDENT = ' '.repeat(11);

function indent(line: string): string {
  return `${INDENT}${line}`;
}

/** Broken for a person's screen only: who searches the output of a pipe wants each finding on a line. */
function inLines({ isOutTty, columns }: Terminal, text: string): readonly string[] {
  return isOutTty ? wrapToWidth(visible(text), Math.max(20, columns - INDENT.length)) : [visible(text)];
}

const STYLES: Readonly<Record<Finding['severity'], Style>> = { damage: 'red', warning: 'yellow', note: 'gray' };

function isFault({ severity }: Finding): boolean {
  return severity !== 'note';
}
