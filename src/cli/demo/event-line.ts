/** One line for each event that is worth one: the log under the lanes, and all there is where nothing can be redrawn. */

import { formatBytes, formatCount, plural } from '../output/format.js';
import type { ContrastOutcome, DemoEvent, LaneName } from './events.js';

export interface EventLine {
  readonly tone: 'plain' | 'act' | 'good' | 'bad' | 'quiet';
  readonly text: string;
}

/** Undefined for what only moves the lanes. */
export function describeEvent(event: DemoEvent): EventLine | undefined {
  switch (event.kind) {
    case 'act-began':
      return { tone: 'act', text: ACT_TITLES[event.act] };
    case 'cleared':
      return { tone: 'quiet', text: `the store of an earlier demo was removed from ${event.directory}` };
    case 'bare-opened':
      return { tone: 'plain', text: `copy ${event.copy} of level opened the directory; nothing refused it` };
    case 'bare-refused':
      return { tone: 'bad', text: `bare level: ${event.during} failed with ${event.code}` };
    case 'bare-ended':
      return describeContrast(event.outcome);
    case 'player-started':
      return { tone: 'quiet', text: `process ${event.player} started, pid ${event.pid}` };
    case 'player-joined':
      return {
        tone: 'plain',
        text: `process ${event.player} joined with both builds in ${ms(event.tookMs)}${event.presets > 0 ? `, ${plural(event.presets, 'preset')} at hand` : ''}`,
      };
    case 'double-import-seen':
      return {
        tone: 'quiet',
        text: 'Yjs notes a second copy of itself in one process: meant here, for copies exchange bytes only.',
      };
    case 'elected':
      return { tone: 'good', text: `${laneName(event.lane)} was elected writer, term ${event.term}; ${event.peers} peers know each other` };
    case 'imported':
      return {
        tone: event.problems === 0 ? 'plain' : 'bad',
        text: `${laneName(event.lane)} imported ${plural(event.presets, 'preset')} in ${ms(event.tookMs)}${event.problems === 0 ? '' : `; ${plural(event.problems, 'problem')}`}`,
      };
    case 'converged':
      return {
        tone: 'good',
        text: `all ${event.peers} have digest ${shortDigest(event.digest)}: ${plural(event.presets, 'preset')}, ${ms(event.afterMs)} after the last ${event.after === 'import' ? 'set' : 'edit'}`,
      };
    case 'edits-began':
      return { tone: 'plain', text: `all ${event.peers} edit ratings, favourites and names, ${event.perSecond} times a second each` };
    case 'killed':
      return {
        tone: 'bad',
        text: `kill -9 ${event.pid}: the process of the writer (${laneName(event.lane)}), after ${plural(event.acknowledged, 'acknowledged edit')}`,
      };
    case 'taken-over':
      return { tone: 'good', text: `${laneName(event.lane)} took over, term ${event.term}, ${ms(event.afterMs)} after the kill` };
    case 'acknowledged-again':
      return {
        tone: 'good',
        text: `first edit on disk again (${laneName(event.lane)}, term ${event.term}), ${ms(event.afterMs)} after the kill`,
      };
    case 'edits-ended':
      return { tone: 'plain', text: `edits rest: ${formatCount(event.made)} made, ${formatCount(event.acknowledged)} acknowledged` };
    case 'ledger-read':
      return describeLedger(event);
    case 'caught-up':
      return {
        tone: 'good',
        text: `process ${event.player} replaces the killed one and has all of it, ${ms(event.afterMs)} after its join began`,
      };
    case 'stopped':
      return {
        tone: 'plain',
        text: `all ${event.players} processes stopped in order in ${ms(event.tookMs)}; ${formatBytes(event.bytes)} lie on disk`,
      };
    case 'loaded-cold':
      return {
        tone: 'good',
        text: `${event.peers} fresh peers from disk: ${plural(event.presets, 'preset')}, digest ${shortDigest(event.digest)} as before, ${ms(event.tookMs)}`,
      };
    case 'warned':
      return { tone: 'quiet', text: `${laneName(event.lane)} warns: ${event.message}` };
    case 'lost':
      return { tone: 'bad', text: `process ${event.player} ended unexpectedly: ${event.how}` };
    case 'checked':
      return event.isTrue ? undefined : { tone: 'bad', text: `not true: ${event.check} (${event.detail})` };
    case 'stayed':
      return { tone: 'act', text: 'staying: eight peers go on editing slowly, until Ctrl-C' };
    case 'interrupted':
      return { tone: 'act', text: 'ending in order …' };
    case 'failed':
      return { tone: 'bad', text: event.message };
    case 'bare-acknowledged':
    case 'reported':
    case 'progressed':
    case 'acknowledged':
    case 'concluded':
      return undefined;
  }
}

export function laneName({ player, build }: LaneName): string {
  return `${player}·${build.toUpperCase()}`;
}

export function ms(value: number): string {
  if (value < 10) return `${value.toFixed(1)} ms`;
  return value < 10_000 ? `${formatCount(Math.round(value))} ms` : `${(value / 1000).toFixed(1)} s`;
}

export function shortDigest(digest: string): string {
  return digest.slice(0, 8);
}

const ACT_TITLES = {
  contrast: 'without socomm: two copies of bare level on one directory',
  meeting: 'with socomm: four processes, each with the ESM and the CJS build',
  import: 'a preset library for all',
  edits: 'edits from all eight at once',
  kill: 'kill -9 of the writer in the midst of them',
  reckoning: 'what was acknowledged, and what is there',
  replacement: 'a fresh process in its place',
  'cold start': 'everything stopped, and started cold from disk',
} as const;

function describeContrast(outcome: ContrastOutcome): EventLine {
  const acknowledged = `${plural(outcome.acknowledged, 'record')} acknowledged`;
  switch (outcome.kind) {
    case 'crashed':
      return { tone: 'bad', text: `${acknowledged}, then the process crashed (${outcome.signal})` };
    case 'unreadable':
      return { tone: 'bad', text: `${acknowledged}; the database does not open any more: ${outcome.code}` };
    case 'counted': {
      const lost = outcome.acknowledged - outcome.found;
      if (lost === 0) return { tone: 'plain', text: `${acknowledged}, and this time all of them are there` };
      return {
        tone: 'bad',
        text: `${acknowledged}, ${formatCount(outcome.found)} found: ${formatCount(lost)} are gone, and no call failed`,
      };
    }
  }
}

function describeLedger({ acknowledged, missing, changed, peers, isCold }: Extract<DemoEvent, { kind: 'ledger-read' }>): EventLine {
  const where = isCold ? `after the cold start, at all ${peers}` : `at each of ${peers} peers`;
  if (missing + changed === 0)
    return { tone: 'good', text: `${formatCount(acknowledged)} edits acknowledged, ${formatCount(acknowledged)} found ${where}` };
  return {
    tone: 'bad',
    text: `${formatCount(acknowledged)} edits acknowledged; ${where} ${formatCount(missing)} missing, ${formatCount(changed)} changed`,
  };
}
