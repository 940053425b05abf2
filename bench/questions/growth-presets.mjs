/** How it all grows with 1,000, 10,000, 50,000 presets. Drawn by `--report`. */

import { statSync } from 'node:fs';
import { join as joinPath } from 'node:path';

import { median, percentile } from '../harness/figures.mjs';
import { burstRate } from '../harness/groups.mjs';
import { Drawn, repeat, takeOver } from '../harness/growth.mjs';
import { bareLoad, groupWithPresets } from '../harness/presets.mjs';
import { OURS } from '../harness/rows.mjs';
import { closeSides } from '../harness/sides.mjs';

const PER_TURN = 100;
const BARE = 'bare Yjs';

export const growthPresets = {
  name: 'growth-presets',
  title: 'Growth with presets',
  sizes: { presetsMax: 50_000, times: 2, count: 100, updates: 6000 },
  smoke: { presetsMax: 20, times: 1, count: 3, updates: 50 },
  async measure({ start, place, sizes }) {
    const drawn = new Drawn();
    const steps = [1000, 10_000, 50_000].filter((presets) => presets < sizes.presetsMax);
    for (const presets of [...steps, sizes.presetsMax]) await withPresets({ start, place, sizes, drawn, presets });
    return { rows: drawn.rows(), charts: drawn.charts };
  },
};

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
