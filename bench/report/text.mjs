/** Figures and rows as people read them: three digits, their unit, and a table with a verdict for each bar. */

import { OURS } from '../harness/rows.mjs';

const UNITS = {
  ms: (value) =>
    value > 0 && value < 1 ? `${digits(value * 1000)} µs` : value < 10_000 ? `${digits(value)} ms` : `${digits(value / 1000)} s`,
  bytes: (value) => (value < 1000 ? `${Math.round(value)} B` : value < 1e6 ? `${digits(value / 1e3)} KB` : `${digits(value / 1e6)} MB`),
  'per s': (value) => `${digits(value)}/s`,
  '% of a core': (value) => `${digits(value)} %`,
  '': (value) => digits(value),
};

/** A number with its unit. */
export function figure(value, unit) {
  return (UNITS[unit] ?? ((number) => `${digits(number)} ${unit}`))(value);
}

function digits(value) {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(Number(value.toPrecision(4))).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

/** What a way did in a row. */
export function wayText({ median, p99 }, unit) {
  return p99 === undefined ? figure(median, unit) : `${figure(median, unit)} (p99 ${figure(p99, unit)})`;
}

/** `1.32 × (1.20–1.41)`, or the number itself. */
export function ratioText({ ratio, value }, unit) {
  if (ratio === undefined) return value === undefined ? '' : figure(value, unit);
  const [median, low, high] = [ratio.median, ratio.low, ratio.high].map((each) => each.toFixed(each < 10 ? 2 : 1));
  return low === high ? `${median} ×` : `${median} × (${low}–${high})`;
}

/** All that was measured, one line for each row. */
export function measuredTable(answers) {
  const lines = answers.flatMap(({ rows }) =>
    rows.map((row) => {
      if (row.told !== undefined) return [row.what, row.told.ours, row.told.beside];
      const others = Object.entries(row.ways).filter(([way]) => way !== OURS);
      const ours = row.ways[OURS] === undefined ? '' : wayText(row.ways[OURS], row.unit);
      return [row.what, ours, others.map(([way, figures]) => `${way} ${wayText(figures, row.unit)}`).join(' · ')];
    }),
  );
  return [['question', 'socomm', 'beside'], ...lines];
}

/** The rows that have bars, one line for each bar. */
export function judgedTable(answers) {
  const lines = answers.flatMap(({ rows }) =>
    rows.flatMap((row) =>
      row.bars.map((bar) => [row.what, bar.text, row.told?.ours ?? ratioText(bar, row.unit), bar.isMet ? 'met' : 'missed']),
    ),
  );
  return [['question', 'bar', 'measured', 'verdict'], ...lines];
}

/** Columns that stand under each other. */
export function aligned(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  return table
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function markdown(table) {
  const cells = (line) => `| ${line.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [cells(table[0]), `|${table[0].map(() => '---').join('|')}|`, ...table.slice(1).map(cells)].join('\n');
}
