/**
 * The election under any sequence of inputs, and under any course of events that its shell can bring about.
 * A failure prints its seed: `FC_SEED=<seed> npx vitest run test/election` goes the same way again.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { COOL_DOWN_MAX_MS, POLL_MS, elect, initialElection } from '../../src/election/election.js';
import type { ElectionEffect, ElectionInput, ElectionState } from '../../src/election/election.js';

const options = { numRuns: 2000, ...(process.env['FC_SEED'] === undefined ? {} : { seed: Number(process.env['FC_SEED']) }) };

const KINDS = [
  'started',
  'due',
  'granted',
  'denied',
  'writer-gone',
  'writer-seen',
  'took-over',
  'failed',
  'robbed',
  'stepped-down',
  'close',
] as const satisfies readonly ElectionInput['kind'][];
type Missing = Exclude<ElectionInput['kind'], (typeof KINDS)[number]>;
/** Else an input is left out. */
const isComplete: Missing extends never ? true : false = true;

const inputs: fc.Arbitrary<ElectionInput> = fc
  .tuple(fc.constantFrom(...KINDS), fc.nat({ max: 9 }), fc.boolean())
  .map(([kind, term, isNext]) => (kind === 'took-over' ? { kind, term } : kind === 'writer-gone' ? { kind, isNext } : { kind }));

/** What holds after each step, whatever came in. */
function expectSound(before: ElectionState, input: ElectionInput, after: ElectionState, effects: readonly ElectionEffect[]): void {
  const kinds = effects.map(({ kind }) => kind);
  expect(new Set(kinds).size, 'no effect twice').toBe(kinds.length);
  const great = kinds.filter((kind) => kind === 'try-lock' || kind === 'take-over' || kind === 'step-down' || kind === 'lead');
  expect(great.length, 'one thing at a time').toBeLessThanOrEqual(1);
  if (kinds.includes('wait')) expect(great.filter((kind) => kind !== 'lead')).toEqual([]);
  if (kinds.includes('lead')) {
    const term = input.kind === 'took-over' ? input.term : undefined;
    expect([before.kind, after]).toEqual(['taking-over', { kind: 'leading', term }]);
    expect(effects).toContainEqual({ kind: 'lead', term });
  }
  if (after.kind === 'leading' && before.kind !== 'leading') expect(kinds).toContain('lead');
  if (after.kind === 'taking-over' && before.kind !== 'taking-over') expect([before.kind, input.kind]).toEqual(['following', 'granted']);
  expect(kinds.includes('take-over')).toBe(after.kind === 'taking-over' && before.kind !== 'taking-over');
  expect(kinds.includes('step-down')).toBe(after.kind === 'stepping-down' && before.kind !== 'stepping-down');
  if (kinds.includes('check-lock')) expect(after).toEqual(before);
  for (const effect of effects) if (effect.kind === 'wait') expectBounded(effect);
  if (before.kind === 'closed' || before.kind === 'abstaining')
    expect([after.kind, kinds]).toEqual([input.kind === 'close' ? 'closed' : before.kind, []]);
}

function expectBounded({ delayMs, jitter }: Extract<ElectionEffect, { kind: 'wait' }>): void {
  expect(delayMs).toBeGreaterThan(0);
  expect(delayMs).toBeLessThanOrEqual(Math.max(POLL_MS, COOL_DOWN_MAX_MS));
  expect(jitter).toBeLessThanOrEqual(1);
}

/** The shell as the machine sees it: what it was told to do and has not answered yet. It answers nothing that it was not asked. */
class Shell {
  state: ElectionState;
  #isTrying = false;
  #isTakingOver = false;
  #isSteppingDown = false;
  #hasTimer = false;
  #hasLock = false;

  constructor(canWrite: boolean) {
    this.state = initialElection(canWrite);
    this.feed({ kind: 'started' });
  }

