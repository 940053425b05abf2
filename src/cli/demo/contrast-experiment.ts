/**
 * What becomes of data when two copies of bare `level` open one directory: a real experiment, in a process of its
 * own because it may crash. Started by contrast.ts with a scratch directory; says each thing as it happens.
 *
 * The second copy is the installed `classic-level` folder, copied elsewhere: the operating system then loads the
 * addon twice, as it does when two plug-ins each bring their own. LevelDB's lock does not see that: it belongs to
 * the process, and each copy keeps its own list of what is open.
 */

import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pause, systemClock } from '../../base/clock.js';
import { systemCode } from '../../base/errors.js';

/** What the experiment says, as it happens; `reopened` or `unreadable` comes last, unless the process crashed. */
export type ContrastNews =
  /** `toWrite`: how many records it is going to put. */
  | { readonly kind: 'opened'; readonly copy: 1 | 2; readonly toWrite: number }
  | { readonly kind: 'acknowledged'; readonly copy: 1 | 2; readonly records: number }
  | { readonly kind: 'refused'; readonly during: string; readonly code: string }
  | { readonly kind: 'reopened'; readonly found: number }
  | { readonly kind: 'unreadable'; readonly code: string };

/** As much of `classic-level` as is used here; its own types would make this file a second door to it. */
interface BareLevel {
  open(): Promise<void>;
  close(): Promise<void>;
  put(key: string, value: string, options: { readonly sync: boolean }): Promise<void>;
  keys(): { all(): Promise<string[]> };
}
type BareLevelClass = new (location: string) => BareLevel;

const ROUNDS = 20;
const RECORDS_PER_ROUND = 25;
/** For the eye: the counts are to be seen growing. The result is the same without. */
const ROUND_PAUSE_MS = 40;

await run(process.argv[2] ?? '');
process.disconnect?.();

async function run(scratch: string): Promise<void> {
  const installed = dirname(createRequire(createRequire(import.meta.url).resolve('level')).resolve('classic-level/package.json'));
  const location = join(scratch, 'shared-database');
  const First = load(installed);
  const Second = load(copyOf(installed, scratch));
  // A `level` begins to open when it is made. One after the other, or they fall over each other at once.
  const levels: BareLevel[] = [];
  for (const [copy, Level] of [
    [1, First],
    [2, Second],
  ] as const) {
    const level = new Level(location);
    if (!(await attempt('open', () => level.open()))) break;
    levels.push(level);
    say({ kind: 'opened', copy, toWrite: ROUNDS * RECORDS_PER_ROUND });
  }
  await attempt('write', () => writeTurnAbout(levels));
  for (const level of levels) await attempt('close', () => level.close());
  await count(new First(location));
}

/** Every record counts only when its `put`, synced, has resolved: that is all that an application can ask for. */
async function writeTurnAbout(levels: readonly BareLevel[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, level] of levels.entries()) {
      const copy = index === 0 ? 1 : 2;
      const keys = Array.from({ length: RECORDS_PER_ROUND }, (_, record) => `copy-${copy}/${round}/${record}`);
      await Promise.all(keys.map((key) => level.put(key, `favourite ${key}`, { sync: true })));
      say({ kind: 'acknowledged', copy, records: keys.length });
    }
    await pause(systemClock, ROUND_PAUSE_MS);
  }
}

async function count(level: BareLevel): Promise<void> {
  try {
    await level.open();
    const found = (await level.keys().all()).length;
    await level.close();
    say({ kind: 'reopened', found });
  } catch (error) {
    say({ kind: 'unreadable', code: systemCode(error) ?? 'unknown error' });
  }
}

/** A refusal is a result here, not a failure: said, and gone on. */
async function attempt(during: string, action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    say({ kind: 'refused', during, code: systemCode(error) ?? 'unknown error' });
    return false;
  }
}

/** The package's own files are copied, its dependencies only linked: it is the addon that must be there twice. */
function copyOf(installed: string, scratch: string): string {
  const modules = join(scratch, 'second-copy', 'node_modules');
  const copied = join(modules, 'classic-level');
  const sources = [join(installed, 'deps'), join(installed, 'build', 'Release', 'obj')];
  cpSync(installed, copied, { recursive: true, filter: (from) => !sources.includes(from) && isOfThisPlatform(from) });
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    const target = join(modules, name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(folderOf(name, installed), target, 'junction');
  }
  return copied;
}

function isOfThisPlatform(path: string): boolean {
  const prebuild = path.split(`${sep}prebuilds${sep}`)[1];
  return prebuild === undefined || prebuild.startsWith(process.platform);
}

function folderOf(name: string, dependent: string): string {
  const paths = createRequire(join(dependent, 'package.json')).resolve.paths(name) ?? [];
  const at = paths.map((path) => join(path, name)).find((path) => exists(join(path, 'package.json')));
  if (at === undefined) throw new Error(`${name}, which classic-level needs, is not installed`);
  return at;
}

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function load(folder: string): BareLevelClass {
  return (createRequire(import.meta.url)(folder) as { ClassicLevel: BareLevelClass }).ClassicLevel;
}

function say(news: ContrastNews): void {
  process.send?.(news);
}
