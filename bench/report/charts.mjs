/**
 * Charts as plain SVG: bars for the ways of a row, lines for what grows. Ours is blue, all others are grey; every bar has its
 * figure, every line its name at its end, so that nothing hangs on colours.
 */

import { OURS } from '../harness/rows.mjs';
import { figure } from './text.mjs';

const WIDTH = 720;
const NAMES = 210;
const FIGURES = 150;
const BAR = 18;
const GAP = 6;
const COLOURS = ['#2563eb', '#c2410c', '#0f766e', '#7c3aed', '#57534e'];
const GREY = '#a8a29e';

/** One panel for each row, one bar for each way, all beginning at nothing. */
export function barChart(rows) {
  const drawn = rows.filter(({ ways }) => ways !== undefined && Object.keys(ways).length > 1);
  if (drawn.length === 0) return undefined;
  let y = 8;
  const parts = [];
  for (const { what, unit, ways } of drawn) {
    y += 20;
    parts.push(text(0, y, what.replaceAll('`', ''), 'class="title"'));
    y += 10;
    const largest = Math.max(...Object.values(ways).map(({ median }) => median));
    for (const [way, { median, rounds }] of Object.entries(ways)) {
      const length = (value) => (value / largest) * (WIDTH - NAMES - FIGURES);
      const middle = y + BAR / 2 + 4;
      // From the lowest round to the highest.
      const [low, high] = [Math.min(...rounds), Math.min(largest * 1.15, Math.max(...rounds))].map((value) => round(NAMES + length(value)));
      const fill = way === OURS ? COLOURS[0] : GREY;
      parts.push(
        text(NAMES - 8, middle, way.replaceAll('`', ''), 'text-anchor="end"'),
        `<rect x="${NAMES}" y="${y}" width="${round(Math.max(1, length(median)))}" height="${BAR}" rx="2" fill="${fill}"/>`,
        `<line x1="${low}" x2="${high}" y1="${y + BAR / 2}" y2="${y + BAR / 2}" class="spread"/>`,
        text(Math.max(NAMES + length(median), high) + 6, middle, figure(median, unit)),
      );
      y += BAR + GAP;
    }
    y += 8;
  }
  return svg(WIDTH, y, parts);
}

/** `series`: `{ name, points: [[x, y], …] }`; x grows by doubling or tenfold, so it is drawn by its logarithm, and y from nothing. */
export function lineChart({ title, unit, xName, series }) {
  const [left, right, top, bottom, height] = [80, 160, 40, 40, 260];
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(([x]) => x))].toSorted((a, b) => a - b);
  const ceiling = niceCeiling(Math.max(...points.map(([, y]) => y)));
  const place = Math.log(xs.at(-1) / xs[0]) || 1;
  const at = ([x, y]) => [
    round(left + (Math.log(x / xs[0]) / place) * (WIDTH - left - right)),
    round(top + (1 - y / ceiling) * (height - top - bottom)),
  ];
  const parts = [text(0, 20, title, 'class="title"')];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const [, y] = at([xs[0], ceiling * share]);
    parts.push(
      `<line x1="${left}" x2="${WIDTH - right}" y1="${y}" y2="${y}" class="grid"/>`,
      text(left - 8, y + 4, figure(ceiling * share, unit), 'text-anchor="end"'),
    );
  }
  for (const x of xs) parts.push(text(at([x, 0])[0], height - bottom + 18, x.toLocaleString('en'), 'text-anchor="middle"'));
  parts.push(text((left + WIDTH - right) / 2, height - 4, xName, 'text-anchor="middle"'));
  const labels = apart(series.map((one) => at(one.points.at(-1))[1]));
  for (const [order, one] of series.entries()) {
    const colour = COLOURS[order % COLOURS.length];
    const drawn = one.points.map(at);
    parts.push(`<polyline points="${drawn.map((each) => each.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const [x, y] of drawn) parts.push(`<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`);
    parts.push(text(drawn.at(-1)[0] + 10, labels[order] + 4, one.name, `style="fill:${colour}"`));
  }
  return svg(WIDTH, height, parts);
}

/** Names at the ends of lines must not lie on each other. */
function apart(places) {
  const order = [...places.keys()].toSorted((a, b) => places[a] - places[b]);
  const moved = [...places];
  for (let each = 1; each < order.length; each++) {
    moved[order[each]] = Math.max(moved[order[each]], moved[order[each - 1]] + 14);
  }
  return moved;
}

function niceCeiling(value) {
  const step = 10 ** Math.floor(Math.log10(value > 0 ? value : 1));
  return [1, 2, 4, 5, 8, 10].map((times) => times * step).find((ceiling) => ceiling >= value);
}

function text(x, y, words, attributes = '') {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escaped}</text>`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function svg(width, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${Math.ceil(height)}" viewBox="0 0 ${width} ${Math.ceil(height)}">
<style>text{font:12px system-ui,sans-serif;fill:#292524}.title{font-weight:600;font-size:13px}.spread{stroke:#292524;stroke-width:1.5}.grid{stroke:#e7e5e4}</style>
<rect width="100%" height="100%" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}
