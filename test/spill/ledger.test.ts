/** What counts as durable, and so is left out of a spill: only what a writer has vouched for. Rules: the head of src/spill/ledger.ts. */

import { beforeEach, describe, expect, it } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import { Ledger } from '../../src/spill/ledger.js';
import type { Standing } from '../../src/spill/ledger.js';

const SELF = 'self' as PeerId;
const everybody = (): boolean => true;

let ledger: Ledger;
let changes: number;

beforeEach(() => {
  ledger = new Ledger(SELF);
  changes = 0;
});

interface Told extends Partial<Omit<Standing, 'vector' | 'stored' | 'stateVector'>> {
  /** The numbers that the replica holds. */
  readonly has: Readonly<Record<string, number>>;
  /** The numbers that the writer has confirmed. */
  readonly stored?: Readonly<Record<string, number>>;
  /** Stands for the state vector. */
  readonly state: number;
}

function look({ has, stored = {}, state, ...rest }: Told): void {
  const numbers = (of: Readonly<Record<string, number>>): ReadonlyMap<PeerId, number> => new Map(Object.entries(of) as [PeerId, number][]);
  const standing = { term: 1, changes: ++changes, hasPending: false, changedAt: 0, ...rest };
  ledger.look({ ...standing, vector: numbers(has), stored: numbers(stored), stateVector: () => Uint8Array.of(state) });
}

const base = (): number => ledger.base[0] as number;

describe('the base', () => {
  it('is the whole until a writer has confirmed every number of a mark', () => {
    look({ has: { self: 1, other: 4 }, state: 10 });
    look({ has: { self: 2, other: 4 }, stored: { self: 2, other: 3 }, state: 20 });
    expect(base()).toBe(0);
    look({ has: { self: 2, other: 4 }, stored: { self: 2, other: 4 }, state: 20 });
    expect(base()).toBe(20);
    expect(ledger.isCovered).toBe(true);
  });

  it('is that of the newest mark that is confirmed, though something newer is not', () => {
    look({ has: { self: 1 }, state: 10 });
    look({ has: { self: 2 }, stored: { self: 1 }, state: 20 });
    expect(base()).toBe(10);
    expect(ledger.isCovered).toBe(false);
  });

  it('holds what an earlier writer confirmed, and another has not spoken of yet', () => {
    look({ has: { self: 1, other: 1 }, stored: { other: 1 }, state: 10 });
    look({ has: { self: 1, other: 1 }, stored: {}, term: 0, state: 10 });
    look({ has: { self: 1, other: 1 }, stored: { self: 1 }, term: 2, state: 10 });
    expect(base()).toBe(10);
  });

  it('is never taken while something is pending, for the numbers claim what is not there', () => {
    look({ has: { other: 1 }, stored: { other: 1 }, hasPending: true, state: 10 });
    expect(base()).toBe(0);
  });
});

describe('what came without numbers', () => {
  it('from the writer is durable when the same writer confirms a number of ours that was given afterwards, and not before', () => {
    ledger.doubt({ term: 1, ownSeq: 1 });
    look({ has: { self: 1 }, stored: { self: 1 }, state: 10 });
    expect(base()).toBe(0);
    look({ has: { self: 2 }, stored: { self: 2 }, state: 20 });
    expect(base()).toBe(20);
  });

  it('from a writer of the past stays in doubt: its successor may never have had it', () => {
    ledger.doubt({ term: 1, ownSeq: 0 });
    look({ has: { self: 1 }, stored: { self: 1 }, term: 2, state: 10 });
    expect(base()).toBe(0);
  });

  it('from anybody else stays in doubt, and so does what the writer sends after it', () => {
    ledger.doubt({ term: 0, ownSeq: 0 });
    ledger.doubt({ term: 1, ownSeq: 0 });
    look({ has: { self: 1 }, stored: { self: 1 }, state: 10 });
    expect(base()).toBe(0);
  });

  it('is durable, whoever sent it, when we write ourselves and our store has what came after', () => {
    ledger.doubt({ term: 0, ownSeq: 3 });
    ledger.lead({ term: 2, ownSeq: 3 });
    look({ has: { self: 3 }, stored: { self: 3 }, term: 2, state: 10 });
    expect(base()).toBe(0);
    look({ has: { self: 4 }, stored: { self: 4 }, term: 2, state: 20 });
    expect(base()).toBe(20);
  });

  it('is in doubt, too, when a number is forgotten before it was confirmed', () => {
    look({ has: { self: 1, other: 1 }, state: 10 });
    look({ has: { self: 1 }, stored: { self: 1 }, state: 10 });
    look({ has: { self: 2 }, stored: { self: 2 }, state: 20 });
    expect(base()).toBe(0);
  });

  it('is in no doubt when a number is forgotten that was confirmed', () => {
    look({ has: { self: 1, other: 1 }, stored: { other: 1 }, state: 10 });
    look({ has: { self: 1 }, stored: { self: 1 }, state: 20 });
    expect(base()).toBe(20);
  });
});

describe('what is to be spilled', () => {
  it('is what is neither confirmed nor was ever spilled, of those who are our business', () => {
    look({ has: { self: 1, writer: 1 }, stored: { writer: 1 }, changedAt: 5, state: 10 });
    expect(ledger.isUnsaved(4, everybody)).toBe(false);
    expect(ledger.isUnsaved(5, everybody)).toBe(true);
    expect(ledger.isUnsaved(5, (peer) => peer !== SELF)).toBe(false);
    ledger.noteSpilled(ledger.inSpill);
    expect(ledger.isUnsaved(5, everybody)).toBe(false);
    look({ has: { self: 2, writer: 1 }, stored: { writer: 1 }, changedAt: 6, state: 20 });
    expect(ledger.isUnsaved(6, everybody)).toBe(true);
  });

  it('stays in the spill until all of it is confirmed, also what the engine has forgotten', () => {
    look({ has: { self: 1, other: 1 }, state: 10 });
    ledger.noteSpilled(ledger.inSpill);
    for (let count = 0; count < 20; count++) look({ has: { self: 1 }, stored: { self: 1 }, state: 20 });
    expect(ledger.isSpillCovered).toBe(false);
    ledger.noteSpillGone();
    expect(ledger.isSpillCovered).toBe(true);
  });
});
