/** The end: what was measured, what was checked, and how to go on from here. Pure. */

import { formatBytes, formatCount, plural } from '../output/format.js';
import { formatPairs } from '../output/table.js';
import { ms, shortDigest } from './event-line.js';
import type { DemoReport, Figures } from './events.js';
import type { Paint } from './paint.js';
import { CHECKS } from './verdict.js';

export function renderClosing(report: DemoReport, commands: readonly string[], paint: Paint): string[] {
  const figures = formatPairs(rowsOf(report.figures), (name) => paint('gray', name)).map((line) => `  ${line}`);
  const next =
    commands.length === 0 ? [] : ['', '  The store stays. Look around:', ...commands.map((command) => `    ${paint('cyan', command)}`)];
  return ['', ...figures, '', ...renderVerdict(report, paint), ...next, ''];
}

/** As they are to be typed; `directory` where the demo was given one, for they need it too. */
export function closingCommands(presetId: string, directory: string | undefined): string[] {
  const options = directory === undefined ? '' : ` --directory ${quoted(directory)}`;
  return [
    `npx socomm status socomm.demo${options}`,
    `npx socomm library socomm.demo show ${quoted(presetId)}${options}`,
    `npm run demo -- --stay${options}`,
  ];
}

function quoted(word: string): string {
  return /^[\w./~:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function rowsOf({ takeoverMs, acknowledgedAgainMs = 0, ...figures }: Figures): [string, string][] {
  const rows: [string, string | undefined][] = [
    ['bare level, loaded twice', contrastOf(figures)],
    ['presets', optional(figures.presets, formatCount)],
    ['digest of all eight', optional(figures.digest, shortDigest)],
    ['eight peers met', optional(figures.meetingMs, ms)],
    ['import', optional(figures.importMs, ms)],
    ['equal at all eight', optional(figures.convergenceMs, (value) => `${ms(value)} after the last set`)],
    [
      'edits acknowledged',
      optional(
        figures.editsAcknowledged,
        (value) =>
          `${formatCount(value)} of ${formatCount(figures.editsMade ?? 0)} made; ${formatCount(figures.editsMissing ?? 0)} missing`,
      ),
    ],
    ['lag while editing', optional(figures.lagMs, (value) => `${ms(value)} (median of eight)`)],
    ['takeover after kill -9', optional(takeoverMs, (value) => `${ms(value)}; on disk again after ${ms(acknowledgedAgainMs)}`)],
    ['fresh process caught up', optional(figures.catchUpMs, ms)],
    ['cold start of all eight', optional(figures.coldMs, ms)],
    ['store', optional(figures.storeBytes, (value) => `${formatBytes(value)} in ${figures.directory}`)],
    ['the whole', optional(figures.tookMs, ms)],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

function renderVerdict({ isGood, checks, unreached }: DemoReport, paint: Paint): string[] {
  const failed = checks.filter(({ isTrue }) => !isTrue);
  if (isGood) return [paint(['bold', 'green'], `  ✓ ${plural(CHECKS.length, 'check')}, all true`)];
  return [
    paint(
      ['bold', 'red'],
      `  ✗ of ${plural(CHECKS.length, 'check')} ${failed.length} were not true and ${unreached.length} were not reached`,
    ),
    ...failed.map(({ check, detail }) => paint('red', `    not true: ${check}: ${detail}`)),
    ...unreached.map((check) => paint('red', `    not reached: ${check}`)),
  ];
}

function contrastOf({ contrastAcknowledged, contrastFound = 0 }: Figures): string | undefined {
  return optional(contrastAcknowledged, (value) => `${formatCount(value)} acknowledged, ${formatCount(value - contrastFound)} missing`);
}

function optional<Value>(value: Value | undefined, format: (value: Value) => string): string | undefined {
  return value === undefined ? undefined : format(value);
}
