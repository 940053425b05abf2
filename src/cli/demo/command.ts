/**
 * `socomm demo`: the whole path, shown and checked. Exit code 0 only if every check was made and true. Whatever happens,
 * no process and no scratch directory of ours is left, and the terminal is given back; the store stays.
 */

import type { Command } from 'commander';

import { addCommonOptions, addExamples } from '../command-options.js';
import { CliError, exitCodes } from '../exit.js';
import { placeOf } from '../open-group.js';
import { requirePath } from '../require-path.js';
import type { CommonOptions, Session } from '../session.js';
import { stopInOrder } from './act-return.js';
import { Cast } from './cast.js';
import { clearStore } from './clean-store.js';
import { closingCommands } from './closing-table.js';
import type { DemoEvent, DemoReport } from './events.js';
import { openOutlet } from './outlet.js';
import type { PresetSource } from './messages.js';
import { DEFAULT_SEED } from './preset-library.js';
import { Stage } from './stage.js';
import { play } from './story.js';

const GROUP = 'socomm.demo';
/** Slow enough to be watched for hours. */
const ENCORE_EDITS_PER_SECOND = 1;
/** As long as timers last. */
const FOREVER_MS = 2 ** 31 - 1;

interface DemoOptions extends CommonOptions {
  readonly presets?: string[];
  readonly seed: number;
  readonly stay?: boolean;
}

export function registerDemo(program: Command, session: Session): void {
  const command = program
    .command('demo')
    .description('four processes, eight peers, one store: meeting, sharing, a kill, a cold start; shown live and checked');
  addCommonOptions(command, 'where the store of the demo lies (default: that of the group socomm.demo)')
    .option('--presets <path...>', 'share these presets, as "socomm import" takes them, instead of the bundled library')
    .option('--seed <number>', 'of the bundled library and of the edits', parseSeed, DEFAULT_SEED)
    .option('--stay', 'leave the eight running, to be watched, until Ctrl-C');
  addExamples(command, 'demo', 'demo --presets ~/presets', 'demo --stay', 'demo --json | jq -c "select(.kind == \\"checked\\")"');
  command.action((options: DemoOptions) => demo(session, options));
}

async function demo(session: Session, options: DemoOptions): Promise<void> {
  const { terminal, signal } = session;
  const given = { group: GROUP, ...placeOf(options) };
  // A path that is not there is told before anything has begun.
  for (const path of options.presets ?? []) await requirePath(path);
  const { directory, wasCleared } = await clearStore(given, signal);
  const outlet = openOutlet(terminal, { isJson: options.json === true });
  const emit = (event: DemoEvent): void => outlet.show(event);
  const cast = new Cast(emit);
  // A second Ctrl-C ends this process at once; nobody may be left behind then.
  const killAll = (): void => cast.kill();
  process.once('exit', killAll);
  try {
    if (wasCleared) emit({ kind: 'cleared', directory });
    const place = { ...given, directory };
    const stage = new Stage({ cast, emit, signal, place, source: sourceOf(options), seed: options.seed });
    await play(stage);
    const report = await conclude(stage, options);
    // Who watches those that stay ends them by Ctrl-C; everything else that was broken off has not been seen to its end.
    if (!(report.isGood && options.stay === true && isInterrupted(signal))) signal.throwIfAborted();
    process.exitCode = report.isGood ? exitCodes.good : exitCodes.failed;
  } catch (error) {
    throw signal.aborted && !isInterrupted(signal) ? brokenOff(signal.reason) : error;
  } finally {
    if (signal.aborted) emit({ kind: 'interrupted' });
    await cast.stop();
    process.off('exit', killAll);
    outlet.close();
  }
}

function isInterrupted({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof CliError && reason.ending === 'interrupted';
}

/** A reader that goes away is no failure of a command that only prints; this one has something to show. */
function brokenOff(reason: unknown): unknown {
  if (!(reason instanceof CliError) || reason.ending !== 'good') return reason;
  return new CliError('failed', 'the demo was broken off, for nobody reads any more', { cause: reason });
}

async function conclude(stage: Stage, options: DemoOptions): Promise<DemoReport> {
  const commands = stage.report().isGood ? closingCommands(await stage.cast.somePreset(), options.directory) : [];
  const isStaying = options.stay === true && stage.report().isGood;
  if (!isStaying && stage.report().isGood) await stopInOrder(stage);
  const report = stage.report();
  stage.emit({ kind: 'concluded', report, commands: report.isGood ? commands : [] });
  if (isStaying) await stay(stage);
  return report;
}

/** Until Ctrl-C, which is no failure here; or until somebody has ended all the players from outside. */
async function stay(stage: Stage): Promise<void> {
  const { cast, signal } = stage;
  stage.emit({ kind: 'stayed' });
  await Promise.all(cast.players.map((player) => player.ask({ kind: 'edit', perSecond: ENCORE_EDITS_PER_SECOND, keys: 'ring' })));
  try {
    await cast.until(() => cast.players.length === 0, FOREVER_MS, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function sourceOf({ presets, seed }: DemoOptions): PresetSource {
  return presets === undefined ? { kind: 'bundled', seed } : { kind: 'paths', paths: presets };
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new CliError('usage', `--seed takes a whole number from 0 to 4294967295; got ${JSON.stringify(text)}`);
}
