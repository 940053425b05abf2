/**
 * How it all grows with 2, 4, 8, 16, 32 peers. Drawn by `--report`. Bursts have a group of their own: of each `set` Yjs keeps something, and who joins
 * or takes over after a hundred thousand of them would be measured with these, not with the peers.
 */

import { percentile } from '../harness/figures.mjs';
import { burstRate, startGroup, waysOf } from '../harness/groups.mjs';
import { Drawn, repeat, takeOver } from '../harness/growth.mjs';
import { OURS } from '../harness/rows.mjs';
import { pause } from '../harness/serve.mjs';
import { closeSides, cpuSeconds } from '../harness/sides.mjs';

/** So many fewer updates for those who would take minutes. */
const SHARE = { 'y-websocket': 0.2 };

export const growthPeers = {
  name: 'growth-peers',
  title: 'Growth with peers',
  sizes: { peersMax: 32, times: 3, warm: 2000, count: 200, updates: 24_000, settleMs: 1000, windowMs: 2500 },
  smoke: { peersMax: 2, times: 1, warm: 5, count: 3, updates: 50, settleMs: 20, windowMs: 50 },
  async measure({ start, place, peers, sizes }) {
    const drawn = new Drawn();
    const steps = [2, 4, 8, 16, 32].filter((size) => size <= sizes.peersMax);
    for (const way of waysOf({ peers }, [OURS, 'y-websocket'])) {
      const begin = (processes) => startGroup(way, { start, place, processes });
      const note = (size, title, unit, value) => drawn.note({ title, unit, xName: 'peers', way, x: size, value });
      const grown = await begin(2);
      await withFew(grown, { way, sizes, steps, note });
      if (way === OURS) await closeSides(grown.sides);
      await withBursts(way === OURS ? await begin(steps.at(-1)) : grown, { way, sizes, steps, note });
    }
    return { rows: drawn.rows(), charts: drawn.charts };
  },
};

/** Little is written. More come from step to step; where takeovers are measured, they leave again. */
async function withFew(group, { way, sizes: { times, warm, count, settleMs, windowMs }, steps, note }) {
  await group.sides[0].ask('echo');
  for (const size of steps) {
    if (size > group.sides.length) await group.add(size - group.sides.length);
    const asking = group.sides[1];
    await asking.ask('ping', { count: size === steps[0] ? warm : count });
    const before = cpuSeconds(group.pids());
    note(size, '`set` → observer → `set` back', 'ms', percentile([...(await asking.ask('ping', { count }))], 50));
    note(size, 'processor time of all, for each of these', 'ms', ((cpuSeconds(group.pids()) - before) / count) * 1000);
    if (way !== OURS) continue;
    note(size, '`set` and `flush()` at a follower', 'ms', percentile([...(await asking.ask('flush', { count }))], 50));
    note(size, 'joining', 'ms', await repeat(times, () => joinAndLeave(group)));
    await pause(settleMs);
    const [rested, startedAt] = [cpuSeconds(group.pids()), performance.now()];
    await pause(windowMs);
    const share = ((cpuSeconds(group.pids()) - rested) / ((performance.now() - startedAt) / 1000)) * 100;
    note(size, 'each peer, soon after the last change', '% of a core', share / size);
    note(size, 'a process, resident', 'bytes', (await asking.ask('memory')).residentBytes);
  }
  for (const size of way === OURS ? steps.toReversed() : []) {
    await shrink(group, size);
    note(size, '`kill -9` of the writer to the next durable acknowledgement', 'ms', await takeOver(group, times));
  }
}

async function withBursts(group, { way, sizes: { times, updates }, steps, note }) {
  const burst = (size) => ({ kind: 'key', perTurn: 100, updates: Math.ceil((updates * (SHARE[way] ?? 1) * 2) / size) });
  const [first, second] = group.sides;
  await burstRate([second], [first], burst(2));
  for (const size of steps.toReversed()) {
    await shrink(group, size);
    const { sides } = group;
    // Everybody has to take in each of them: the more they are, the fewer.
    const toOthers = () => burstRate([second], [first, ...sides.slice(2)], burst(size));
    const fromAll = () => burstRate(sides, sides, burst(size));
    note(size, 'single keys, from one to all others', 'per s', await repeat(times, toOthers));
    note(size, 'single keys, all at once', 'per s', await repeat(times, fromAll));
  }
  await closeSides(group.sides);
}

async function joinAndLeave(group) {
  const side = await group.prepare();
  const ms = await group.open(side);
  await closeSides([side]);
  return ms;
}

/** The last to come are the first to leave. */
async function shrink(group, size) {
  await closeSides(group.sides.splice(size));
}
