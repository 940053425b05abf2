/** Many seeds of the talking world. `TALK_SEED=7 npx vitest run test/talk/simulation` replays one, `TALK_SEEDS=5000` runs more. */

import { expect, it } from 'vitest';

import { talkWithSeed } from './talk-seed.js';

const only = process.env['TALK_SEED'];
const count = Number(process.env['TALK_SEEDS'] ?? (process.env['CI'] === undefined ? 60 : 200));
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];

it(
  'order is kept, each message is delivered or counted as missed exactly once, and values are equal at quiet, whatever goes wrong',
  { timeout: 60_000 + count * 1000 },
  async () => {
    let [delivered, missed] = [0, 0];
    for (const seed of seeds) {
      const outcome = await talkWithSeed(seed);
      expect(outcome.problems, `replay: TALK_SEED=${seed} npx vitest run test/talk/simulation`).toEqual([]);
      delivered += outcome.delivered;
      missed += outcome.missed;
    }
    if (only === undefined) expect(Math.min(delivered / 20, missed)).toBeGreaterThan(count);
  },
);
