/** What durable costs: `flush()` of one update when nothing else happens, and updates a second of which each is acknowledged as synced. */

import { alternate, percentile } from '../harness/figures.mjs';
import { burstRate, startGroup } from '../harness/groups.mjs';
import { OURS, atLeast, atMost, row } from '../harness/rows.mjs';

const LIMIT = 'request + synced put';
const NOT_DURABLE = 'socomm, not waiting';
const BATCHES = 'bare synced batches of 100';
const PER_TURN = 100;

export const flush = {
  name: 'flush',
  title: 'Durable',
  sizes: { rounds: 5, count: 100, updates: 20_000 },
  smoke: { rounds: 0, count: 5, updates: 200 },
  async measure({ start, place, sizes: { rounds, count, updates } }) {
    const { sides } = await startGroup(OURS, { start, place, processes: 2 });
    const [writing, asking] = sides;
    const { path: folder } = place();
    const [putting, requesting] = ['a', 'b'].map(() => start('sides/zeromq.mjs'));
    await putting.ask('serve_puts', { folder });
    await requesting.ask('ask_puts', { folder });

    const quiet = await alternate(
      {
        [OURS]: () => medians(asking.ask('flush', { count })),
        [LIMIT]: () => medians(requesting.ask('put', { count })),
      },
      rounds,
    );
    const own = await alternate({ [OURS]: () => medians(writing.ask('flush', { count })) }, rounds);

    const burst = { updates, kind: 'key', perTurn: PER_TURN };
    const rates = await alternate(
      {
        async [OURS]() {
          const { startedAt, endedAt } = await asking.ask('burst', { ...burst, isDurable: true, mark: 'durable' });
          return updates / ((endedAt - startedAt) / 1000);
        },
        [NOT_DURABLE]: () => burstRate([asking], [writing], burst),
        async [BATCHES]() {
          const ms = await putting.ask('batches', { batches: updates / PER_TURN, records: PER_TURN });
          return updates / (ms / 1000);
        },
      },
      rounds,
    );
    return {
      rows: [
        row('`set` and `flush()` at a follower, quiet', 'ms', quiet, { key: 'p50', key99: 'p99', bars: [atMost(quiet, LIMIT, 2, 'p50')] }),
        row('`set` and `flush()` at the writer, quiet', 'ms', own, { key: 'p50', key99: 'p99' }),
        row('durable single keys, 1 → 1', 'per s', rates, { bars: [atLeast(rates, NOT_DURABLE, 0.5)] }),
      ],
    };
  },
};

async function medians(times) {
  const all = [...(await times)];
  return { p50: percentile(all, 50), p99: percentile(all, 99) };
}
