/**
 * The whole screen for a scene: where the story is, the contrast or the lanes, what is under way, and the log. Fits the
 * rows and columns given; the log takes what the rest leaves, its newest lines last.
 */

import { formatCount } from '../output/format.js';
import { cutToWidth, wrapToWidth } from '../output/width.js';
import type { EventLine } from './event-line.js';
import { ACTS } from './events.js';
import type { Paint, Style } from './paint.js';
import { renderContrast } from './render-contrast.js';
import { renderLanes } from './render-lanes.js';
import type { Scene } from './scene.js';

export interface ScreenFrame {
  readonly columns: number;
  readonly rows: number;
  /** Since the beginning: the one thing on the screen that always moves. */
  readonly atMs: number;
}

export function renderScreen(scene: Scene, { columns, rows, atMs }: ScreenFrame, paint: Paint): string {
  const top = [renderHead(scene, { columns, rows, atMs }, paint), '', ...renderMiddle(scene, columns, paint), ''];
  const room = Math.max(3, rows - top.length - 1);
  return [...top, ...renderLog(scene.lines.slice(-room), columns, paint).slice(-room)].join('\n');
}

export function renderLog(lines: Scene['lines'], columns: number, paint: Paint): string[] {
  return lines.flatMap((line) => {
    const time = `${(line.atMs / 1000).toFixed(2).padStart(6)} s `;
    const { mark, style } = TONES[line.tone];
    const room = columns - time.length;
    // What went wrong is told whole.
    const [first = '', ...rest] =
      line.tone === 'bad' ? wrapToWidth(line.text, room - MARK_COLUMNS) : [cutToWidth(line.text, room - MARK_COLUMNS)];
    const indent = ' '.repeat(time.length + MARK_COLUMNS);
    return [paint('gray', time) + paint(style, `${mark} ${first}`), ...rest.map((text) => indent + paint(style, text))];
  });
}

/** A mark and a space. */
const MARK_COLUMNS = 2;

const TONES: Readonly<Record<EventLine['tone'], { readonly mark: string; readonly style: Style }>> = {
  plain: { mark: '·', style: 'reset' },
  act: { mark: '▸', style: 'bold' },
  good: { mark: '✓', style: 'green' },
  bad: { mark: '✗', style: 'red' },
  quiet: { mark: '·', style: 'gray' },
};

/** Where the story is, and how long it has been going on; the name only where there is room for it. */
function renderHead(scene: Scene, { columns, atMs }: ScreenFrame, paint: Paint): string {
  const now = ACTS.indexOf(scene.act);
  const isWide = columns >= 100;
  const name = isWide ? ' socomm ' : '';
  const separator = isWide ? ' › ' : '›';
  const acts = ACTS.map((act, index) => paint(index === now && !scene.isConcluded ? ['bold', 'cyan'] : 'gray', act)).join(
    paint('gray', separator),
  );
  const taken = name.length + 1 + ACTS.join(separator).length;
  return `${paint(['bold', 'inverse'], name)} ${acts}${paint('gray', `${(atMs / 1000).toFixed(1)} s`.padStart(columns - taken))}`;
}

function renderMiddle(scene: Scene, columns: number, paint: Paint): string[] {
  if (scene.act === 'contrast') return renderContrast(scene.contrast, columns, paint);
  return [...renderLanes(scene.lanes, columns, paint), '', renderUnderWay(scene, columns, paint)];
}

function renderUnderWay({ progress, acknowledged }: Scene, columns: number, paint: Paint): string {
  if (progress === undefined) return '';
  const { done, total } = progress;
  const length = columns >= 96 ? 40 : 24;
  const full = total === 0 ? 0 : Math.round((done / total) * length);
  const bar = paint('cyan', '━'.repeat(full)) + paint('gray', '─'.repeat(length - full));
  const edits = acknowledged === 0 ? '' : `   ${formatCount(acknowledged)} edits acknowledged`;
  return `    import ${bar} ${formatCount(done)}/${formatCount(total)}${edits}`;
}
