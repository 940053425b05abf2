/** Updates a second that get through: single keys and whole presets, from one process to one and to eight, and all eight at once. */

import { alternate } from '../harness/figures.mjs';
import { burstRate, startGroup, waysOf } from '../harness/groups.mjs';
import { atLeast, row } from '../harness/rows.mjs';

const LIMIT = '`Y.Map.set` in one process';
const PER_TURN = 100;
/** Hocuspocus acknowledges each update: with as many as the others it would take minutes. */
const SHARE = { Hocuspocus: 0.15 };

export const updates = {
  name: 'updates',
  title: 'Updates a second',
  sizes: { rounds: 3, updates: 20_000, presets: 1500, listeners: 8 },
  smoke: { rounds: 0, updates: 200, presets: 20, listeners: 2 },
  async measure({ start, place, peers, sizes: { rounds, updates: many, presets, listeners } }) {
    const single = { updates: many, kind: 'key', perTurn: PER_TURN };
    const whole = { updates: presets, kind: 'preset', perTurn: PER_TURN / 10 };
    const rows = [];
    const ways = waysOf({ peers });

    const pairs = Object.fromEntries(await inTurn(ways, (way) => startGroup(way, { start, place, processes: 2 })));
    const bare = start('sides/bare.mjs');
    const alone = start('sides/document.mjs');
    await alone.ask('open', { way: 'ways/alone' });
    const limit = (options) => async () => {
      const { startedAt, endedAt } = await alone.ask('burst', { ...options, mark: 'alone' });
      return options.updates / ((endedAt - startedAt) / 1000);
    };
    /** Who sends follows; who receives was first, and so writes it all on disk with us. */
    const toOne = (options) => ({
      ...Object.fromEntries(ways.map((way) => [way, () => burstRate([pairs[way].sides[1]], [pairs[way].sides[0]], shared(way, options))])),
      [LIMIT]: limit(options),
    });
    const applied = await alternate({ bare: () => bare.ask('apply', { updates: many }) }, rounds);
    const figures = await alternate(toOne(single), rounds);
    rows.push(
      row('single keys, 1 → 1', 'per s', figures, {
        bars: [atLeast(figures, LIMIT, 0.8), atLeast(figures, 'y-websocket', 6), atLeast(figures, 'Hocuspocus', 40)],
      }),
      row('the limit of whoever receives: `Y.applyUpdate` one by one', 'per s', applied, { key: 'oneByOne' }),
      row('the same in one transaction', 'per s', applied, { key: 'inOneTransaction' }),
      row('presets of 2.5 KB, 1 → 1', 'per s', await alternate(toOne(whole), rounds)),
    );

    const stars = Object.fromEntries(await inTurn(ways, (way) => startGroup(way, { start, place, processes: listeners + 1 })));
    const toAll = (options) =>
      Object.fromEntries(
        ways.map((way) => {
          const sides = stars[way].sides;
          return [way, () => burstRate([sides[1]], [sides[0], ...sides.slice(2)], shared(way, options))];
        }),
      );
    const fewer = (options) => ({ ...options, updates: Math.ceil(options.updates / 4) });
    const star = await alternate(toAll(fewer(single)), rounds);
    rows.push(
      row(`single keys, 1 → ${listeners}`, 'per s', star, { bars: [atLeast(star, 'y-websocket', 4)] }),
      row(`presets of 2.5 KB, 1 → ${listeners}`, 'per s', await alternate(toAll(fewer(whole)), rounds)),
      row(
        `single keys, all ${listeners} at once`,
        'per s',
        await alternate(
          Object.fromEntries(
            ways.map((way) => {
              const sides = stars[way].sides.slice(0, listeners);
              return [way, () => burstRate(sides, sides, shared(way, fewer(single)))];
            }),
          ),
          rounds,
        ),
      ),
    );
    return { rows };
  },
};

function shared(way, options) {
  return { ...options, updates: Math.ceil(options.updates * (SHARE[way] ?? 1)) };
}

async function inTurn(ways, make) {
  const made = [];
  for (const way of ways) made.push([way, await make(way)]);
  return made;
}
