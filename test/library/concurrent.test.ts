/** What people do at the same time, cut off from each other, and what all of them see afterwards. */

import { expect, it } from 'vitest';
import type { Library } from '../../src/library/index.js';
import { exchange, names, replicas } from './replicas.js';

type Open = Library<unknown>;

/** Two copies that both have A, B, C, D and E, and hear of each other no more until `meet`. */
async function two(): Promise<{ readonly a: Open; readonly b: Open; readonly meet: () => Promise<void> }> {
  const all = replicas(2);
  const [a, b] = await Promise.all(all.map((replica) => replica.open()));
  if (a === undefined || b === undefined) throw new Error('there are two');
  await a.addMany(['A', 'B', 'C', 'D', 'E'].map((name) => ({ id: name, name, body: { of: name } })));
  exchange(all);
  await Promise.all([a.ready(), b.ready()]);
  expect(b.list()).toEqual(a.list());
  return {
    a,
    b,
    async meet() {
      exchange(all);
      await Promise.all([a.ready(), b.ready()]);
      expect(b.list()).toEqual(a.list());
      expect(b.removed()).toEqual(a.removed());
    },
  };
}

it('of two names given at once one wins, everywhere', async () => {
  const { a, b, meet } = await two();
  a.rename('A', 'Alpha');
  b.rename('A', 'Alef');
  await meet();
  expect(['Alpha', 'Alef']).toContain(a.get('A')?.name);
});

it('a name and a category, given at once, both stay', async () => {
  const { a, b, meet } = await two();
  a.rename('A', 'Alpha');
  b.update('A', { category: 'Pads', rating: 4 });
  await meet();
  expect(a.get('A')).toMatchObject({ name: 'Alpha', category: 'Pads', rating: 4 });
});

it('tags of both stay, also where one replaces them all, and what one takes away goes', async () => {
  const { a, b, meet } = await two();
  a.tag(['A', 'B'], 'old');
  await meet();
  a.tag('A', ['warm', 'soft']);
  b.tag('A', 'dark');
  a.untag('B', 'old');
  b.update('B', { tags: ['old', 'new'] });
  await meet();
  expect(a.get('A')?.tags).toEqual(['dark', 'old', 'soft', 'warm']);
  expect(a.get('B')?.tags).toEqual(['new']);
});

it('an edit of what another removes is kept, and is there when it is restored', async () => {
  const { a, b, meet } = await two();
  a.remove('A');
  b.rename('A', 'Edited');
  await b.saveBody('A', { of: 'edit' });
  await meet();
  expect(names(a)).toEqual(['B', 'C', 'D', 'E']);
  expect(a.removed()).toEqual([expect.objectContaining({ name: 'Edited', isRemoved: true })]);
  a.restore('A');
  await meet();
  expect(names(b)).toEqual(['Edited', 'B', 'C', 'D', 'E']);
  await expect(a.body('A')).resolves.toEqual({ of: 'edit' });
});

it('an edit of what another purges is gone with it, and leaves nothing that comes back', async () => {
  const { a, b, meet } = await two();
  a.remove(['A', 'B']);
  a.purge('A');
  b.rename('A', 'Edited');
  await meet();
  expect(b.get('A')).toBeUndefined();
  b.purge();
  await meet();
  expect(await b.addMany([{ id: 'A', name: 'New' }])).toEqual([{ id: 'A', outcome: 'added' }]);
  await meet();
  expect(a.get('A')?.name).toBe('New');
});

it('equal names live side by side', async () => {
  const { a, b, meet } = await two();
  await a.add({ name: 'Init' });
  await b.add({ name: 'Init' });
  a.rename('A', 'Init');
  await meet();
  expect(names(a).filter((name) => name === 'Init')).toHaveLength(3);
});

it('blocks that both move to one place stay together, each in its order', async () => {
  const { a, b, meet } = await two();
  a.move(['C', 'E'], { after: 'A' });
  b.move(['D', 'B'], { after: 'A' });
  await meet();
  expect(['A,C,E,D,B', 'A,D,B,C,E']).toContain(names(a).join());
});

it('a preset that both move is where one of them put it, once, and the others keep their order', async () => {
  const { a, b, meet } = await two();
  a.move('A', { at: 'end' });
  b.move('A', { after: 'C' });
  await meet();
  expect(['B,C,D,E,A', 'B,C,A,D,E']).toContain(names(b).join());
});

it('between two that were moved to one place at once there is still room', async () => {
  const { a, b, meet } = await two();
  a.move('E', { after: 'A' });
  b.move('D', { after: 'A' });
  await meet();
  const [, second, third] = a.list();
  a.move('C', { after: String(second?.id) });
  await meet();
  expect(b.list().slice(1, 4)).toEqual([second, expect.objectContaining({ id: 'C' }), third]);
});

it('one id added by both is one preset', async () => {
  const { a, b, meet } = await two();
  await a.addMany([{ id: 'X', name: 'X', body: { v: 1 } }]);
  await b.addMany([{ id: 'X', name: 'X', body: { v: 1 } }]);
  a.setFavourite('X', true);
  await meet();
  expect(names(a).filter((name) => name === 'X')).toHaveLength(1);
  expect(a.get('X')).toMatchObject({ favourite: true, isComplete: true });
});

it('a storm of favourites ends with the last word of each on both sides', async () => {
  const { a, b, meet } = await two();
  const words: ReadonlyMap<Open, readonly string[]> = new Map([
    [a, ['A', 'B']],
    [b, ['C', 'D']],
  ]);
  for (let round = 0; round < 50; round++)
    for (const [library, ids] of words) for (const id of ids) library.setFavourite(id, round % 3 !== 0);
  await meet();
  expect(a.find({ favourite: true }).map(({ id }) => id)).toEqual(['A', 'B', 'C', 'D']);
});

it('undo takes back what this copy did and leaves what others did, also to the same preset', async () => {
  const { a, b, meet } = await two();
  a.rename('A', 'Mine');
  a.tag(['A', 'B'], 'mine');
  await meet();
  b.rename('B', 'Theirs');
  b.tag('A', 'theirs');
  await meet();
  expect(a.undo()).toBe(true);
  await meet();
  expect(b.get('A')).toMatchObject({ name: 'Mine', tags: ['theirs'] });
  expect(b.get('B')).toMatchObject({ name: 'Theirs', tags: [] });
  a.undo();
  a.undo();
  await meet();
  expect(names(b)).toEqual([]);
  a.redo();
  await meet();
  expect(names(b)).toEqual(['A', 'Theirs', 'C', 'D', 'E']);
});
