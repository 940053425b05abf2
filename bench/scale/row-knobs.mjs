/** An hour of knobs, compressed in time: what the document grows by, and whether memory stays as it was. */

import { closeSides, withSides } from './sides.mjs';
import { freshPlace } from './stores.mjs';

const PROCESSES = 4;
const KNOBS = 4;
const PER_SECOND = 60;
const QUARTERS = 4;
const MIB = 1024 * 1024;
/** Memory is never quite still: so much more than after the first quarter counts as flat, besides what Yjs itself keeps of the values that were overwritten. */
const FLAT_BYTES = 2 * MIB;
/** 22 MB for 100,000, measured (bare Yjs). */
const YJS_BYTES_PER_OVERWRITTEN = 220;

export async function knobs({ folder, sizes }) {
  const { env } = freshPlace(folder);
  // Marks of gestures stand for a second: `restMs` is longer.
  const { knobSeconds, knobInstances, gestures, restMs } = sizes;
  const each = knobInstances / PROCESSES;
  return withSides(async (start) => {
    const sides = Array.from({ length: PROCESSES }, () => start('knobs-side', { env, execArgv: ['--expose-gc'] }));
    const bare = start('bare-side');
    for (const [place, side] of sides.entries()) await side.ask('open', { instances: each, place });
    const all = (task, options) => Promise.all(sides.map((side) => side.ask(task, options)));
    await all('rest', { ms: restMs });
    const [before] = await all('sizes');
    const memory = [];
    let committed = 0;
    for (let quarter = 0; quarter < QUARTERS; quarter++) {
      const frames = knobSeconds * PER_SECOND;
      const [from, to] = [quarter, quarter + 1].map((each) => Math.floor((each * frames) / QUARTERS));
      const counts = await all('turn', { from, to, frames, gestures: gestures / PROCESSES });
      committed = counts.reduce((sum, count) => sum + count, 0);
      await all('rest', { ms: restMs });
      memory.push(await all('memory'));
    }
    const after = (await all('sizes')).at(0);
    await closeSides(sides);
    const beside = await bare.ask('overwrite', { keys: knobInstances * KNOBS, sets: committed });
    const [map, settings] = [after.map - before.map, after.settings - before.settings];
    const used = memory.map((quarter) => Math.max(...quarter.map(({ used: bytes }) => bytes)));
    const grown = Math.max(...sides.map((_, at) => memory.at(-1)[at].used - memory[0][at].used));
    const flat = FLAT_BYTES + committed * YJS_BYTES_PER_OVERWRITTEN * (1 - 1 / QUARTERS);
    const moves = knobInstances * KNOBS * PER_SECOND * knobSeconds;
    return [
      {
        what: `${Number((knobSeconds / 60).toFixed(2))} min of knobs, ${moves.toLocaleString('en')} moves, ${committed.toLocaleString('en')} gestures: growth`,
        ours: `${kb(map)} KB`,
        beside: `${kb(beside)} KB, as many \`set\`s in one bare Y.Map`,
        bar: 'under 150 KB',
        isMet: map < 150_000,
      },
      {
        what: 'the same in a settings map',
        ours: `${kb(settings)} KB`,
        beside: `${after.keys} keys`,
        bar: 'under 10 KB',
        isMet: settings < 10_000,
      },
      {
        what: 'memory after each quarter, the largest process',
        ours: `${used.map((bytes) => (bytes / MIB).toFixed(1)).join(', ')} MiB`,
        beside: `at most ${(grown / MIB).toFixed(2)} MiB more since the first quarter; resident ${memory.map((quarter) => (Math.max(...quarter.map(({ rss }) => rss)) / MIB).toFixed(0)).join(', ')}`,
        bar: `flat: at most ${(flat / MIB).toFixed(1)} MiB more`,
        isMet: grown <= flat,
      },
    ];
  });
}

function kb(bytes) {
  return (bytes / 1000).toFixed(1);
}
