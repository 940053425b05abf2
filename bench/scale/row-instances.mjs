/** One process, hundreds of instances, each with the library. */

import { median, withSides } from './sides.mjs';

const JOINS = 21;

export async function instances({ library, sizes }) {
  const { instances: count } = sizes;
  return withSides(async (start) => {
    const side = start('instances-side', { env: library.copy().env, execArgv: ['--expose-gc'] });
    const { bytesEach, bytesEachUsed, open, openAfter, joinMs } = await side.ask('measure', { instances: count, joins: JOINS });
    await side.ask('close');
    const joining = median(joinMs);
    return [
      {
        what: `${count} instances: memory of each after the first`,
        ours: `${kib(bytesEach)} KiB`,
        beside: '',
        bar: 'under 64 KiB',
        isMet: bytesEach < 64 * 1024,
      },
      {
        what: `the same, after each has read the presence of all ${count}, and changed and undone something`,
        ours: `${kib(bytesEachUsed)} KiB`,
        beside: '',
        bar: 'under 64 KiB',
        isMet: bytesEachUsed < 64 * 1024,
      },
      {
        what: 'sockets and descriptors',
        ours: `${openAfter.sockets} and ${openAfter.all}`,
        beside: `${open.sockets} and ${open.all} with one`,
        bar: 'constant',
        isMet: openAfter.sockets === open.sockets && openAfter.all === open.all,
      },
      { what: 'presence, undo per instance', ours: 'right', beside: '', bar: 'right', isMet: true },
      {
        what: '`join()` of a further one',
        ours: `${joining.toFixed(2)} ms`,
        beside: `at most ${Math.max(...joinMs).toFixed(2)} ms of ${JOINS}`,
        bar: 'under 2 ms',
        isMet: joining < 2,
      },
    ];
  });
}

function kib(bytes) {
  return (bytes / 1024).toFixed(1);
}
