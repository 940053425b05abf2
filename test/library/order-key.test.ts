/** Places: between any two there is another, and nobody else makes the same. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { isOrderKey, orderKeys } from '../../src/library/order-key.js';

const random = seededRandom(7);
const place = fc.array(fc.record({ at: fc.nat(), count: fc.integer({ min: 1, max: 150 }) }), { maxLength: 30 }).map((steps) => {
  const all: string[] = [];
  for (const { at, count } of steps) {
    const index = at % (all.length + 1);
    all.splice(index, 0, ...orderKeys(all[index - 1], all[index], { count, random }));
  }
  return all;
});

it('wherever blocks are put in, all ascend, and are places', () => {
  fc.assert(
    fc.property(place, (all) => {
      for (const [at, key] of all.entries()) {
        expect(isOrderKey(key)).toBe(true);
        if (at > 0) expect(key > String(all[at - 1])).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

it('stays short at both ends, and grows by a digit in five puts between two', () => {
  let [first, last, between] = orderKeys(undefined, undefined, { count: 3, random });
  for (let at = 0; at < 10_000; at++) [last] = orderKeys(last, undefined, { count: 1, random });
  for (let at = 0; at < 10_000; at++) [first] = orderKeys(undefined, first, { count: 1, random });
  expect(String(first).length + String(last).length).toBeLessThan(20);
  const high = last;
  for (let at = 0; at < 100; at++) [between] = orderKeys(between, high, { count: 1, random });
  expect(String(between).length).toBeLessThan(40);
});

it('two who put something into one gap make different places', () => {
  const [low, high] = orderKeys(undefined, undefined, { count: 2, random });
  const made = Array.from({ length: 1000 }, (_, seed) => String(orderKeys(low, high, { count: 1, random: seededRandom(seed) })[0]));
  expect(new Set(made).size).toBeGreaterThan(998);
});

it('blocks put into one gap by two do not mingle', () => {
  const [low, high] = orderKeys(undefined, undefined, { count: 2, random });
  const mine = orderKeys(low, high, { count: 100, random: seededRandom(1) });
  const theirs = orderKeys(low, high, { count: 100, random: seededRandom(2) });
  const merged = [...mine, ...theirs].sort();
  expect([
    [...mine, ...theirs],
    [...theirs, ...mine],
  ]).toContainEqual(merged);
});

it('knows places from other texts', () => {
  for (const text of ['', 'a', 'a00', 'b0', '0a', 'a-', 'é0', `A${'0'.repeat(26)}`, 7, undefined]) expect(isOrderKey(text)).toBe(false);
  for (const text of ['a0', 'Zz', 'b00', 'a0V']) expect(isOrderKey(text)).toBe(true);
});
