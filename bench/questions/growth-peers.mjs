/** How it all grows with 2, 4, 8, 16, 32 peers. Drawn by `--report`. */

import { percentile } from '../harness/figures.mjs';
import { burstRate, startGroup, waysOf } from '../harness/groups.mjs';
import { Drawn, repeat, takeOver } from '../harness/growth.mjs';
import { OURS } from '../harness/rows.mjs';
import { pause } from '../harness/serve.mjs';
import { closeSides, cpuSeconds } from '../harness/sides.mjs';

const PER_TURN = 100;

export const growthPeers = {
  name: 'growth-peers',
  title: 'Growth with peers',
  sizes: { peersMax: 32, times: 1, count: 50, updates: 4000, idleMs: 1000 },
  smoke: { peersMax: 2, times: 1, count: 3, updates: 50, idleMs: 50 },
  async measure({ start, place, peers, sizes }) {
    const drawn = new Drawn();
    for (const way of waysOf({ peers }, [OURS, 'y-websocket'])) await withPeers(way, { start, place, sizes, drawn });
    return { rows: drawn.rows(), charts: drawn.charts };
  },
};

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
