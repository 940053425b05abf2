/** How an election waits: quickly, slowly, and after a failure. Each state and input: table.test.ts. */

import { describe, expect, it } from 'vitest';

import {
  COOL_DOWN_MAX_MS,
  COOL_DOWN_MS,
  HEAD_START_TRIES,
  POLL_MS,
  POLL_STRETCH_MAX,
  POLLING_MAX,
  QUICK_TRIES_MS,
  elect,
  initialElection,
  sharedMs,
} from '../../src/election/election.js';

describe('an election', () => {
  it('tries quickly when the writer goes, and slowly once that was in vain', () => {
    let { state } = elect(initialElection(true), { kind: 'writer-gone', isNext: true });
    const waits: number[] = [];
    for (let tries = 0; tries <= QUICK_TRIES_MS.length; tries++) {
      const step = elect(state, { kind: 'denied' });
      for (const effect of step.effects) if (effect.kind === 'wait') waits.push(effect.delayMs);
      state = step.state;
    }
    expect(waits).toEqual([...QUICK_TRIES_MS, POLL_MS]);
  });

  it('gives who is next a head start of some milliseconds, and tries like that one from there on', () => {
    const gone = elect(initialElection(true), { kind: 'writer-gone', isNext: false });
    expect(gone.effects).toEqual([{ kind: 'wait', delayMs: 8, jitter: 0.5, isShared: false }]);
    const tried = elect(gone.state, { kind: 'due' });
    expect(tried.effects).toEqual([{ kind: 'try-lock' }]);
    const waits: number[] = [];
    let { state } = tried;
    for (let tries = HEAD_START_TRIES + 1; tries <= QUICK_TRIES_MS.length; tries++) {
      const step = elect(state, { kind: 'denied' });
      for (const effect of step.effects) if (effect.kind === 'wait') waits.push(effect.delayMs);
      state = step.state;
    }
    expect(waits).toEqual([...QUICK_TRIES_MS.slice(HEAD_START_TRIES + 1), POLL_MS]);
  });

  it('cools down ever longer after failures in a row, and not at all once somebody could lead', () => {
    let state = initialElection(true);
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      for (const kind of ['granted', 'failed', 'stepped-down'] as const) {
        const step = elect(state, { kind });
        for (const effect of step.effects) if (effect.kind === 'wait') waits.push(effect.delayMs);
        state = step.state;
      }
    }
    expect(waits.slice(0, 3)).toEqual([COOL_DOWN_MS, 2 * COOL_DOWN_MS, 4 * COOL_DOWN_MS]);
    expect(waits.at(-1)).toBe(COOL_DOWN_MAX_MS);
    expect(elect(state, { kind: 'writer-gone', isNext: true }).effects).toEqual([]);
    const seen = elect(state, { kind: 'writer-seen' }).state;
    expect(elect(seen, { kind: 'writer-gone', isNext: true }).effects).toEqual([{ kind: 'try-lock' }]);
  });

  it('that was robbed of its lock tries at once, and does not stand back at the end of who robbed it', () => {
    const robbed = elect({ kind: 'leading', term: 3 }, { kind: 'robbed' }).state;
    const down = elect(robbed, { kind: 'stepped-down' });
    expect(down.effects).toEqual([{ kind: 'try-lock' }]);
    const denied = elect(down.state, { kind: 'denied' });
    expect(denied.effects).toEqual([{ kind: 'wait', delayMs: POLL_MS, jitter: 0.5, isShared: true }]);
    expect(elect(denied.state, { kind: 'writer-gone', isNext: true }).effects).toEqual([{ kind: 'try-lock' }]);
  });

  it('whose store failed lets others go first, until one of them could lead', () => {
    const failed = elect({ kind: 'leading', term: 3 }, { kind: 'failed' }).state;
    const down = elect(failed, { kind: 'stepped-down' });
    expect(down.effects).toEqual([{ kind: 'wait', delayMs: COOL_DOWN_MS, jitter: 0.5, isShared: false }]);
    expect(elect(down.state, { kind: 'writer-gone', isNext: true }).effects).toEqual([]);
    const succeeded = elect(elect(failed, { kind: 'writer-seen' }).state, { kind: 'stepped-down' });
    expect(succeeded.effects).toEqual([{ kind: 'try-lock' }]);
  });

  it('shares its slow poll with many, so that in all they look as often as few do, and not all in one moment', () => {
    const never = (): number => expect.unreachable();
    expect(sharedMs(POLL_MS, POLLING_MAX, never)).toBe(POLL_MS);
    expect([0, 0.5].map((fraction) => sharedMs(POLL_MS, 2 * POLLING_MAX, () => fraction))).toEqual([POLL_MS, 2 * POLL_MS]);
    expect(sharedMs(POLL_MS, 1000, () => 0.5)).toBe(POLL_STRETCH_MAX * POLL_MS);
    const following = initialElection(true);
    expect(elect(following, { kind: 'writer-seen' }).effects).toMatchObject([{ kind: 'wait', isShared: true }]);
    // Nobody but the writer sees that its lock has been taken away.
    expect(elect({ kind: 'leading', term: 3 }, { kind: 'due' }).effects).toMatchObject([
      { kind: 'wait', isShared: false },
      { kind: 'check-lock' },
    ]);
  });

  it('looks at its lock at once when another writer announces itself', () => {
    expect(elect({ kind: 'leading', term: 3 }, { kind: 'writer-seen' }).effects).toEqual([{ kind: 'check-lock' }]);
  });
});
