/** Figures by what they depend on: a chart and a row for each thing that was measured at several sizes. And a takeover, which both kinds of growth ask for. */

import { median } from './figures.mjs';
import { OURS } from './rows.mjs';
import { pause } from './serve.mjs';
import { figure } from '../report/text.mjs';

export class Drawn {
  charts = [];

  note({ title, unit, xName, way, x, value }) {
    let chart = this.charts.find((each) => each.title === title);
    if (chart === undefined) this.charts.push((chart = { title, unit, xName, series: [] }));
    let line = chart.series.find((each) => each.name === way);
    if (line === undefined) chart.series.push((line = { name: way, points: [] }));
    line.points.push([x, value]);
    line.points.sort(([a], [b]) => a - b);
  }

  rows() {
    return this.charts.map(({ title, unit, xName, series }) => {
      const told = series.map(({ name, points }) => [name, points.map(([, value]) => figure(value, unit)).join(', ')]);
      const xs = series[0].points.map(([x]) => x.toLocaleString('en')).join(', ');
      const ours = told.find(([name]) => name === OURS)?.[1] ?? '';
      const others = told.filter(([name]) => name !== OURS).map((each) => each.join(' '));
      return { what: `${title}, with ${xs} ${xName}`, told: { ours, beside: others.join(' · ') }, bars: [] };
    });
  }
}

/** The median of so many times. */
export async function repeat(times, work) {
  const figures = [];
  for (let each = 0; each < times; each++) figures.push(await work());
  return median(figures);
}

/** Each time a new process comes for the one that was killed. */
export async function takeOver(group, times) {
  return repeat(times, async () => {
    const place = await writerAmong(group.sides);
    const writing = group.sides[place];
    const asking = group.sides.find((side) => side !== writing);
    const ms = await asking.ask('kill', { pid: writing.pid });
    await writing.ended;
    group.sides.splice(place, 1);
    await group.add(1);
    // Whoever answers pings must be there again.
    if (place === 0) await group.sides[0].ask('echo');
    return ms;
  });
}

/** Whoever left may have been the writer: until another has taken over. */
async function writerAmong(sides) {
  for (;;) {
    const roles = await Promise.all(sides.map((side) => side.ask('isWriter')));
    if (roles.includes(true)) return roles.indexOf(true);
    await pause(20);
  }
}
