/** What peers cost that have nothing to do: of 8, and of 40 processes; all who are measured rest at the same time. */

import { cpuSeconds } from '../harness/sides.mjs';
import { startGroup, waysOf } from '../harness/groups.mjs';
import { OURS, row, under } from '../harness/rows.mjs';
import { pause } from '../harness/serve.mjs';

const NOTHING = 'Node with Yjs loaded';

export const idle = {
  name: 'idle',
  title: 'At rest',
  sizes: { few: 8, many: 40, presets: 10_000, settleMs: 5000, windowMs: 4000, windows: 3 },
  smoke: { few: 2, many: 3, presets: 20, settleMs: 10, windowMs: 50, windows: 1 },
  async measure({ start, place, peers, sizes: { few, many, presets, settleMs, windowMs, windows } }) {
    const groups = {};
    for (const way of waysOf({ peers }, [OURS, 'y-websocket'])) {
      groups[way] = await startGroup(way, { start, place, processes: few });
      await groups[way].sides[0].ask('fill', { presets });
    }
    const nothing = Array.from({ length: few }, () => start('sides/bare.mjs'));
    await Promise.all(nothing.map((side) => side.ask('memory')));
    await pause(settleMs);
    const pids = {
      ...Object.fromEntries(Object.entries(groups).map(([way, group]) => [way, group.pids()])),
      [NOTHING]: nothing.map(({ pid }) => pid),
    };
    const eight = await watch(pids, windows, windowMs);
    const each = Object.fromEntries(Object.entries(eight).map(([way, shares]) => [way, shares.map((share) => share / few)]));

    const ours = groups[OURS];
    await ours.add(many - few);
    await pause(settleMs);
    const all = await watch({ [OURS]: ours.pids() }, windows, windowMs);
    const rows = [row(`a peer of ${few} at rest`, '% of a core', each), row(`${many} processes at rest, together`, '% of a core', all)];
    rows[0].bars.push(under(rows[0].ways[OURS].median, 0.1, 'under 0.1 % of a core'));
    rows[1].bars.push(under(rows[1].ways[OURS].median, 4, 'under 4 % of a core'));
    return { rows };
  },
};

/** Percent of a core that the processes of each way use together, window after window. */
async function watch(pids, windows, windowMs) {
  const shares = Object.fromEntries(Object.keys(pids).map((way) => [way, []]));
  for (let window = 0; window < windows; window++) {
    const startedAt = performance.now();
    const before = Object.entries(pids).map(([way, those]) => [way, cpuSeconds(those)]);
    await pause(windowMs);
    const seconds = (performance.now() - startedAt) / 1000;
    for (const [way, used] of before) shares[way].push(((cpuSeconds(pids[way]) - used) / seconds) * 100);
  }
  return shares;
}
