/** One moving line for long work: a bar where the end is known, and what has been done. */

import { formatCount } from './format.js';
import type { Terminal } from './terminal.js';
import { cutToWidth } from './width.js';

export interface Progress {
  /** Undefined where the end is not known. */
  readonly fraction: number | undefined;
  readonly text: string;
}

const BAR_COLUMNS = 24;
/** Drawing more often than eyes see takes time from the work. */
const FRAME_MS = 60;

export function progressLine(terminal: Terminal): (progress: Progress) => void {
  let lastMs = -Infinity;
  return ({ fraction, text }) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < FRAME_MS || !terminal.isErrTty) return;
    lastMs = nowMs;
    const columns = process.stderr.columns - BAR_COLUMNS - 8;
    const head = fraction === undefined ? '' : `${bar(terminal, fraction)} ${String(Math.floor(fraction * 100)).padStart(3)} %  `;
    terminal.move(head + cutToWidth(text, columns));
  };
}

function bar(terminal: Terminal, fraction: number): string {
  const full = Math.min(BAR_COLUMNS, Math.floor(fraction * BAR_COLUMNS));
  return terminal.styleNote('cyan', '━'.repeat(full)) + terminal.styleNote('gray', '─'.repeat(BAR_COLUMNS - full));
}

export function countsText(counts: {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly problems: number;
}): string {
  const parts = [
    `${formatCount(counts.added)} added`,
    `${formatCount(counts.changed)} changed`,
    `${formatCount(counts.unchanged)} unchanged`,
  ];
  if (counts.problems > 0) parts.push(`${formatCount(counts.problems)} refused`);
  return parts.join(', ');
}
