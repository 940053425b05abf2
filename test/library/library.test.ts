/** What a library does for one instance, and for several of one process. */

import { expect, it, vi } from 'vitest';
import { boxOfBlobs, names, replicas } from './replicas.js';
import type { BoxOfBlobs, Replica } from './replicas.js';

function alone(blobs: BoxOfBlobs = boxOfBlobs()): Replica {
  const [replica] = replicas(1, blobs);
  if (replica === undefined) throw new Error('there is one');
  return replica;
}

async function one() {
  const replica = alone();
  return { replica, library: await replica.open() };
}

it('adds presets in order, with what goes without saying left out', async () => {
  const { library } = await one();
  const bass = await library.add({ name: 'Deep Bass', tags: ['dark', 'bass', 'dark'] }, { body: { cutoff: 0.2 } });
  const pad = await library.add({ name: 'Warm Pad' }, { id: 'warm-pad' });
  expect(pad).toBe('warm-pad');
  expect(names(library)).toEqual(['Deep Bass', 'Warm Pad']);
  expect(library.size).toBe(2);
  expect(library.get(bass)).toMatchObject({ tags: ['bass', 'dark'], isComplete: true, source: 'user', rating: 0 });
  expect(library.get(pad)).toEqual({
    ...{ id: 'warm-pad', name: 'Warm Pad', category: '', author: '', tags: [], favourite: false, rating: 0, comment: '' },
    ...{ source: 'user', extra: {}, body: undefined, isComplete: false, isRemoved: false },
  });
  await expect(library.body(bass)).resolves.toEqual({ cutoff: 0.2 });
});

it('gives the same list and the same presets until something of them changes', async () => {
  const { library } = await one();
  const [a, b] = [await library.add({ name: 'A' }), await library.add({ name: 'B' })];
  const before = library.snapshot;
  expect(library.list()).toBe(before);
  const untouched = library.get(b);
  library.rename(a, 'A');
  expect(library.snapshot).toBe(before);
  library.rename(a, 'C');
  expect(library.snapshot).not.toBe(before);
  expect(library.get(b)).toBe(untouched);
  expect(Object.isFrozen(library.snapshot)).toBe(true);
});

it('tells what changed, once for each transaction, with the lists as they are afterwards', async () => {
  const { library } = await one();
  const told: unknown[] = [];
  library.on('changed', ({ added, updated, removed }) =>
    told.push({ added, updated: [...updated].map(([id, fields]) => [id, [...fields]]), removed, size: library.size }),
  );
  const a = await library.add({ name: 'A' }, { id: 'a' });
  const b = await library.add({ name: 'B' }, { id: 'b' });
  library.update(a, { name: 'A2', tags: ['x'], category: '' });
  library.setFavourite([a, b], true);
  library.move(b, { before: a });
  library.remove([a]);
  library.restore(a);
  expect(told).toEqual([
    { added: ['a'], updated: [], removed: [], size: 1 },
    { added: ['b'], updated: [], removed: [], size: 2 },
    { added: [], updated: [['a', ['name', 'tags']]], removed: [], size: 2 },
    {
      added: [],
      updated: [
        ['a', ['favourite']],
        ['b', ['favourite']],
      ],
      removed: [],
      size: 2,
    },
    { added: [], updated: [['b', ['order']]], removed: [], size: 2 },
    { added: [], updated: [], removed: ['a'], size: 1 },
    { added: ['a'], updated: [], removed: [], size: 2 },
  ]);
});

it('tells subscribers of another snapshot, and no more once they have left', async () => {
  const { library } = await one();
  const listener = vi.fn();
  const { subscribe } = library;
  const off = subscribe(listener);
  const id = await library.add({ name: 'A' });
  library.rename(id, 'B');
  expect(listener).toHaveBeenCalledTimes(2);
  off();
  library.rename(id, 'C');
  expect(listener).toHaveBeenCalledTimes(2);
});

it('keeps a listener that throws from everybody else, and tells the log', async () => {
  const replica = alone();
  const log = vi.fn();
  const library = await replica.open({ log });
  library.on('changed', () => {
    throw new Error('mine');
  });
  const heard = vi.fn();
  library.on('changed', heard);
  await library.add({ name: 'A' });
  expect(heard).toHaveBeenCalledTimes(1);
  expect(log.mock.calls).toEqual([[expect.objectContaining({ code: 'listener-threw' })]]);
});

