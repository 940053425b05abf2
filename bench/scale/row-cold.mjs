/** Many processes, all up from cold at once: until all have the same; beside as many that only load Yjs and the bytes. Then what they cost at rest. */

import { closeSides, cpuSeconds, median, pause, withSides } from './sides.mjs';

export async function coldStart({ library, sizes }) {
  const { processes, idleSeconds, coldRounds, settleMs } = sizes;
  const [ours, bare] = [[], []];
  let idle = NaN;
  let refused = 0;
  for (let round = 0; round < coldRounds; round++) {
    bare.push(
      await upFromCold(
        processes,
        (start) => start('bare-side'),
        (side) => side.ask('load', { file: library.state }).then(({ digest }) => digest),
      ),
    );
    const { env } = library.copy();
    const isLast = round === coldRounds - 1;
    ours.push(
      await upFromCold(
        processes,
        (start) => start('library-side', { env }),
        async (side) => {
          refused += (await side.ask('open')).refused;
          return side.ask('digest');
        },
        async (sides) => {
          if (!isLast) return;
          await pause(settleMs);
          const pids = sides.map(({ pid }) => pid);
          const [before, since] = [cpuSeconds(pids), performance.now()];
          await pause(idleSeconds * 1000);
          idle = (cpuSeconds(pids) - before) / ((performance.now() - since) / 1000);
        },
      ),
    );
  }
  const ratio = median(ours) / median(bare);
  return [
    {
      what: `${processes} processes from cold until all are equal`,
      ours: `${(median(ours) / 1000).toFixed(2)} s`,
      beside: `${(median(bare) / 1000).toFixed(2)} s, bare Yjs: ${ratio.toFixed(2)} ×`,
      bar: 'at most 2 ×',
      isMet: ratio <= 2,
    },
    {
      what: 'calls refused meanwhile with SOCOMM_WRITER_STALLED, and made again',
      ours: String(refused),
      beside: '',
      bar: 'none',
      isMet: refused === 0,
    },
    {
      what: `idle CPU of all ${processes}, over ${idleSeconds} s`,
      ours: `${(idle * 100).toFixed(2)} % of a core`,
      beside: '',
      bar: 'under 4 %',
      isMet: idle < 0.04,
    },
  ];
}

/** Milliseconds from the first start to the last answer. All answers must be the same. */
async function upFromCold(processes, make, digestOf, atEnd = async () => {}) {
  return withSides(async (start) => {
    const begun = performance.now();
    const sides = Array.from({ length: processes }, () => make(start));
    const digests = await Promise.all(sides.map(digestOf));
    const ms = performance.now() - begun;
    if (new Set(digests).size !== 1) throw new Error(`${new Set(digests).size} different states`);
    await atEnd(sides);
    await closeSides(sides);
    return ms;
  });
}
