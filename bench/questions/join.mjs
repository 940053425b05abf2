/** `join()` of a group that holds 10,000 presets: from somebody who runs it, and from disk. In a fresh process each time, its modules loaded. */

import { rmSync } from 'node:fs';
import { join as joinPath } from 'node:path';

import { alternate } from '../harness/figures.mjs';
import { startGroup, waysOf } from '../harness/groups.mjs';
import { environment } from '../harness/places.mjs';
import { OURS, atMostPlus, row } from '../harness/rows.mjs';
import { bareLoad, groupWithPresets } from '../harness/presets.mjs';

const LIMIT = 'bare `Y.applyUpdate`';

export const joining = {
  name: 'join',
  title: 'Joining',
  sizes: { rounds: 5, presets: 10_000 },
  smoke: { rounds: 0, presets: 50 },
  async measure({ start, place, peers, sizes: { rounds, presets } }) {
    const ways = {};
    let state;
    for (const way of waysOf({ peers })) {
      const group = await groupWithPresets(way, { start, place, presets });
      if (way === OURS) state = await group.sides[0].ask('state', { file: joinPath(place().path, 'state') });
      ways[way] = () => joinOnce(group, presets);
    }
    ways[LIMIT] = () => bareLoad(start, state);
    const running = await alternate(ways, rounds);

    const { path, env } = place();
    const made = await startGroup(OURS, { start, place: () => ({ env }) });
    await made.sides[0].ask('fill', { presets });
    await made.sides[0].ask('close');
    const disk = await alternate(
      {
        // Alone, so that there is nobody to ask; closed again for the next round.
        async [OURS]() {
          const side = start('sides/document.mjs', { env: environment(path) });
          await side.ask('load', { way: 'ways/socomm' });
          const ms = await side.ask('open', { way: 'ways/socomm', room: 'bench' });
          await check(side, presets);
          await side.ask('close');
          await side.kill();
          return ms;
        },
        [LIMIT]: () => bareLoad(start, state),
      },
      rounds,
    );
    rmSync(path, { recursive: true, force: true });
    const what = `${presets.toLocaleString('en')} presets`;
    return {
      rows: [
        row(`joining a group that holds ${what}`, 'ms', running, { bars: [atMostPlus(running, LIMIT, 1.4, 20)] }),
        row(`the same from disk, nobody else there`, 'ms', disk),
      ],
    };
  },
};

async function joinOnce(group, presets) {
  const side = await group.prepare();
  const ms = await group.open(side);
  await check(side, presets);
  await side.ask('close');
  await side.kill();
  return ms;
}

async function check(side, presets) {
  const size = await side.ask('size', { name: 'presets' });
  if (size !== presets) throw new Error(`${size} of ${presets} presets came`);
}