it('moves one or many before, behind, to the start and to the end, in the order given', async () => {
  const { library } = await one();
  const [a, b, c, d] = await Promise.all(['A', 'B', 'C', 'D'].map((name) => library.add({ name }, { id: name })));
  library.move([String(c), String(a)], { after: String(d) });
  expect(names(library)).toEqual(['B', 'D', 'C', 'A']);
  library.move(String(a), { before: String(d) });
  expect(names(library)).toEqual(['B', 'A', 'D', 'C']);
  library.move(String(c), { at: 'start' });
  expect(names(library)).toEqual(['C', 'B', 'A', 'D']);
  library.move([String(b), String(c)], { at: 'end' });
  expect(names(library)).toEqual(['A', 'D', 'B', 'C']);
  // Beside one of those that move: where it was.
  library.move([String(d), String(b)], { before: String(d) });
  expect(names(library)).toEqual(['A', 'D', 'B', 'C']);
});

it('takes away a tag that it was added with', async () => {
  const { library } = await one();
  const id = await library.add({ name: 'A', tags: ['dark', 'warm'] });
  library.untag(id, 'dark');
  expect(library.get(id)?.tags).toEqual(['warm']);
  library.tag(id, 'dark');
  expect(library.find({ tags: ['dark', 'warm'] })).toHaveLength(1);
});

it('makes room between presets that another hand gave one place', async () => {
  const { library, replica } = await one();
  const presets = replica.doc.getMap('presets');
  replica.doc.transact(() => ['A', 'B', 'C', 'D'].forEach((id) => presets.set(id, JSON.stringify({ name: id, order: 'a5' }))));
  expect(names(library)).toEqual(['A', 'B', 'C', 'D']);
  library.move('D', { after: 'A' });
  expect(names(library)).toEqual(['A', 'D', 'B', 'C']);
});

it('adds at a place, and puts a duplicate behind its original', async () => {
  const { library } = await one();
  const a = await library.add({ name: 'A', favourite: true, rating: 5, source: 'factory', extra: { slot: 7 } }, { body: [1, 2] });
  const b = await library.add({ name: 'B' });
  await library.add({ name: 'Between' }, { place: { before: b } });
  const copy = library.duplicate(a, { name: 'A copy' });
  expect(names(library)).toEqual(['A', 'A copy', 'Between', 'B']);
  expect(library.get(copy)).toMatchObject({ favourite: false, rating: 0, source: 'user', extra: { slot: 7 }, isComplete: true });
  await expect(library.body(copy)).resolves.toEqual([1, 2]);
  await library.saveBody(copy, [3]);
  await expect(library.body(a)).resolves.toEqual([1, 2]);
});

it('keeps removed presets apart until they are restored or purged', async () => {
  const { library } = await one();
  const [a, b] = [await library.add({ name: 'A' }), await library.add({ name: 'B' })];
  library.remove([a, b]);
  expect(library.size).toBe(0);
  expect(library.list()).toEqual([]);
  expect(library.removed().map(({ name }) => name)).toEqual(['A', 'B']);
  expect(library.get(a)?.isRemoved).toBe(true);
  library.rename(a, 'A2');
  library.restore(a);
  expect(names(library)).toEqual(['A2']);
  expect(() => library.purge(a)).toThrow(TypeError);
  library.purge();
  expect(library.get(b)).toBeUndefined();
  expect(() => library.rename(b, 'x')).toThrow(expect.objectContaining({ code: 'SOCOMM_PRESET_UNKNOWN' }));
});

it('leaves nothing of a purged preset in the document', async () => {
  const { library, replica } = await one();
  const id = await library.add({ name: 'A' });
  library.rate(id, 3);
  library.tag(id, ['x', 'y']);
  library.remove(id);
  library.purge(id);
  expect([...replica.doc.getMap('presets').keys()]).toEqual([]);
  expect(replica.doc.getArray('settings:edits').length).toBe(0);
});

