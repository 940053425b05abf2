/** What a process has in memory that holds 10,000 presets, and what each further instance adds to it. */

import { join as joinPath } from 'node:path';

import { alternate } from '../harness/figures.mjs';
import { waysOf } from '../harness/groups.mjs';
import { groupWithPresets } from '../harness/presets.mjs';
import { OURS, row } from '../harness/rows.mjs';

const LIMIT = 'bare Yjs';
const EXEC = ['--expose-gc'];

export const memory = {
  name: 'memory',
  title: 'Memory',
  sizes: { rounds: 3, presets: 10_000, instances: 100 },
  smoke: { rounds: 0, presets: 20, instances: 3 },
  async measure({ start, place, peers, sizes: { rounds, presets, instances } }) {
    const ways = {};
    let state;
    let first;
    for (const way of waysOf({ peers })) {
      const group = await groupWithPresets(way, { start, place, presets });
      if (way === OURS) {
        first = group;
        state = await group.sides[0].ask('state', { file: joinPath(place().path, 'state') });
      }
      ways[way] = async () => {
        const side = await group.prepare({ execArgv: EXEC });
        await group.open(side);
        const measured = await side.ask('memory');
        await side.ask('close');
        await side.kill();
        return measured;
      };
    }
    ways[LIMIT] = async () => {
      const side = start('sides/bare.mjs', { execArgv: EXEC });
      await side.ask('load', { file: state });
      const measured = await side.ask('memory');
      await side.kill();
      return measured;
    };
    const figures = await alternate(ways, rounds);
    const more = await alternate(
      {
        async [OURS]() {
          const side = start('sides/instances.mjs', { env: first.env, execArgv: EXEC });
          const bytes = await side.ask('measure', { instances });
          await side.ask('close');
          await side.kill();
          return bytes;
        },
      },
      rounds,
    );
    const what = `${presets.toLocaleString('en')} presets`;
    return {
      rows: [
        row(`a process that shares ${what}: heap and buffers`, 'bytes', figures, { key: 'usedBytes' }),
        row('the same, resident', 'bytes', figures, { key: 'residentBytes' }),
        row('each further instance in a process', 'bytes', more),
      ],
    };
  },
};
