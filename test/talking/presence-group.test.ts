/** Presence through the whole library, over a made-up network and clock. */

import { expect, test } from 'vitest';

import { createTestGroup } from '../../src/testing.js';

test('everybody knows of everybody, newcomers at once, and nobody is shown who closed or was killed', async () => {
  const group = createTestGroup();
  const [a, b] = [await group.join(), await group.join()];
  for (const [index, { presence }] of [a, b].entries()) presence.set({ index });
  const c = await group.join();
  c.presence.set({ index: 2 });
  await group.run(c.presence.ready);
  for (const { presence } of [a, b, c]) void presence.all;
  await group.advance(200);
  for (const { presence } of [a, b, c]) {
    expect(new Map(presence.all)).toEqual(
      new Map([
        [a.id, { index: 0 }],
        [b.id, { index: 1 }],
        [c.id, { index: 2 }],
      ]),
    );
  }
  await group.run(a.close());
  await group.kill(b);
  await group.advance(200);
  expect([...c.presence.all.keys()]).toEqual([c.id]);
  await group.close();
});

test('who is cut off is hidden within three seconds, and shown again when it is back', async () => {
  const group = createTestGroup();
  const [a, b, c] = [await group.join(), await group.join(), await group.join()];
  a.presence.set({ name: 'a' });
  b.presence.set({ name: 'b' });
  const changes: string[] = [];
  c.presence.subscribe(({ added, removed }) => void changes.push(...added.map((id) => `+${id}`), ...removed.map((id) => `-${id}`)));
  await group.settled();
  await group.advance(1000);
  expect([...c.presence.all.keys()].sort((x, y) => x.localeCompare(y))).toEqual([a.id, b.id].sort((x, y) => x.localeCompare(y)));
  changes.length = 0;
  const heals = [a, c].map((other) => group.partition(b, other));
  await group.advance(3050);
  expect(changes).toEqual([`-${b.id}`]);
  for (const heal of heals) heal();
  await group.advance(3000);
  expect(changes).toEqual([`-${b.id}`, `+${b.id}`]);
  expect(c.presence.all.get(b.id)).toEqual({ name: 'b' });
  await group.close();
});
