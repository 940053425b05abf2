/** What an older copy makes of what a newer one writes, and what nobody of us has written. */

import { expect, it } from 'vitest';
import { exchange, names, replicas } from './replicas.js';

async function two() {
  const all = replicas(2);
  const [older, newer] = all;
  if (older === undefined || newer === undefined) throw new Error('there are two');
  return { all, older, newer, library: await older.open() };
}

it('fields of a newer version stay where an older copy edits, duplicates and undoes', async () => {
  const { all, older, newer, library } = await two();
  await library.addMany([{ id: 'A', name: 'A' }]);
  exchange(all);
  const settings = newer.settings('edits');
  newer.doc.transact(() => {
    const presets = newer.doc.getMap('presets');
    presets.set('A', JSON.stringify({ ...(JSON.parse(String(presets.get('A'))) as object), colour: 'red' }));
    settings.set('loudness\nA', -14);
  });
  exchange(all);
  library.rename('A', 'B');
  library.undo();
  library.update('A', { rating: 3, tags: ['x'] });
  await library.addMany([{ id: 'A', name: 'C' }]);
  const copy = library.duplicate('A');
  exchange(all);
  for (const id of ['A', copy]) {
    expect(JSON.parse(String(newer.doc.getMap('presets').get(id)))).toMatchObject({ colour: 'red' });
    expect(settings.get(`loudness\n${id}`)).toBe(-14);
  }
  expect(older.doc.getMap('presets').size).toBe(2);
});

it('what is no preset is not shown and not touched, and a field that cannot be counts as not set', async () => {
  const { older, library } = await two();
  const presets = older.doc.getMap('presets');
  older.doc.transact(() => {
    presets.set('text', 'not JSON');
    presets.set('number', 7);
    presets.set('list', '[]');
    presets.set('odd', JSON.stringify({ name: 7, tags: ['x', 7], rating: 99, order: '-', body: { hash: 'no' }, extra: [] }));
  });
  const settings = older.settings('edits');
  older.doc.transact(() => {
    settings.set('name\nodd', { not: 'a text' });
    settings.set('favourite\nodd', 'yes');
    settings.set('tag\nodd', true);
    settings.set('name\nnobody', 'x');
    settings.set('junk', 1);
  });
  expect(library.list()).toEqual([
    expect.objectContaining({ id: 'odd', name: '', tags: ['x'], rating: 0, favourite: false, body: undefined, extra: {} }),
  ]);
  await library.addMany([{ id: 'B', name: 'B' }]);
  library.move('odd', { after: 'B' });
  expect(names(library)).toEqual(['B', '']);
  library.remove('odd');
  library.purge();
  expect([...presets.keys()].sort()).toEqual(['B', 'list', 'number', 'text']);
});