it('brings what is imported again to what is given, and writes nothing where nothing differs', async () => {
  const { library, replica } = await one();
  const entries = [
    { id: 'a', name: 'A', tags: ['y', 'x'], body: { cutoff: 1 } },
    { id: 'b', name: 'B', body: { cutoff: 2 } },
  ];
  expect(await library.addMany(entries, { isDryRun: true })).toEqual([
    { id: 'a', outcome: 'added' },
    { id: 'b', outcome: 'added' },
  ]);
  expect(library.size).toBe(0);
  await library.addMany(entries);
  replica.outbox.length = 0;
  library.setFavourite('a', true);
  expect(replica.outbox).toHaveLength(1);
  expect((await library.addMany(entries)).map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged']);
  expect(replica.outbox).toHaveLength(1);
  library.remove('b');
  const again = await library.addMany([{ id: 'a', name: 'A', body: { cutoff: 3 } }, { id: 'b', name: 'B' }, { name: 'C' }]);
  expect(again.map(({ outcome }) => outcome)).toEqual(['changed', 'changed', 'added']);
  expect(names(library)).toEqual(['A', 'B', 'C']);
  expect(library.get('a')).toMatchObject({ favourite: true, tags: ['x', 'y'] });
  await expect(library.body('a')).resolves.toEqual({ cutoff: 3 });
});

it('refuses what is wrong with the place of the mistake, and then has done nothing', async () => {
  const { library } = await one();
  const id = await library.add({ name: 'A' });
  const cases: readonly [() => unknown, RegExp][] = [
    [() => library.rename(id, ''), /name is empty/],
    [() => library.rename(id, 'a\nb'), /name has a control character/],
    [() => library.update(id, { rating: 6 }), /rating is a whole number from 0 to 5; got 6/],
    [() => library.rate(id, 2.5), /rating/],
    [() => library.tag(id, ['x', '']), /tags \[1\] is empty/],
    [() => library.update(id, { extra: { a: [1, undefined as never] } }), /extra holds what is not plain JSON, at \.a\[1\]/],
    [() => library.update(id, { colour: 'red' } as never), /no field 'colour'/],
    [() => library.move(id, { at: 'top' } as never), /a place is/],
    [() => library.find({ txt: 'x' } as never), /find\(\) knows no 'txt'/],
    [() => library.find({ limit: -1 }), /limit is a whole number/],
    [() => library.setFavourite([id, 7 as never], true), /id is a text; got number/],
  ];
  for (const [call, message] of cases) expect(call).toThrow(message);
  await expect(library.add({ name: 'B' }, { id })).rejects.toThrow(/already/);
  await expect(library.addMany([{ name: 'B' }, { name: 'C', body: { f: () => 1 } }])).rejects.toThrow(/entries\[1\].*f/);
  expect(() => library.setFavourite([id, 'nobody'], true)).toThrow(expect.objectContaining({ code: 'SOCOMM_PRESET_UNKNOWN' }));
  expect(library.list()).toEqual([expect.objectContaining({ name: 'A', favourite: false, tags: [] })]);
});

it('shares one index among the instances of a process, and goes on when the one that made it has left', async () => {
  const { library, replica } = await one();
  const other = await replica.open();
  const id = await library.add({ name: 'A' });
  expect(other.list()).toBe(library.list());
  const heard = vi.fn();
  other.on('changed', heard);
  await library.close();
  expect(() => library.list()).toThrow(expect.objectContaining({ code: 'SOCOMM_CLOSED' }));
  other.rename(id, 'B');
  expect(names(other)).toEqual(['B']);
  other.setFavourite(id, true);
  expect(heard).toHaveBeenCalledTimes(2);
  await other.close();
  const third = await replica.open();
  expect(third.get(id)).toMatchObject({ name: 'B', favourite: true });
});

it('leaves no observer on the document behind', async () => {
  const { library, replica } = await one();
  library.on('changed', () => undefined);
  await library.add({ name: 'A' });
  await library.close();
  const presets = replica.doc.getMap('presets');
  expect(presets._eH.l).toEqual([]);
  expect(replica.doc._observers.get('afterTransaction')?.size ?? 0).toBe(0);
});

it('is whole when ready, and says which bodies are missing', async () => {
  const blobs = boxOfBlobs();
  const replica = alone(blobs);
  const first = await replica.open();
  const entries = Array.from({ length: 1000 }, (_, at) => ({ id: `p${at}`, name: `P${at}`, body: { at } }));
  await first.addMany(entries);
  const lost = first.get('p7')?.body?.hash ?? '';
  blobs.contents.delete(lost);
  await first.close();
  const library = await replica.open();
  expect(library.get('p1')?.isComplete).toBe(false);
  await library.ready();
  expect(
    library
      .list()
      .filter(({ isComplete }) => !isComplete)
      .map(({ id }) => id),
  ).toEqual(['p7']);
  await expect(library.body('p7')).rejects.toMatchObject({ code: 'SOCOMM_BODY_MISSING' });
  const told: unknown[] = [];
  library.on('changed', ({ updated }) => told.push([...updated].map(([id, fields]) => [id, [...fields]])));
  blobs.contents.delete(library.get('p8')?.body?.hash ?? '');
  await expect(library.body('p8')).rejects.toMatchObject({ code: 'SOCOMM_BODY_MISSING' });
  expect(library.get('p8')?.isComplete).toBe(false);
  expect(told).toEqual([[['p8', ['isComplete']]]]);
});
