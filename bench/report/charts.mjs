/**
 * Charts as plain SVG: bars for the ways of a row, lines for what grows. Ours is blue, all others are grey; every bar has its figure, every line its
 * name and its last figure at its end, so that nothing hangs on colours. A chart brings its own ground, light or dark as the reader's system is.
 */

import { OURS } from '../harness/rows.mjs';
import { figure } from './text.mjs';

const WIDTH = 720;
const NAMES = 210;
const FIGURES = 90;
const BAR = 18;
const GAP = 6;
const MARGIN = 12;
/** Of a letter at 12 px, on the safe side. */
const LETTER = 6.6;
/** A line's panel; two beside each other. */
const PANEL = { width: WIDTH / 2 - MARGIN, height: 220, left: 68, right: 98, top: 46, bottom: 40 };

/** One panel for each row, one bar for each way, all beginning at nothing; the whisker goes from the lowest round to the highest. */
export function barChart(title, rows) {
  const drawn = rows.filter(({ ways }) => ways !== undefined && Object.keys(ways).length > 1);
  if (drawn.length === 0) return undefined;
  let y = 0;
  const parts = [];
  for (const { what, unit, ways } of drawn) {
    y += 24;
    parts.push(text(MARGIN, y, plain(what), 'class="title"'), text(WIDTH - MARGIN, y, betterOf(unit), 'class="quiet" text-anchor="end"'));
    y += 10;
    const largest = Math.max(...Object.values(ways).flatMap(({ median, rounds }) => [median, ...rounds]));
    const length = (value) => (value / largest) * (WIDTH - NAMES - FIGURES);
    for (const [way, { median, rounds }] of Object.entries(ways)) {
      const middle = y + BAR / 2;
      const [low, high] = [Math.min(...rounds), Math.max(...rounds)].map((value) => round(NAMES + length(value)));
      const names = wrapped(plain(way), Math.floor((NAMES - MARGIN - 8) / LETTER));
      parts.push(
        ...names.map((line, at) => text(NAMES - 8, middle + 4 + (at - (names.length - 1) / 2) * 12, line, 'text-anchor="end"')),
        `<rect x="${NAMES}" y="${y}" width="${round(Math.max(1, length(median)))}" height="${BAR}" rx="2" class="${way === OURS ? 'ours' : 'other'}"/>`,
        ...(high - low > 2 ? [`<path d="M${low} ${middle - 4}v8M${low} ${middle}H${high}M${high} ${middle - 4}v8" class="spread"/>`] : []),
        text(Math.max(NAMES + length(median), high) + 6, middle + 4, figure(median, unit)),
      );
      y += BAR + GAP + (names.length > 1 ? GAP : 0);
    }
    y += 6;
  }
  return svg({ title, width: WIDTH, height: y + 4, parts });
}

/** One panel for each of these: `{ title, unit, xName, series: { name, points: [[x, y], …] }[] }`. */
export function lineCharts(title, charts) {
  if (charts.length === 0) return undefined;
  const parts = charts.map((chart, at) => {
    const [column, line] = [at % 2, Math.floor(at / 2)];
    const place = `translate(${MARGIN + column * (PANEL.width + MARGIN)} ${line * (PANEL.height + MARGIN)})`;
    return `<g transform="${place}">\n${panel(chart).join('\n')}\n</g>`;
  });
  return svg({ title, width: WIDTH, height: Math.ceil(charts.length / 2) * (PANEL.height + MARGIN), parts });
}

