/** How long a kill of the writer is felt, beside the bare work of the disk in the same run: at most 3 times that, and 20 ms. Method: bench/README.md. */

import { expect, test } from 'vitest';

import { judge, measureTakeovers } from '../../bench/takeover.mjs';

const KILLS = 7;
/** A machine that is busy with something else for a minute says little: only what it says again and again counts. */
const RUNS_MAX = 3;

test(
  'after kill -9 of the writer of 8 peers with 10,000 presets, somebody else acknowledges within 3 times lock, open and put, plus 20 ms',
  {
    timeout: 240_000,
  },
  async () => {
    const missed: string[] = [];
    while (missed.length < RUNS_MAX) {
      const { text, isKept } = judge(await measureTakeovers({ kills: KILLS }));
      console.log(text);
      if (isKept) return;
      missed.push(text);
    }
    expect(missed).toEqual([]);
  },
);
