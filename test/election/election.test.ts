/** How an election waits: quickly, slowly, and after a failure. Each state and input: table.test.ts. */

import { describe, expect, it } from 'vitest';

import {
  COOL_DOWN_MAX_MS,
  COOL_DOWN_MS,
  POLL_MS,
  QUICK_TRIES_MS,
  STAND_BACK_MAX_MS,
  STAND_BACK_MS,
  STAND_BACK_STEP_MS,
  elect,
  initialElection,
} from '../../src/election/election.js';

const WRITER_GONE = { kind: 'writer-gone', place: 0 } as const;
const DENIED = { kind: 'denied', isSpokenFor: false } as const;

describe('an election', () => {
  it('tries quickly when the writer goes, and slowly once that was in vain', () => {
    let { state } = elect(initialElection(true), WRITER_GONE);
    const waits: number[] = [];
    for (let tries = 0; tries <= QUICK_TRIES_MS.length; tries++) {
      const step = elect(state, DENIED);
      for (const effect of step.effects) if (effect.kind === 'wait') waits.push(effect.delayMs);
      state = step.state;
    }
    expect(waits).toEqual([...QUICK_TRIES_MS, POLL_MS]);
  });

  it.each([
    [1, STAND_BACK_MS],
    [2, STAND_BACK_MS + STAND_BACK_STEP_MS],
    [7, STAND_BACK_MS + 6 * STAND_BACK_STEP_MS],
    [1000, STAND_BACK_MAX_MS],
  ])('with %i others before it tries once, stands back %i ms, and then tries quickly too', (place, standBackMs) => {
    const gone = elect(initialElection(true), { kind: 'writer-gone', place });
    expect(gone.effects).toEqual([{ kind: 'try-lock' }]);
    const denied = elect(gone.state, DENIED);
    expect(denied.effects).toEqual([{ kind: 'wait', delayMs: standBackMs, jitter: 0.5 }]);
    const due = elect(denied.state, { kind: 'due' });
    expect(due.effects).toEqual([{ kind: 'try-lock' }]);
    expect(elect(due.state, DENIED).effects).toEqual([{ kind: 'wait', delayMs: QUICK_TRIES_MS[1], jitter: 0.5 }]);
  });

  it('that hears somebody take over looks again later, until it believes that no more', () => {
    let { state } = elect(initialElection(true), WRITER_GONE);
    const waits: number[] = [];
    for (let tries = 0; tries <= QUICK_TRIES_MS.length; tries++) {
      const step = elect(state, { kind: 'denied', isSpokenFor: true });
      for (const effect of step.effects) if (effect.kind === 'wait') waits.push(effect.delayMs);
      state = step.state;
    }
    expect(waits).toEqual([...QUICK_TRIES_MS.map((delayMs) => Math.max(delayMs, STAND_BACK_MS)), POLL_MS]);
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
    expect(elect(state, WRITER_GONE).effects).toEqual([]);
    const seen = elect(state, { kind: 'writer-seen' }).state;
    expect(elect(seen, WRITER_GONE).effects).toEqual([{ kind: 'try-lock' }]);
  });

  it('that was robbed of its lock tries at once, and does not stand back at the end of who robbed it', () => {
    const robbed = elect({ kind: 'leading', term: 3 }, { kind: 'robbed' }).state;
    const down = elect(robbed, { kind: 'stepped-down' });
    expect(down.effects).toEqual([{ kind: 'try-lock' }]);
    const denied = elect(down.state, DENIED);
    expect(denied.effects).toEqual([{ kind: 'wait', delayMs: POLL_MS, jitter: 0.5 }]);
    expect(elect(denied.state, WRITER_GONE).effects).toEqual([{ kind: 'try-lock' }]);
  });

  it('whose store failed lets others go first, until one of them could lead', () => {
    const failed = elect({ kind: 'leading', term: 3 }, { kind: 'failed' }).state;
    const down = elect(failed, { kind: 'stepped-down' });
    expect(down.effects).toEqual([{ kind: 'wait', delayMs: COOL_DOWN_MS, jitter: 0.5 }]);
    expect(elect(down.state, WRITER_GONE).effects).toEqual([]);
    const succeeded = elect(elect(failed, { kind: 'writer-seen' }).state, { kind: 'stepped-down' });
    expect(succeeded.effects).toEqual([{ kind: 'try-lock' }]);
  });

  it('looks at its lock at once when another writer announces itself', () => {
    expect(elect({ kind: 'leading', term: 3 }, { kind: 'writer-seen' }).effects).toEqual([{ kind: 'check-lock' }]);
  });
});
