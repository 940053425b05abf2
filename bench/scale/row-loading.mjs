/** One process that gets the library, from a running group or from disk; beside one that applies the same bytes. Fresh processes for each round, in alternation. */

import { closeSides, median, withSides } from './sides.mjs';

export async function newcomer({ library, sizes }) {
  const { env } = library.copy();
  return withSides(async (start) => {
    const running = start('library-side', { env });
    await running.ask('open');
    await running.ask('ready');
    const line = await compare({ library, sizes, env, what: 'a newcomer to a running group', times: 1.4, plusMs: 20 });
    await closeSides([running]);
    return line;
  });
}

export function fromDisk({ library, sizes }) {
  const { env } = library.copy();
  return compare({ library, sizes, env, what: 'cold start from disk', times: 1.6, plusMs: 40 });
}

async function compare({ library, sizes, env, what, times, plusMs }) {
  const figures = { ours: [], joined: [], bare: [], list: [] };
  for (let round = 0; round <= sizes.rounds; round++) {
    const order = round % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours'];
    for (const way of order) {
      const found = await withSides((start) => (way === 'bare' ? bareLoad(start, library) : ourLoad(start, env)));
      // The first round finds the files of nobody in the memory of the machine.
      if (round > 0) for (const [name, ms] of Object.entries(found)) figures[name].push(ms);
    }
  }
  const [ours, bare] = [median(figures.ours), median(figures.bare)];
  const barMs = times * bare + plusMs;
  return [
    {
      what: `${what}, ${sizes.presets.toLocaleString('en')} presets`,
      ours: `${ours.toFixed(1)} ms`,
      beside: `${bare.toFixed(1)} ms, bare Yjs: ${(ours / bare).toFixed(2)} × (\`join()\` ${median(figures.joined).toFixed(1)} ms of it; the first list ${median(figures.list).toFixed(1)} ms more)`,
      bar: `at most ${times} × + ${plusMs} ms = ${barMs.toFixed(1)} ms`,
      isMet: ours <= barMs,
    },
  ];
}

async function bareLoad(start, { state }) {
  const side = start('bare-side');
  await side.ask('ready');
  return { bare: (await side.ask('load', { file: state })).ms };
}

async function ourLoad(start, env) {
  const side = start('library-side', { env });
  await side.ask('load');
  const { ms, joinedMs } = await side.ask('open');
  const list = await side.ask('list');
  await closeSides([side]);
  return { ours: ms, joined: joinedMs, list: list.ms };
}
