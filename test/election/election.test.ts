/** The election as a table and as a property: what each state does with each input (docs/ELECTION.md). */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { COOL_DOWN_MAX_MS, COOL_DOWN_MS, POLL_MS, QUICK_TRIES_MS, elect, initialElection } from '../../src/election/election.js';
import type { ElectionInput, ElectionState } from '../../src/election/election.js';

const STATES: readonly ElectionState[] = [
  { kind: 'abstaining' },
  { kind: 'following', tries: QUICK_TRIES_MS.length, failures: 0 },
  { kind: 'taking-over', failures: 0 },
  { kind: 'leading', term: 3 },
  { kind: 'stepping-down', failures: 1, isClosing: false },
  { kind: 'closed' },
];

const INPUTS: readonly ElectionInput[] = [
  { kind: 'started' },
  { kind: 'due' },
  { kind: 'granted' },
  { kind: 'denied' },
  { kind: 'writer-gone' },
  { kind: 'writer-seen' },
  { kind: 'took-over', term: 4 },
  { kind: 'failed' },
  { kind: 'stepped-down' },
  { kind: 'close' },
];

/** `state input → state: effects`; what is not here changes nothing. */
const TRANSITIONS: Readonly<Record<string, string>> = {
  'abstaining close': 'closed:',
  'following started': 'following: try-lock',
  'following due': 'following: try-lock',
  'following granted': 'taking-over: take-over',
  'following denied': 'following: wait',
  'following writer-gone': 'following: try-lock',
  'following writer-seen': 'following: wait',
  'following close': 'closed:',
  'taking-over took-over': 'leading: lead wait',
  'taking-over failed': 'stepping-down: step-down',
  'taking-over close': 'stepping-down: step-down',
  'leading due': 'leading: wait check-lock',
  'leading failed': 'stepping-down: step-down',
  'leading close': 'stepping-down: step-down',
  'stepping-down stepped-down': 'following: wait',
};

describe('an election', () => {
  for (const state of STATES) {
    it(`does in '${state.kind}' with each input what the table says`, () => {
      for (const input of INPUTS) {
        const next = elect(state, input);
        const told = `${next.state.kind}:${next.effects.map(({ kind }) => ` ${kind}`).join('')}`;
        expect(`${input.kind} → ${told}`).toBe(`${input.kind} → ${TRANSITIONS[`${state.kind} ${input.kind}`] ?? `${state.kind}:`}`);
      }
    });
  }

  it('tries quickly when the writer goes, and slowly once that was in vain', () => {
    let { state } = elect(initialElection(true), { kind: 'writer-gone' });
    const waits: number[] = [];
    for (let tries = 0; tries <= QUICK_TRIES_MS.length; tries++) {
      const step = elect(state, { kind: 'denied' });
      for (const effect of step.effects) if (effect.kind === 'wait') waits.push(effect.delayMs);
      state = step.state;
    }
    expect(waits).toEqual([...QUICK_TRIES_MS, POLL_MS]);
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
    expect(elect(state, { kind: 'writer-gone' }).effects).toEqual([]);
    const seen = elect(state, { kind: 'writer-seen' }).state;
    expect(elect(seen, { kind: 'writer-gone' }).effects).toEqual([{ kind: 'try-lock' }]);
  });

  it('does not stand back at the end of the writer that robbed it of its lock', () => {
    const robbed = elect({ kind: 'leading', term: 3 }, { kind: 'failed' }).state;
    const down = elect(elect(robbed, { kind: 'writer-seen' }).state, { kind: 'stepped-down' });
    expect(down.effects).toEqual([{ kind: 'wait', delayMs: POLL_MS, jitter: 0.5 }]);
    expect(elect(down.state, { kind: 'writer-gone' }).effects).toEqual([{ kind: 'try-lock' }]);
    const failed = elect(robbed, { kind: 'stepped-down' }).state;
    expect(elect(failed, { kind: 'writer-gone' }).effects).toEqual([]);
  });

  it('never leads but after a grant and a takeover, and never does anything once it is closed', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.constantFrom(...INPUTS), { maxLength: 60 }), (canWrite, inputs) => {
        let state = initialElection(canWrite);
        let wasGranted = false;
        for (const input of inputs) {
          const before = state;
          const step = elect(state, input);
          state = step.state;
          if (before.kind === 'following' && input.kind === 'granted') wasGranted = true;
          if (step.effects.some(({ kind }) => kind === 'lead'))
            expect([before.kind, wasGranted, canWrite]).toEqual(['taking-over', true, true]);
          if (before.kind === 'closed') expect([state.kind, step.effects]).toEqual(['closed', []]);
          if (state.kind === 'following') wasGranted = false;
        }
      }),
    );
  });
});
