/**
 * The lanes: one line for each peer, two for each process. Pure: lanes in, lines out. Every character here is one column
 * wide, and texts are padded before they are painted, so that colours do not count.
 *
 *    pid     build  role           presets      lag     disk  digest
 *   1 ┌ 48211   ESM    ◆ writer        384   0.8 ms   4.1 ms  ███ 3fa2c1d0  ▁▁▂▁▇▁
 *     └         CJS      follower      384   1.1 ms   4.3 ms  ███ 3fa2c1d0  ▁▁▂▁▇▁
 */

import { formatCount } from '../output/format.js';
import { ms, shortDigest } from './event-line.js';
import { digestBlocks } from './paint.js';
import type { Paint } from './paint.js';
import { CURVE_LENGTH_MAX } from './scene.js';
import type { Lane } from './scene.js';

/** Below this many columns there is no room for the curve. */
const CURVE_FROM_COLUMNS = 100;

export function renderLanes(lanes: readonly Lane[], columns: number, paint: Paint): string[] {
  const hasCurve = columns >= CURVE_FROM_COLUMNS;
  const head = `      ${'pid'.padEnd(8)}${'build'.padEnd(7)}${'role'.padEnd(12)}${'presets'.padStart(8)}${'lag'.padStart(10)}${'disk'.padStart(10)}  digest${hasCurve ? '        disk, last two seconds' : ''}`;
  return [paint('gray', head), ...lanes.map((lane) => renderLane(lane, hasCurve, paint))];
}

function renderLane(lane: Lane, hasCurve: boolean, paint: Paint): string {
  const isFirst = lane.build === 'esm';
  const bracket = `${isFirst ? String(lane.player).padStart(3) : '   '} ${isFirst ? '┌' : '└'} `;
  const process = `${(isFirst ? String(lane.pid) : '').padEnd(8)}${lane.build.toUpperCase().padEnd(7)}`;
  if (lane.state === 'killed')
    return paint('gray', bracket) + paint(['gray', 'strikethrough'], process.trimEnd()) + paint('red', '  ✗ killed');
  const { copy } = lane;
  if (copy === undefined) return paint('gray', `${bracket}${process}  …`);
  const isWriter = copy.role === 'writer';
  const role = `${isWriter ? '◆' : ' '} ${copy.role}`.padEnd(12);
  const figures = formatCount(copy.presets).padStart(8) + optionalMs(copy.lagMs) + optionalMs(copy.diskMs);
  const digest = `${digestBlocks(copy.digest, paint)} ${shortDigest(copy.digest)}`;
  const curve = hasCurve ? `  ${paint('cyan', renderCurve(lane.curve))}` : '';
  return `${paint('gray', bracket)}${process}${isWriter ? paint(['bold', 'yellow'], role) : role}${figures}  ${digest}${curve}`;
}

function optionalMs(value: number | undefined): string {
  return (value === undefined ? '–' : ms(value)).padStart(10);
}

/** Heights double: 1 ms is the lowest block, 128 ms and more the highest. */
function renderCurve(curve: readonly (number | undefined)[]): string {
  const blocks = '▁▂▃▄▅▆▇█';
  return curve
    .map((value) => (value === undefined ? ' ' : blocks[Math.min(blocks.length - 1, Math.max(0, Math.floor(Math.log2(value))))]))
    .join('')
    .padStart(CURVE_LENGTH_MAX);
}
