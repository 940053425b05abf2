/** Bugs are planted into the rules of talking, one at a time: the simulation must notice each within a few seeds. */

import { afterEach, expect, it, vi } from 'vitest';

import { Following } from '../../talk/broadcast/following.js';
import { Questions } from '../../talk/questions.js';
import { HeardPeer } from '../../talk/values/heard-peer.js';
import { HeardValues } from '../../talk/values/heard-values.js';
import { talkWithSeed } from './talk-seed.js';

const SEEDS_MAX = 30;

afterEach(() => void vi.restoreAllMocks());

const { heard, tail } = Following.prototype;
const planted: Readonly<Record<string, () => unknown>> = {
  'a gap counts one too many': () =>
    vi.spyOn(Following.prototype, 'heard').mockImplementation(function (this: Following, ...given) {
      const { missed, had } = heard.apply(this, given);
      return { missed: missed > 0 ? missed + 1 : 0, had };
    }),
  'what came twice is delivered twice': () =>
    vi.spyOn(Following.prototype, 'heard').mockImplementation(function (this: Following, ...given) {
      return { ...heard.apply(this, given), had: 0 };
    }),
  'a tail is remembered and not counted': () =>
    vi.spyOn(Following.prototype, 'tail').mockImplementation(function (this: Following, ...given) {
      tail.apply(this, given);
      return 0;
    }),
  'baselines are ignored': () => vi.spyOn(Following.prototype, 'baseline').mockImplementation(() => []),
  'questions are asked once': () => {
    const { ask } = Questions.prototype;
    return vi.spyOn(Questions.prototype, 'ask').mockImplementation(function (this: Questions<never>, subject, peers, waitMs) {
      ask.call(this, subject as never, peers, waitMs ?? 10_000_000);
    });
  },
  'all values of a peer are taken for a change of some': () =>
    vi.spyOn(HeardPeer.prototype, 'whole').mockImplementation(function (this: HeardPeer, _question, { number, values }) {
      return this.changes({ kind: 'values', number, values }, false);
    }),
  'values of the lost stay': () => vi.spyOn(HeardValues.prototype, 'peerLost').mockImplementation(() => undefined),
  'values of who left stay until its peer says so': () => vi.spyOn(HeardPeer.prototype, 'drop').mockImplementation(() => []),
};

it.each(Object.entries(planted))('the simulation notices that %s', { timeout: 120_000 }, async (_, plant) => {
  plant();
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    if ((await talkWithSeed(seed)).problems.length > 0) return;
  }
  expect.fail(`${SEEDS_MAX} seeds saw nothing`);
});
