/**
 * All that can be found wrong with a group from outside: every byte of a store that nobody runs, and of one that is run what
 * can be looked at beside its writer. Repairs nothing, and changes no byte.
 */

import { basename, resolve } from 'node:path';

import { GROUP_PATTERN } from '../../storage/layout.js';
import { readStoreNote, STORE_FORMAT } from '../../storage/store-note.js';
import type { StoreNote } from '../../storage/store-note.js';
import { isSocommError } from '../base/errors.js';
import { openStore } from '../maintenance/open-store.js';
import type { StoreFinding, StoreVerification } from '../maintenance/store-view.js';
import { PACKAGE_VERSION } from '../version.js';
import { examineFiles } from './examine-files.js';
import { inspectGroup } from './look-at-groups.js';
import type { GroupReport, LookOptions } from './look-at-groups.js';
import { readNote } from './restore-group.js';

export interface Finding {
  /** `damage`: something is lost, or would be. `warning`: it will make trouble. `note`: good to know, nothing is wrong. */
  readonly severity: 'damage' | 'warning' | 'note';
  readonly what: string;
  /** What to do. */
  readonly advice: string;
}

export interface GroupExamination {
  readonly group: string;
  readonly directory: string;
  readonly hasStore: boolean;
  readonly isAlive: boolean;
  /** Undefined where the database could not be read: it is run, or does not open. */
  readonly verification: StoreVerification | undefined;
  /** The worst first. */
  readonly findings: readonly Finding[];
}

/**
 * Without a group: of the one whose store lies in `directory`.
 * Errors: SOCOMM_STORE_MISMATCH, SOCOMM_STORE_FOREIGN, SOCOMM_DIRECTORY_INVALID, SOCOMM_NATIVE_MISSING; the signal's reason.
 */
export async function examineGroup(group: string | undefined, options: LookOptions = {}): Promise<GroupExamination> {
  const report = await inspectGroup(group ?? (await groupIn(options.directory)), options);
  const { directory, isAlive } = report;
  const hasStore = report.store !== undefined;
  const findings: Finding[] = [];
  let verification: StoreVerification | undefined;
  if (hasStore) {
    const note = await examineNote(report, findings);
    if (isAlive) findings.push(...aliveNotes(report));
    if (note !== undefined) verification = await verify(report, findings, options.signal);
  }
  findings.push(...(await examineFiles(report)), ...examineVersions(report));
  findings.sort((a, b) => RANKS.indexOf(a.severity) - RANKS.indexOf(b.severity));
  return { group: report.group, directory, hasStore, isAlive, verification, findings };
}

async function groupIn(directory: string | undefined): Promise<string> {
  if (directory === undefined) throw new TypeError('examineGroup() takes a group, or the option directory');
  const path = resolve(directory);
  const note = await readNote(path).catch((error: unknown) => {
    // Whoever looks at the directory next tells it in its own words.
    if (!isSocommError(error, 'SOCOMM_STORE_FAILED')) throw error;
  });
  if (note !== undefined) return note.group;
  // A note that cannot be understood names no group; a directory is called after its group, where nobody chose another.
  const name = basename(path);
  return GROUP_PATTERN.test(name) ? name : 'unknown';
}

const RANKS: readonly Finding['severity'][] = ['damage', 'warning', 'note'];

function repairOf(group: string): string {
  return `Restore a backup (socomm restore ${group} <file>), or make a store of what is left: socomm doctor ${group} --repair.`;
}

/** Of damage that does not keep anybody from opening the store. */
function mendOf(group: string): string {
  return `Whoever joins next goes on with what is left, and keeps the rest in quarantine/. To take in what spills and checkpoints have beyond it: socomm doctor ${group} --repair. Or restore a backup: socomm restore ${group} <file>.`;
}

