/** Topics, requests and streams beside bare sockets (talking.mjs has what is measured), and ephemeral values. */

import { alternate, percentile, ratio } from '../harness/figures.mjs';
import { OURS, row } from '../harness/rows.mjs';
import { measureTalking } from '../talking.mjs';

const LIMIT = 'zeromq.js';

export const talking = {
  name: 'talking',
  title: 'Talking',
  sizes: { rounds: 3, share: 1, count: 60, sets: 200_000 },
  smoke: { rounds: 1, share: 0.01, count: 3, sets: 200 },
  async measure({ start, place, sizes: { rounds, share, count, sets } }) {
    const measured = await measureTalking({ rounds, share });
    const rows = measured.map(({ name, unit, rounds: each, bar, isMet }) => {
      const bars = bar === '' ? [] : [{ text: `${bar} × ${LIMIT}`, ratio: ratio(each.ours, each.bare), isMet }];
      // Microseconds there, milliseconds here.
      const scale = unit === 'µs' ? 1000 : 1;
      const ways = { [OURS]: each.ours.map((value) => value / scale), [LIMIT]: each.bare.map((value) => value / scale) };
      return row(name, unit === 'µs' ? 'ms' : unit, ways, { bars });
    });

    const { env } = place();
    const [answering, asking] = ['a', 'b'].map(() => start('sides/ephemeral.mjs', { env }));
    await answering.ask('open');
    await asking.ask('open');
    await answering.ask('echo');
    const back = await alternate(
      {
        async [OURS]() {
          const times = [...(await asking.ask('ping', { count }))];
          return { p50: percentile(times, 50), p99: percentile(times, 99) };
        },
      },
      rounds,
    );
    const turned = await alternate(
      {
        [OURS]: () => asking.ask('turnKnobs', { sets }),
        '`Y.Map.set` in one process': () => asking.ask('setMap', { sets }),
      },
      rounds,
    );
    rows.push(
      row('an ephemeral value: set → listener → set back, each sent at most 60 times a second', 'ms', back, { key: 'p50', key99: 'p99' }),
      row('ephemeral values set, 64 knobs, 1 → 1', 'per s', turned),
    );
    return { rows };
  },
};
