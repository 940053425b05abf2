/** Negative controls: the demo's checks must be able to fail. */

import { describe, expect, test } from 'vitest';

import { Ledger } from '../../src/cli/demo/ledger.js';
import type { Edit } from '../../src/cli/demo/messages.js';
import { CHECKS, Verdict } from '../../src/cli/demo/verdict.js';

const edit = (to: number): Edit => ({ preset: 'pad-amber-veil', change: 'rating', to, atMs: 12.5 });

function ledgerOf(...keys: readonly string[]): Ledger {
  const ledger = new Ledger();
  for (const [index, key] of keys.entries()) ledger.note(key, edit(index));
  return ledger;
}

describe('the ledger of acknowledged edits', () => {
  test('finds nothing to complain about where all is there, and does not mind more', () => {
    const found = { a: edit(0), b: edit(1), 'never acknowledged': edit(9) };
    expect(ledgerOf('a', 'b').compare(found)).toEqual({ acknowledged: 2, missing: [], changed: [] });
  });

  test('names an acknowledged edit that is missing', () => {
    expect(ledgerOf('a', 'b', 'c').compare({ a: edit(0), c: edit(2) })).toEqual({ acknowledged: 3, missing: ['b'], changed: [] });
  });

  test('names an acknowledged edit under which something else stands', () => {
    expect(ledgerOf('a', 'b').compare({ a: edit(0), b: edit(5) }).changed).toEqual(['b']);
  });

  test('is not taken in by what every object has', () => {
    expect(ledgerOf('constructor').compare({}).missing).toEqual(['constructor']);
  });

  test('refuses a key that was acknowledged before: it would prove nothing', () => {
    expect(() => ledgerOf('a', 'a')).toThrow(/used once/);
  });
});

describe('the verdict', () => {
  const allTrue = (): Verdict => {
    const verdict = new Verdict();
    for (const check of CHECKS) verdict.note({ check, isTrue: true, detail: '' });
    return verdict;
  };

  test('is good when every check was made and true', () => {
    expect(allTrue().report({})).toMatchObject({ isGood: true, unreached: [] });
  });

  test('is bad when one check is not true, also if it is true another time', () => {
    const verdict = allTrue();
    verdict.note({ check: 'eight peers met', isTrue: false, detail: 'seven' });
    verdict.note({ check: 'eight peers met', isTrue: true, detail: 'eight' });
    expect(verdict.report({}).isGood).toBe(false);
  });

  test('is bad when a check was never reached, and names it', () => {
    const verdict = new Verdict();
    for (const check of CHECKS.slice(1)) verdict.note({ check, isTrue: true, detail: '' });
    expect(verdict.report({})).toMatchObject({ isGood: false, unreached: [CHECKS[0]] });
  });
});