async function examineNote({ group, directory }: GroupReport, findings: Finding[]): Promise<StoreNote | undefined> {
  try {
    const note = await readStoreNote(directory);
    if (note === undefined)
      findings.push({
        severity: 'damage',
        what: 'store.json is missing, and the database is there',
        advice: `Whoever joins the group next writes it anew from the database; or let it be done now: socomm doctor ${group} --repair.`,
      });
    if (note !== undefined && note.format < STORE_FORMAT)
      findings.push({
        severity: 'note',
        what: `the store is of format ${note.format}, and this version writes format ${STORE_FORMAT}`,
        advice: 'Nothing to do: the next who writes keeps a copy and migrates it.',
      });
    if (note?.next !== undefined)
      findings.push({
        severity: 'note',
        what: 'a restore was decided and not finished',
        advice: 'Nothing to do: the next who writes finishes it.',
      });
    return note;
  } catch (error) {
    if (!isSocommError(error)) throw error;
    const isNewer = error.code === 'SOCOMM_STORE_NEWER';
    findings.push({ severity: 'damage', what: error.message, advice: isNewer ? 'Use the newer version of socomm.' : repairOf(group) });
    return undefined;
  }
}

function aliveNotes({ group, peers }: GroupReport): readonly Finding[] {
  const pids = peers.map(({ pid }) => pid).join(', ');
  return [
    {
      severity: 'note',
      what: `group ${group} is run by pid ${pids}: its database was not read`,
      advice: 'For a full check end these programs first, or make a backup and check that: socomm doctor --file <backup>.',
    },
  ];
}

async function verify(
  { group, directory, isAlive }: GroupReport,
  findings: Finding[],
  signal: AbortSignal | undefined,
): Promise<StoreVerification | undefined> {
  if (isAlive) return undefined;
  try {
    const store = await openStore(directory, signal && { signal });
    try {
      const found = await store.verify();
      findings.push(...found.findings.map((finding) => toFinding(group, finding)));
      if (!store.wasClean && found.isSound)
        findings.push({
          severity: 'note',
          what: 'the last writer was ended without closing the store',
          advice: 'Nothing to do: all that was acknowledged is there.',
        });
      return found;
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!isSocommError(error) || error.code === 'SOCOMM_NATIVE_MISSING') throw error;
    const isBusy = error.code === 'SOCOMM_STORE_IN_USE';
    findings.push({
      severity: isBusy ? 'warning' : 'damage',
      what: error.message,
      advice: isBusy ? 'A program holds the lock without being in the roster; end it, and look again.' : repairOf(group),
    });
    return undefined;
  }
}

/** What is wrong inside, and what it means. */
function toFinding(group: string, { kind, name, what }: StoreFinding): Finding {
  switch (kind) {
    case 'note':
      return { severity: 'note', what: `${name}: ${what}`, advice: 'Nothing to do: the next writer writes it anew.' };
    case 'blob':
      return {
        severity: 'damage',
        what: `blob ${name === '' ? '(name unknown)' : name}: ${what}`,
        advice: `Where no other copy is there it cannot be read. Put its content again, or restore a backup: socomm restore ${group} <file>.`,
      };
    case 'spill':
      return {
        severity: 'damage',
        what: `spill ${name}: ${what}`,
        advice: 'Changes of a killed program that nobody had confirmed cannot be read. Remove the file when you no longer need it.',
      };
    case 'checkpoint':
      return {
        severity: 'damage',
        what: `checkpoint ${name}: ${what}`,
        advice: `It cannot be restored. Remove it: socomm checkpoints ${group} remove ${name}`,
      };
    case 'store':
      return { severity: 'damage', what, advice: mendOf(group) };
    case 'document':
    case 'gap':
      return { severity: 'damage', what: `document ${name}: ${what}`, advice: mendOf(group) };
  }
}

function examineVersions({ peers }: GroupReport): readonly Finding[] {
  const others = [...new Set(peers.map(({ packageVersion }) => packageVersion))].filter((version) => version !== PACKAGE_VERSION);
  if (others.length === 0) return [];
  return [
    {
      severity: 'note',
      what: `programs with socomm ${others.join(', ')} run this group; this is ${PACKAGE_VERSION}`,
      advice: 'Nothing to do as long as they understand each other; update the older ones.',
    },
  ];
}
