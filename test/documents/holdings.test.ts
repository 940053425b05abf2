/** What is open for others, by what they are known to hold: nothing stays open because of a word whose end nobody tells. */

import { expect, test } from 'vitest';

import { VirtualClock } from '../../src/base/virtual-clock.js';
import { DOCUMENTS_UNCOUNTED_MAX, DOCUMENT_LINGER_MS, Holdings } from '../../src/documents/holdings.js';

function scene() {
  const clock = new VirtualClock();
  const open = new Set<string>();
  const holders = new Map<string, number>();
  const holdings = new Holdings({
    clock,
    open: (id) => void open.add(id),
    close: (id) => void open.delete(id),
    isDeleted: () => false,
    othersHolding: (id) => holders.get(id) ?? 0,
    makeSafe: () => Promise.resolve(true),
    isFlushing: () => false,
    setAside: () => undefined,
  });
  return { clock, open, holders, holdings };
}

test('what is wanted by one who is not known to hold it is closed a while after it was wanted last', async () => {
  const { clock, open, holdings } = scene();
  holdings.wanted('notes');
  await clock.advance(DOCUMENT_LINGER_MS - 1);
  holdings.wanted('notes');
  await clock.advance(DOCUMENT_LINGER_MS - 1);
  expect([...open]).toEqual(['notes']);
  await clock.advance(1);
  expect([...open]).toEqual([]);
});

test('what was given back before it was opened does not stay open', async () => {
  const { clock, open, holders, holdings } = scene();
  const names = Array.from({ length: 100 }, (_, index) => `d${index}`);
  for (const name of names) {
    holders.set(name, 1);
    holdings.wanted(name);
  }
  // Opened in slices; what is not open yet is given back without a further word.
  await Promise.resolve();
  expect(open.size).toBeLessThan(names.length);
  holders.clear();
  for (const name of open) holdings.unheld(name);
  await clock.advance(2 * DOCUMENT_LINGER_MS);
  expect([...open]).toEqual([]);
});

test('of those so many are open at once, and the others when they are wanted again', async () => {
  const { clock, open, holders, holdings } = scene();
  for (let index = 0; index < DOCUMENTS_UNCOUNTED_MAX + 50; index++) holdings.wanted(`d${index}`);
  holders.set('held', 1);
  holdings.wanted('held');
  await clock.advance(100);
  expect(open.size).toBe(DOCUMENTS_UNCOUNTED_MAX + 1);
  expect(open.has('held')).toBe(true);
  await clock.advance(DOCUMENT_LINGER_MS);
  holdings.wanted(`d${DOCUMENTS_UNCOUNTED_MAX}`);
  await clock.advance(1);
  expect([...open].sort()).toEqual([`d${DOCUMENTS_UNCOUNTED_MAX}`, 'held']);
});
