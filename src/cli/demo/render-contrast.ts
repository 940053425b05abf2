/** The opening: two copies of bare `level`, what each was promised, and what is there when the directory is opened again. */

import { formatCount } from '../output/format.js';
import { cutToWidth } from '../output/width.js';
import { describeEvent } from './event-line.js';
import type { Paint, Style } from './paint.js';
import type { Contrast } from './scene.js';

const BAR_COLUMNS = 40;

export function renderContrast({ copies, outcome }: Contrast, columns: number, paint: Paint): string[] {
  const lines = copies.map(({ isOpen, acknowledged, toWrite }, index) => {
    const figure = isOpen ? `${formatCount(acknowledged)} acknowledged` : 'opening …';
    return `    copy ${index + 1} of level   ${bar(acknowledged / toWrite, 'gray', paint)} ${figure}`;
  });
  return [
    paint('bold', '    one process, one directory, the addon loaded twice'),
    '',
    ...lines,
    '',
    ...renderOutcome(outcome, columns, paint),
  ];
}

function renderOutcome(outcome: Contrast['outcome'], columns: number, paint: Paint): string[] {
  if (outcome === undefined) return ['', ''];
  const found = outcome.kind === 'counted' ? outcome.found : 0;
  const line = describeEvent({ kind: 'bare-ended', outcome });
  return [
    `    opened again      ${bar(found / Math.max(1, outcome.acknowledged), 'red', paint)} ${formatCount(found)} found`,
    paint(line?.tone === 'bad' ? ['bold', 'red'] : 'bold', cutToWidth(`    ${line?.text}`, columns)),
  ];
}

/** Green for what is there; the rest in the style of what it means: still to come, or gone. */
function bar(fraction: number, rest: Style, paint: Paint): string {
  const full = Math.round(Math.min(1, fraction) * BAR_COLUMNS);
  return paint('green', '━'.repeat(full)) + paint(rest, '─'.repeat(BAR_COLUMNS - full));
}