/** x grows by doubling or tenfold, so it is drawn by its logarithm; y from nothing. */
function panel({ title, unit, xName, series }) {
  const { width, height, left, right, top, bottom } = PANEL;
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(([x]) => x))].toSorted((a, b) => a - b);
  const ceiling = niceCeiling(Math.max(...points.map(([, y]) => y)));
  const whole = Math.log(xs.at(-1) / xs[0]) || 1;
  const at = ([x, y]) => [
    round(left + (Math.log(x / xs[0]) / whole) * (width - left - right)),
    round(top + (1 - y / ceiling) * (height - top - bottom)),
  ];
  const parts = [
    ...wrapped(plain(title), Math.floor(width / (LETTER * 1.08))).map((line, order) => text(0, 18 + order * 15, line, 'class="title"')),
  ];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const [, y] = at([xs[0], ceiling * share]);
    parts.push(
      `<path d="M${left} ${y}H${width - right}" class="grid"/>`,
      text(left - 8, y + 4, share === 0 ? '0' : figure(ceiling * share, unit), 'class="quiet" text-anchor="end"'),
    );
  }
  for (const x of xs) parts.push(text(at([x, 0])[0], height - bottom + 18, x.toLocaleString('en'), 'class="quiet" text-anchor="middle"'));
  parts.push(text((left + width - right) / 2, height - 6, xName, 'class="quiet" text-anchor="middle"'));
  // A name and a figure below it take two lines.
  const labels = apart(
    series.map((one) => at(one.points.at(-1))[1]),
    { lowest: height - bottom - 10, apart: 28 },
  );
  const drawnLast = [...series.entries()].toSorted(([, a], [, b]) => (a.name === OURS) - (b.name === OURS));
  for (const [order, { name, points: own }] of drawnLast) {
    const kind = name === OURS ? 'ours' : 'other';
    const drawn = own.map(at);
    parts.push(
      `<polyline points="${drawn.map((each) => each.join(',')).join(' ')}" class="${kind} line"/>`,
      ...drawn.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" class="${kind}"/>`),
      text(drawn.at(-1)[0] + 9, labels[order], plain(name), 'class="title"'),
      text(drawn.at(-1)[0] + 9, labels[order] + 13, figure(own.at(-1)[1], unit)),
    );
  }
  return parts;
}

/** Names at the ends of lines must not lie on each other, nor on the axis. */
function apart(places, { lowest, apart: distance }) {
  const order = [...places.keys()].toSorted((a, b) => places[a] - places[b]);
  const moved = [...places];
  for (const [at, each] of order.entries()) if (at > 0) moved[each] = Math.max(moved[each], moved[order[at - 1]] + distance);
  for (const [at, each] of [...order.entries()].toReversed())
    moved[each] = Math.min(moved[each], at === order.length - 1 ? lowest : moved[order[at + 1]] - distance);
  return moved;
}

/** Words in lines of at most so many letters. */
function wrapped(words, lettersMax) {
  const lines = [''];
  for (const word of words.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= lettersMax || lines.at(-1) === '') lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function betterOf(unit) {
  return unit.endsWith('/s') || unit.endsWith('per s') ? 'more is better' : 'less is better';
}

function niceCeiling(value) {
  const step = 10 ** Math.floor(Math.log10(value > 0 ? value : 1));
  return [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].map((times) => times * step).find((ceiling) => ceiling >= value);
}

function plain(words) {
  return words.replaceAll('`', '');
}

function text(x, y, words, attributes = '') {
  const space = attributes === '' ? '' : ' ';
  return `<text x="${round(x)}" y="${round(y)}"${space}${attributes}>${escaped(words)}</text>`;
}

function escaped(words) {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function round(value) {
  return Math.round(value * 10) / 10;
}

const STYLE = `svg{--ground:#fff;--ink:#1f2328;--quiet:#59636e;--grid:#e4e7ea;--ours:#2563eb;--other:#a8adb4;--spread:#1f2328}
@media (prefers-color-scheme:dark){svg{--ground:#0d1117;--ink:#e6edf3;--quiet:#9198a1;--grid:#2a3038;--ours:#4c8dff;--other:#6b727b;--spread:#e6edf3}}
text{font:12px system-ui,sans-serif;fill:var(--ink)}.title{font-weight:600}.quiet{fill:var(--quiet);font-size:11px}
.ours{fill:var(--ours);stroke:var(--ours)}.other{fill:var(--other);stroke:var(--other)}rect.ours,rect.other{stroke:none}
.line{fill:none;stroke-width:2}.spread{stroke:var(--spread);stroke-width:1.2;fill:none;opacity:.75}.grid{stroke:var(--grid)}`;

function svg({ title, width, height, parts }) {
  const [w, h] = [width, Math.ceil(height)];
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">
<title>${escaped(plain(title))}</title>
<style>${STYLE}</style>
<rect width="100%" height="100%" style="fill:var(--ground)"/>
${parts.join('\n')}
</svg>
`;
}
