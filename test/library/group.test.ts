/** Libraries of real instances, over the network, disk and clock of `socomm/testing`. */

import { afterEach, expect, it } from 'vitest';
import { openLibrary } from '../../src/library/index.js';
import type { Library } from '../../src/library/index.js';
import { createTestGroup } from '../../src/testing.js';
import type { Instance, TestGroup } from '../../src/testing.js';

interface Patch {
  readonly cutoff: number;
}

let group: TestGroup | undefined;
afterEach(() => group?.close());

async function members(
  count: number,
): Promise<{ readonly room: TestGroup; readonly instances: Instance[]; readonly libraries: Library<Patch>[] }> {
  const room = createTestGroup({ seed: 11 });
  group = room;
  const instances: Instance[] = [];
  for (let at = 0; at < count; at++) instances.push(await room.join());
  const libraries = await room.run(Promise.all(instances.map((instance) => openLibrary<Patch>(instance))));
  return { room, instances, libraries };
}

/** Turns the clock until all are equal, and until all bodies were looked up. */
async function settled(room: TestGroup, libraries: readonly Library<Patch>[]): Promise<void> {
  await room.settled();
  await room.run(Promise.all(libraries.map((library) => library.ready())));
  for (const library of libraries) expect(library.list()).toEqual(libraries[0]?.list());
}

it('what one adds another plays', async () => {
  const { room, libraries } = await members(2);
  const [a, b] = libraries as [Library<Patch>, Library<Patch>];
  const id = await room.run(a.add({ name: 'Warm Pad' }, { body: { cutoff: 0.4 } }));
  await settled(room, libraries);
  expect(b.get(id)).toMatchObject({ name: 'Warm Pad', isComplete: true });
  await expect(room.run(b.body(id))).resolves.toEqual({ cutoff: 0.4 });
});

it('who were cut off from each other agree when they are not any more', async () => {
  const { room, instances, libraries } = await members(3);
  const [a, b] = libraries as [Library<Patch>, Library<Patch>];
  const id = await room.run(a.add({ name: 'A' }, { body: { cutoff: 1 } }));
  await settled(room, libraries);
  const [one, two, three] = instances as [Instance, Instance, Instance];
  const heal = [room.partition(one, two), room.partition(two, three)];
  a.rename(id, 'Alpha');
  a.tag(id, 'warm');
  a.remove(id);
  b.tag(id, 'dark');
  await room.run(b.saveBody(id, { cutoff: 2 }));
  const other = await room.run(b.add({ name: 'B' }, { body: { cutoff: 3 } }));
  for (const end of heal) end();
  await settled(room, libraries);
  expect(a.list().map((preset) => preset.id)).toEqual([other]);
  expect(b.removed()).toEqual([expect.objectContaining({ id, name: 'Alpha', tags: ['dark', 'warm'], isComplete: true })]);
  b.restore(id);
  await settled(room, libraries);
  await expect(room.run(a.body(id))).resolves.toEqual({ cutoff: 2 });
});

it('is there after everybody was killed, with its bodies', async () => {
  const { room, instances, libraries } = await members(2);
  const [a] = libraries as [Library<Patch>];
  await room.run(a.addMany(['A', 'B'].map((name, at) => ({ id: name, name, body: { cutoff: at } }))));
  a.setFavourite('B', true);
  await room.run((instances[0] as Instance).flush());
  await room.kill(...instances);
  const late = await room.run(openLibrary<Patch>(await room.join()));
  await room.run(late.ready());
  expect(late.list().map(({ id, favourite, isComplete }) => [id, favourite, isComplete])).toEqual([
    ['A', false, true],
    ['B', true, true],
  ]);
  await expect(room.run(late.body('B'))).resolves.toEqual({ cutoff: 1 });
});

it('ends with its instance, and not before those of others', async () => {
  const { room, instances, libraries } = await members(2);
  const [a, b] = libraries as [Library<Patch>, Library<Patch>];
  let closed = 0;
  a.on('closed', () => closed++);
  await room.run((instances[0] as Instance).close());
  expect([a.status, b.status, closed]).toEqual(['closed', 'open', 1]);
  expect(() => a.list()).toThrow(expect.objectContaining({ code: 'SOCOMM_CLOSED' }));
  await room.run(b.close());
  await expect(b.add({ name: 'late' })).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
});
