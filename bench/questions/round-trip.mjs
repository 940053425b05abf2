/** `set` in one process → observer in another → `set` back → observer here: when nothing else happens, and while a third process sets 2,000 keys a second. */

import { alternate, percentile } from '../harness/figures.mjs';
import { startBareTrips } from '../harness/bare-trips.mjs';
import { startGroup, waysOf } from '../harness/groups.mjs';
import { atMost, fasterThan, row } from '../harness/rows.mjs';

const LIMIT = 'zeromq.js + Y.applyUpdate';
const PER_SECOND = 2000;

export const roundTrip = {
  name: 'round-trip',
  title: 'Round trip of a change',
  sizes: { rounds: 5, count: 500, warm: 3000 },
  smoke: { rounds: 0, count: 5, warm: 2 },
  async measure({ start, place, peers, sizes: { rounds, count, warm } }) {
    const groups = {};
    const pings = {};
    for (const way of waysOf({ peers })) {
      groups[way] = await startGroup(way, { start, place, processes: 2 });
      // The one who asks follows; the one who answers was first, and so is the one that writes.
      const [answering, asking] = groups[way].sides;
      await answering.ask('echo');
      pings[way] = (trips = count) => asking.ask('ping', { count: trips });
    }
    const limit = await startBareTrips({ start, place, updates: (rounds + 1) * 2 * count + warm });
    pings[LIMIT] = (trips = count) => limit.ping(trips);
    // Until V8 has compiled what it will compile, for all alike.
    for (const ping of Object.values(pings)) await ping(warm);
    const quiet = await alternate(timed(pings), rounds);

    const loads = { [LIMIT]: await limit.third() };
    for (const [way, group] of Object.entries(groups)) {
      await group.add(1);
      loads[way] = group.sides.at(-1);
    }
    const loaded = Object.entries(pings).map(([way, ping]) => [
      way,
      async () => {
        await loads[way].ask('load_begin', { perSecond: PER_SECOND });
        const times = await ping();
        await loads[way].ask('load_end');
        return times;
      },
    ]);
    const busy = await alternate(timed(Object.fromEntries(loaded)), rounds);
    const bars = [
      atMost(quiet, LIMIT, 1.4, 'p50'),
      fasterThan(quiet, 'y-websocket', 1.5, 'p50'),
      fasterThan(quiet, 'Hocuspocus', 2.5, 'p50'),
    ];
    return {
      rows: [
        row('`set` → observer → `set` back, quiet', 'ms', quiet, { key: 'p50', key99: 'p99', bars }),
        row(`the same while a third process sets ${PER_SECOND.toLocaleString('en')} keys a second`, 'ms', busy, {
          key: 'p50',
          key99: 'p99',
        }),
      ],
    };
  },
};

function timed(pings) {
  return Object.fromEntries(
    Object.entries(pings).map(([way, ping]) => [
      way,
      async () => {
        const times = [...(await ping())];
        return { p50: percentile(times, 50), p99: percentile(times, 99) };
      },
    ]),
  );
}
