/** What a round trip, an update and a durable update cost of the processor, by process and kind of thread: where two cores are all there is, that is the limit. */

import { burstRate, startGroup } from '../harness/groups.mjs';
import { OURS } from '../harness/rows.mjs';
import { canWatchThreads, threadSeconds } from '../harness/threads.mjs';
import { startBareTrips } from '../harness/bare-trips.mjs';

const PER_TURN = 100;

export const processor = {
  name: 'processor',
  title: 'Processor time',
  sizes: { warm: 1000, trips: 3000, updates: 100_000 },
  smoke: { warm: 2, trips: 5, updates: 200 },
  async measure({ start, place, sizes: { warm, trips, updates } }) {
    if (!canWatchThreads()) return { rows: [], notes: ['the kernel does not tell it here: skipped'] };
    const { sides } = await startGroup(OURS, { start, place, processes: 2 });
    const [writing, asking] = sides;
    await writing.ask('echo');
    const both = { follower: asking, writer: writing };
    const bare = await startBareTrips({ start, place, updates: warm + trips + 10 });
    const burst = { kind: 'key', perTurn: PER_TURN };
    const rows = [];
    const look = async (what, members, count, work) => {
      await work(warm);
      const before = Object.entries(members).map(([name, side]) => [name, side, threadSeconds(side.pid)]);
      await work(count);
      rows.push({
        what,
        told: { ours: before.map(([name, side, used]) => textOf(name, threadSeconds(side.pid, used), count)).join(' · '), beside: '' },
        bars: [],
      });
    };
    await look('µs of a round trip', both, trips, (count) => asking.ask('ping', { count }));
    await look('µs of a bare one: zeromq.js + `Y.applyUpdate`', { asks: bare.asking, answers: bare.answering }, trips, (count) =>
      bare.ping(count),
    );
    await look('µs of a single key, 1 → 1', both, updates, (count) => burstRate([asking], [writing], { ...burst, updates: count }));
    await look('µs of a durable single key, 1 → 1', both, updates, (count) =>
      asking.ask('burst', { ...burst, updates: count, isDurable: true, mark: 'cost' }),
    );
    return { rows };
  },
};

function textOf(name, used, count) {
  const parts = Object.entries(used).map(([kind, seconds]) => `${kind} ${((seconds / count) * 1e6).toFixed(1)}`);
  return `${name}: ${parts.join(', ')}`;
}
