/** How it all grows: with 2, 4, 8, 16, 32 peers, and with 1,000, 10,000, 50,000 presets. Drawn by `--report`. */

import { statSync } from 'node:fs';
import { join as joinPath } from 'node:path';

import { median, percentile } from '../harness/figures.mjs';
import { burstRate, startGroup, waysOf } from '../harness/groups.mjs';
import { bareLoad, groupWithPresets } from '../harness/presets.mjs';
import { OURS } from '../harness/rows.mjs';
import { pause } from '../harness/serve.mjs';
import { closeSides, cpuSeconds } from '../harness/sides.mjs';
import { figure } from '../report/text.mjs';

const PER_TURN = 100;
const BARE = 'bare Yjs';

export const growth = {
  name: 'growth',
  title: 'Growth',
  sizes: { peersMax: 32, presetsMax: 50_000, times: 2, count: 100, updates: 6000, idleMs: 1500 },
  smoke: { peersMax: 2, presetsMax: 20, times: 1, count: 3, updates: 50, idleMs: 50 },
  async measure({ start, place, peers, sizes }) {
    const drawn = new Drawn();
    for (const way of waysOf({ peers }, [OURS, 'y-websocket'])) await withPeers(way, { start, place, sizes, drawn });
    for (const presets of presetSteps(sizes.presetsMax)) await withPresets({ start, place, sizes, drawn, presets });
    return { rows: drawn.rows(), charts: drawn.charts };
  },
};

function presetSteps(most) {
  const steps = [1000, 10_000, 50_000].filter((presets) => presets < most);
  return [...steps, most];
}

async function withPeers(way, { start, place, sizes: { peersMax, times, count, updates, idleMs }, drawn }) {
  const isOurs = way === OURS;
  const group = await startGroup(way, { start, place, processes: 2 });
  await group.sides[0].ask('echo');
  for (let size = 2; size <= peersMax; size *= 2) {
    if (size > group.sides.length) await group.add(size - group.sides.length);
    const [answering, asking] = group.sides;
    const note = (name, title, unit, value) => drawn.note({ name, title, unit, xName: 'peers', way, x: size, value });
    const trips = [...(await asking.ask('ping', { count }))];
    note('peers-round-trip', '`set` → observer → `set` back', 'ms', percentile(trips, 50));
    const rates = await repeat(times, () =>
      burstRate([asking], [answering, ...group.sides.slice(2)], { updates: someOf(updates, size), kind: 'key', perTurn: PER_TURN }),
    );
    note('peers-updates', 'single keys, from one to all others', 'per s', rates);
    if (!isOurs) continue;
    const joined = await repeat(times, async () => {
      const side = await group.prepare();
      const ms = await group.open(side);
      await closeSides([side]);
      return ms;
    });
    note('peers-join', 'joining', 'ms', joined);
    note('peers-flush', '`set` and `flush()`', 'ms', percentile([...(await asking.ask('flush', { count }))], 50));
    await pause(idleMs);
    const [before, startedAt] = [cpuSeconds(group.pids()), performance.now()];
    await pause(idleMs);
    const share = ((cpuSeconds(group.pids()) - before) / ((performance.now() - startedAt) / 1000)) * 100;
    note('peers-idle', 'each peer at rest', '% of a core', share / size);
    const memory = await asking.ask('memory');
    note('peers-memory', 'a process, resident', 'bytes', memory.residentBytes);
    note('peers-takeover', '`kill -9` of the writer to the next durable acknowledgement', 'ms', await takeOver(group, times));
  }
  await closeSides(group.sides);
}

/** Everybody has to take in each of them. */
function someOf(updates, size) {
  return Math.max(Math.ceil(updates / 12), Math.ceil((updates * 2) / size));
}

/** Each time a new process comes for the one that was killed. The second of the group asks, and so is never killed. */
async function takeOver(group, times) {
  return repeat(times, async () => {
    const roles = await Promise.all(group.sides.map((side) => side.ask('isWriter')));
    const place = roles.indexOf(true);
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

async function withPresets({ start, place, sizes: { times, count, updates }, drawn, presets }) {
  const note = (name, title, unit, way, value) => drawn.note({ name, title, unit, xName: 'presets', way, x: presets, value });
  const folder = place();
  const group = await groupWithPresets(OURS, { start, place: () => folder, presets });
  const [answering, asking] = group.sides;
  await answering.ask('echo');
  const trips = [...(await asking.ask('ping', { count }))];
  note('presets-round-trip', '`set` → observer → `set` back', 'ms', OURS, percentile(trips, 50));
  const burst = { updates, kind: 'key', perTurn: PER_TURN };
  note('presets-updates', 'single keys, 1 → 1', 'per s', OURS, await repeat(times, () => burstRate([asking], [answering], burst)));
  note('presets-flush', '`set` and `flush()`', 'ms', OURS, percentile([...(await asking.ask('flush', { count }))], 50));
  const state = await answering.ask('state', { file: joinPath(folder.path, 'state') });
  const memory = [];
  const opened = async () => {
    const side = await group.prepare({ execArgv: ['--expose-gc'] });
    const ms = await group.open(side);
    memory.push((await side.ask('memory')).usedBytes);
    await closeSides([side]);
    return ms;
  };
  note('presets-join', 'joining', 'ms', OURS, await repeat(times, opened));
  note('presets-join', 'joining', 'ms', BARE, await repeat(times, () => bareLoad(start, state)));
  note('presets-memory', 'heap and buffers of a process', 'bytes', OURS, median(memory));
  note('presets-takeover', '`kill -9` of the writer to the next durable acknowledgement', 'ms', OURS, await takeOver(group, times));
  await closeSides(group.sides);
  note('presets-cold', 'joining from disk', 'ms', OURS, await repeat(times, opened));
  note('presets-cold', 'joining from disk', 'ms', BARE, await repeat(times, () => bareLoad(start, state)));
  note('presets-state', 'the state as one update', 'bytes', BARE, statSync(state).size);
}

async function repeat(times, work) {
  const figures = [];
  for (let each = 0; each < times; each++) figures.push(await work());
  return median(figures);
}

/** Figures by what they depend on: a chart and a row for each thing that was measured. */
class Drawn {
  charts = [];

  note({ name, title, unit, xName, way, x, value }) {
    let chart = this.charts.find((each) => each.name === name);
    if (chart === undefined) this.charts.push((chart = { name, title: title.replaceAll('`', ''), unit, xName, series: [] }));
    let line = chart.series.find((each) => each.name === way);
    if (line === undefined) chart.series.push((line = { name: way, points: [] }));
    line.points.push([x, value]);
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
