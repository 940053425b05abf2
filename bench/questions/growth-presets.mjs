/** How it all grows with 1,000, 10,000, 50,000 presets, in groups of two. Drawn by `--report`. */

import { statSync } from 'node:fs';
import { join as joinPath } from 'node:path';

import { median, percentile } from '../harness/figures.mjs';
import { bytesIn } from '../harness/folder-bytes.mjs';
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
  sizes: { presetsMax: 50_000, times: 3, warm: 2000, count: 200, updates: 40_000 },
  smoke: { presetsMax: 20, times: 1, warm: 5, count: 3, updates: 50 },
  async measure({ start, place, sizes }) {
    const drawn = new Drawn();
    const steps = [1000, 10_000, 50_000].filter((presets) => presets < sizes.presetsMax);
    for (const presets of [...steps, sizes.presetsMax]) await withPresets({ start, place, sizes, drawn, presets });
    return { rows: drawn.rows(), charts: drawn.charts };
  },
};

async function withPresets({ start, place, sizes: { times, warm, count, updates }, drawn, presets }) {
  const note = (title, unit, way, value) => drawn.note({ title, unit, xName: 'presets', way, x: presets, value });
  const folder = place();
  const group = await groupWithPresets(OURS, { start, place: () => folder, presets });
  const state = await group.sides[0].ask('state', { file: joinPath(place().path, 'state') });
  const memory = [];
  const opened = async () => {
    const side = await group.prepare({ execArgv: ['--expose-gc'] });
    const ms = await group.open(side);
    memory.push((await side.ask('memory')).usedBytes);
    await closeSides([side]);
    return ms;
  };
  const bare = () => repeat(times, () => bareLoad(start, state));
  note('joining', 'ms', OURS, await repeat(times, opened));
  note('joining', 'ms', BARE, await bare());
  note('heap and buffers of a process', 'bytes', OURS, median(memory));
  note('heap and buffers of a process', 'bytes', BARE, await bareMemory(start, state));
  note('`kill -9` of the writer to the next durable acknowledgement', 'ms', OURS, await takeOver(group, times));
  await group.sides[0].ask('compact');
  await closeSides(group.sides.splice(0));
  note('on disk, compacted', 'bytes', OURS, bytesIn(folder.path));
  note('on disk, compacted', 'bytes', BARE, statSync(state).size);
  note('joining from disk', 'ms', OURS, await repeat(times, opened));
  note('joining from disk', 'ms', BARE, await bare());

  // The last, because of each `set` Yjs keeps something.
  await group.add(1);
  await group.add(1);
  const [answering, asking] = group.sides;
  await answering.ask('echo');
  await asking.ask('ping', { count: warm });
  note('`set` → observer → `set` back', 'ms', OURS, percentile([...(await asking.ask('ping', { count }))], 50));
  note('`set` and `flush()` at a follower', 'ms', OURS, percentile([...(await asking.ask('flush', { count }))], 50));
  const burst = { updates, kind: 'key', perTurn: PER_TURN };
  await burstRate([asking], [answering], burst);
  note('single keys, 1 → 1', 'per s', OURS, await repeat(times, () => burstRate([asking], [answering], burst)));
  await closeSides(group.sides);
}

async function bareMemory(start, file) {
  const side = start('sides/bare.mjs', { execArgv: ['--expose-gc'] });
  await side.ask('load', { file });
  const { usedBytes } = await side.ask('memory');
  await side.kill();
  return usedBytes;
}