  /** What could come next. */
  get possible(): readonly ElectionInput[] {
    return [
      ...(this.#isTrying ? ([{ kind: 'granted' }, { kind: 'denied' }] as const) : []),
      ...(this.#isTakingOver ? ([{ kind: 'took-over', term: 7 }, { kind: 'failed' }] as const) : []),
      ...(this.#isSteppingDown && !this.#isTakingOver ? ([{ kind: 'stepped-down' }] as const) : []),
      ...(this.#hasTimer ? ([{ kind: 'due' }] as const) : []),
      ...(this.state.kind === 'leading' ? ([{ kind: 'failed' }, { kind: 'robbed' }] as const) : []),
      { kind: 'writer-gone', isNext: true },
      { kind: 'writer-gone', isNext: false },
      { kind: 'writer-seen' },
      { kind: 'close' },
    ];
  }

  /** Only what was asked for comes, until there is nothing left. */
  rest(): void {
    for (let left = 10; this.#isTrying || this.#isTakingOver || this.#isSteppingDown; left--) {
      expect(left).toBeGreaterThan(0);
      this.feed(this.#isTrying ? { kind: 'denied' } : this.#isTakingOver ? { kind: 'failed' } : { kind: 'stepped-down' });
    }
  }

  feed(input: ElectionInput): void {
    if (input.kind === 'due') this.#hasTimer = false;
    if (input.kind === 'granted' || input.kind === 'denied') this.#isTrying = false;
    if (input.kind === 'granted') this.#hasLock = true;
    if (input.kind === 'took-over' || (input.kind === 'failed' && this.#isTakingOver)) this.#isTakingOver = false;
    if (input.kind === 'stepped-down') [this.#isSteppingDown, this.#hasLock] = [false, false];
    const before = this.state;
    const { state, effects } = elect(before, input);
    this.state = state;
    expectSound(before, input, state, effects);
    for (const effect of effects) this.#perform(effect);
    this.#expectOrderly();
  }

  #perform({ kind }: ElectionEffect): void {
    const isBusy = this.#isTakingOver || this.#isSteppingDown;
    switch (kind) {
      case 'try-lock':
        expect([isBusy, this.#hasLock], 'the lock is tried by who has nothing of the office').toEqual([false, false]);
        [this.#isTrying, this.#hasTimer] = [true, false];
        return;
      case 'take-over':
        expect([isBusy, this.#hasLock], 'a takeover needs the lock').toEqual([false, true]);
        this.#isTakingOver = true;
        return;
      case 'step-down':
        expect(this.#isSteppingDown, 'one end at a time').toBe(false);
        this.#isSteppingDown = true;
        return;
      case 'lead':
      case 'check-lock':
        return expect([isBusy, this.#hasLock], 'who leads has the lock').toEqual([false, true]);
      case 'wait':
        this.#hasTimer = true;
    }
  }

  #expectOrderly(): void {
    const { kind } = this.state;
    if (kind === 'closed' || kind === 'abstaining') return expect([this.#isTakingOver, this.#isSteppingDown]).toEqual([false, false]);
    // Whoever stands for election is never left with nothing to wake it.
    if (kind === 'following') expect(this.#isTrying || this.#hasTimer).toBe(true);
    if (kind === 'leading') expect(this.#hasTimer).toBe(true);
    if (kind === 'taking-over') expect(this.#isTakingOver).toBe(true);
    if (kind === 'stepping-down') expect(this.#isSteppingDown).toBe(true);
  }
}

describe('an election', () => {
  it('never contradicts itself, never leads without a grant and a takeover, and ends for good, whatever it is told', () => {
    expect(isComplete).toBe(true);
    fc.assert(
      fc.property(fc.boolean(), fc.array(inputs, { maxLength: 60 }), (canWrite, sequence) => {
        let state = initialElection(canWrite);
        for (const input of sequence) {
          const step = elect(state, input);
          expectSound(state, input, step.state, step.effects);
          state = step.state;
        }
      }),
      options,
    );
  });

  it('holds the lock before it does anything with it, lets go of it at each end, and is never left waiting for nothing', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.nat({ max: 1000 }), { maxLength: 80 }), (canWrite, choices) => {
        const shell = new Shell(canWrite);
        for (const choice of choices) {
          const { possible } = shell;
          const input = possible[choice % possible.length];
          if (input !== undefined) shell.feed(input);
        }
        shell.rest();
        shell.feed({ kind: 'close' });
        shell.rest();
        expect(shell.state.kind).toBe('closed');
      }),
      options,
    );
  });
});
