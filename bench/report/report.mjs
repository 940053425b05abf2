/** `--report`: the results of a run as a section of bench/README.md, between its marks, and the charts beside it. Nothing else of that file is touched. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { barChart, lineCharts } from './charts.mjs';
import { judgedTable, markdown, measuredTable } from './text.mjs';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const CHARTS = fileURLToPath(new URL('../charts/', import.meta.url));
const [BEGIN, END] = ['<!-- results: written by `npm run bench -- --report` -->', '<!-- end of results -->'];

export function writeReport({ machine, seconds, command, answers }) {
  rmSync(CHARTS, { recursive: true, force: true });
  mkdirSync(CHARTS, { recursive: true });
  const charts = answers.flatMap(({ name, title, rows, charts: grown = [] }) => [
    ...chart(name, title, barChart(title, rows)),
    ...chart(name, title, lineCharts(title, grown)),
  ]);
  const skipped = answers.flatMap(({ title, notes = [] }) => notes.map((note) => `- ${title}: ${note}`));
  const section = [
    BEGIN,
    `\`${command}\`, ${machine.at}, ${Math.round(seconds)} s. ${machine.text}`,
    ...(judgedTable(answers).length > 1 ? [markdown(judgedTable(answers))] : []),
    '### All that was measured',
    'Medians of the rounds.',
    markdown(measuredTable(answers)),
    ...(skipped.length > 0 ? [skipped.join('\n')] : []),
    '### Drawn',
    'The thin line over a bar goes from the lowest round to the highest. Of what grows, each point is a median.',
    ...charts,
    END,
  ].join('\n\n');
  const text = readFileSync(README, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`bench/README.md has lost the marks of its results: ${BEGIN}`);
  writeFileSync(README, text.slice(0, from) + section + text.slice(to + END.length));
}

function chart(name, title, drawn) {
  if (drawn === undefined) return [];
  writeFileSync(`${CHARTS}${name}.svg`, drawn);
  return [`![${title}](charts/${name}.svg)`];
}
