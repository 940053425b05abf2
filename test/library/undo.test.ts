/** Undo and redo, of each instance by itself. */

import { expect, it } from 'vitest';
import { UNDO_STEPS_MAX } from '../../src/library/limits.js';
import { names, replicas } from './replicas.js';

async function shared() {
  const [replica] = replicas(1);
  if (replica === undefined) throw new Error('there is one');
  const [mine, theirs] = [await replica.open(), await replica.open()];
  await theirs.addMany(['A', 'B', 'C'].map((name) => ({ id: name, name })));
  return { replica, mine, theirs };
}

it('instances of one process undo each their own', async () => {
  const { mine, theirs } = await shared();
  expect([mine.canUndo, theirs.canUndo]).toEqual([false, true]);
  mine.rename('A', 'Mine');
  theirs.rename('B', 'Theirs');
  expect(mine.undo()).toBe(true);
  expect(names(mine)).toEqual(['A', 'Theirs', 'C']);
  expect([mine.undo(), mine.canRedo, theirs.canRedo]).toEqual([false, true, false]);
  mine.redo();
  expect(names(theirs)).toEqual(['Mine', 'Theirs', 'C']);
});

it('many at once are one step', async () => {
  const { mine } = await shared();
  const before = mine.list();
  mine.setFavourite(['A', 'B', 'C'], true);
  mine.rate(['A', 'B'], 4);
  mine.tag(['A', 'C'], ['x', 'y']);
  mine.move(['C', 'B'], { at: 'start' });
  mine.remove(['A', 'B']);
  for (let step = 0; step < 5; step++) expect(mine.undo()).toBe(true);
  expect(mine.list()).toEqual(before);
  expect(mine.canUndo).toBe(false);
});

it('takes back bodies, duplicates, additions and purges', async () => {
  const { mine } = await shared();
  const id = await mine.add({ name: 'D' }, { body: { v: 1 } });
  await mine.saveBody(id, { v: 2 });
  mine.undo();
  await expect(mine.body(id)).resolves.toEqual({ v: 1 });
  mine.duplicate(id);
  mine.undo();
  expect(names(mine)).toEqual(['A', 'B', 'C', 'D']);
  mine.rate(id, 3);
  mine.remove(id);
  mine.purge();
  expect(mine.get(id)).toBeUndefined();
  mine.undo();
  expect(mine.removed()).toEqual([expect.objectContaining({ id, rating: 3 })]);
  for (let step = 0; step < 3; step++) mine.undo();
  expect(names(mine)).toEqual(['A', 'B', 'C']);
});

it('slices of one import are one step, as long as nothing comes in between', async () => {
  const { mine } = await shared();
  const step = {};
  await mine.addMany([{ id: '1', name: '1' }], { step });
  await mine.addMany([{ id: '2', name: '2' }], { step });
  mine.rename('A', 'Meanwhile');
  await mine.addMany([{ id: '3', name: '3' }], { step });
  await mine.addMany([{ id: '4', name: '4' }], { step });
  mine.undo();
  expect(names(mine)).toEqual(['Meanwhile', 'B', 'C', '1', '2']);
  mine.undo();
  mine.undo();
  expect(names(mine)).toEqual(['A', 'B', 'C']);
});

it('goes back a limited way, and what lies behind leaves nothing in the document', async () => {
  const { replica, mine } = await shared();
  const bytes = (): number => replica.whole().length;
  const before = bytes();
  const toggle = (times: number): void => {
    for (let at = 0; at < times; at++) mine.setFavourite(['A', 'B', 'C'].slice(0, 1 + (at % 3)), at % 2 === 0);
  };
  toggle(UNDO_STEPS_MAX);
  const full = bytes();
  toggle(3 * UNDO_STEPS_MAX);
  // What can still be undone is kept; the rest is not.
  expect(bytes() - before).toBeLessThan(1.2 * (full - before));
  let steps = 0;
  while (mine.undo()) steps++;
  expect(steps).toBe(UNDO_STEPS_MAX);
});
