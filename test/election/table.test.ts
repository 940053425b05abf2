/** What each state of an election does with each input, as the table of docs/ELECTION.md has it. The compiler asks for each cell. */

import { describe, expect, test } from 'vitest';

import { QUICK_TRIES_MS, elect } from '../../src/election/election.js';
import type { ElectionInput, ElectionState } from '../../src/election/election.js';

const TRIES_OVER = QUICK_TRIES_MS.length;

const states = {
  abstaining: { kind: 'abstaining' },
  following: { kind: 'following', tries: TRIES_OVER, failures: 0 },
  'following, after a failure': { kind: 'following', tries: TRIES_OVER, failures: 2 },
  'taking-over': { kind: 'taking-over', failures: 0 },
  leading: { kind: 'leading', term: 3 },
  'stepping-down': { kind: 'stepping-down', failures: 1, isClosing: false },
  'stepping-down, unfailed': { kind: 'stepping-down', failures: 0, isClosing: false },
  'stepping-down, closing': { kind: 'stepping-down', failures: 1, isClosing: true },
  closed: { kind: 'closed' },
} as const satisfies Readonly<Record<ElectionState['kind'], ElectionState>> & Readonly<Record<string, ElectionState>>;

const inputs: { readonly [Kind in ElectionInput['kind']]: Extract<ElectionInput, { kind: Kind }> } = {
  started: { kind: 'started' },
  due: { kind: 'due' },
  granted: { kind: 'granted' },
  denied: { kind: 'denied' },
  'writer-gone': { kind: 'writer-gone', isNext: true },
  'writer-seen': { kind: 'writer-seen' },
  'took-over': { kind: 'took-over', term: 4 },
  failed: { kind: 'failed' },
  robbed: { kind: 'robbed' },
  'stepped-down': { kind: 'stepped-down' },
  close: { kind: 'close' },
};

type Row = { readonly [Kind in ElectionInput['kind']]: string };

const NOTHING: Row = {
  started: '·',
  due: '·',
  granted: '·',
  denied: '·',
  'writer-gone': '·',
  'writer-seen': '·',
  'took-over': '·',
  failed: '·',
  robbed: '·',
  'stepped-down': '·',
  close: '·',
};

const FOLLOWING: Row = {
  started: 'try-lock',
  due: 'try-lock',
  granted: 'take-over › taking-over',
  denied: 'wait',
  'writer-gone': 'try-lock › following',
  'writer-seen': 'wait',
  'took-over': '·',
  failed: '·',
  robbed: '·',
  'stepped-down': '·',
  close: '› closed',
};

const STEPPING_DOWN: Row = {
  ...NOTHING,
  'writer-seen': '› stepping-down, unfailed',
  'stepped-down': 'wait › following',
  close: '› stepping-down',
};

/** Effects in order, and where it changes the state that follows; `·` where nothing happens. */
const table: { readonly [State in keyof typeof states]: Row } = {
  abstaining: { ...NOTHING, close: '› closed' },
  following: FOLLOWING,
  'following, after a failure': { ...FOLLOWING, 'writer-gone': '·', 'writer-seen': 'wait › following' },
  'taking-over': {
    ...NOTHING,
    'took-over': 'lead + wait › leading',
    failed: 'step-down › stepping-down',
    close: 'step-down › stepping-down, closing',
  },
  leading: {
    ...NOTHING,
    due: 'wait + check-lock',
    'writer-seen': 'check-lock',
    failed: 'step-down › stepping-down',
    robbed: 'step-down › stepping-down, unfailed',
    close: 'step-down › stepping-down, closing',
  },
  'stepping-down': { ...STEPPING_DOWN, close: '› stepping-down, closing' },
  'stepping-down, unfailed': {
    ...STEPPING_DOWN,
    'writer-seen': '·',
    'stepped-down': 'try-lock › following',
    close: '› stepping-down, closing',
  },
  'stepping-down, closing': { ...STEPPING_DOWN, 'writer-seen': '› stepping-down, closing', 'stepped-down': '› closed', close: '·' },
  closed: NOTHING,
};

function nameOf(state: ElectionState): string {
  if (state.kind !== 'stepping-down') return state.kind;
  return state.isClosing ? 'stepping-down, closing' : state.failures === 0 ? 'stepping-down, unfailed' : 'stepping-down';
}

function cell(before: ElectionState, input: ElectionInput): string {
  const { state, effects } = elect(before, input);
  const told = effects.map(({ kind }) => kind).join(' + ');
  const follows = JSON.stringify(state) === JSON.stringify(before) ? '' : `› ${nameOf(state)}`;
  return told === '' && follows === '' ? '·' : [told, follows].filter((text) => text !== '').join(' ');
}

describe('an election does with each input what the table says,', () => {
  test.each(Object.keys(states) as (keyof typeof states)[])('when it is %s', (state) => {
    const row = Object.fromEntries(Object.entries(inputs).map(([kind, input]) => [kind, cell(states[state], input)]));
    expect(row).toEqual(table[state]);
  });
});
