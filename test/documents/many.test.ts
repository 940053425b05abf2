/** Ten thousand documents in a group: one of them costs what one costs. */

import { afterEach, expect, test } from 'vitest';

import { Room } from '../group/room.js';
import type { Member } from '../group/room.js';
import { MemoryStore } from '../../storage/memory-store.js';
import { fillStore, manyNames } from './full-store.js';

const MANY = 10_000;

let room: Room;

afterEach(async () => {
  for (const member of room.members) await room.run(room.leave(member));
});

/** Bytes that a follower gets while it opens one document of so many, and how many documents the two of them have open then. */
async function openOneOf(count: number): Promise<{ readonly bytesIn: number; readonly open: number; readonly loads: number }> {
  room = new Room(300);
  await room.run(fillStore(new MemoryStore(room.disk), manyNames(count)));
  const writer = await room.run(room.join({ wait: 'synced' }));
  const b = await room.run(room.join({ wait: 'synced' }));
  await room.clock.advance(3000);
  let loads = 0;
  const load = writer.store.load.bind(writer.store);
  writer.store.load = (document) => {
    loads++;
    return load(document);
  };
  const before = b.transport.traffic.bytesIn;
  const document = await room.run(b.instance.document('bank/7'));
  const bytesIn = b.transport.traffic.bytesIn - before;
  expect(document.doc.getMap('map').get('name')).toBe('bank/7');
  const open = writer.peer.documentNames.length + b.peer.documentNames.length;
  document.transact(() => document.doc.getMap('map').set('more', 1));
  await room.run(document.flush());
  expect(writer.store.lastRecord('bank/7')).toBe(2);
  return { bytesIn, open, loads };
}

test('opening one of 10,000 loads that one and its shelf, and no others', async () => {
  const { bytesIn, open, loads } = await openOneOf(MANY);
  expect({ open, loads }).toEqual({ open: 6, loads: 2 });
  // A sixteenth of the list of all.
  expect(bytesIn).toBeLessThan(40_000);
  const [, b] = [...room.members] as [Member, Member];
  expect((await room.run(b.instance.documents())).length).toBe(MANY);
});

test('opening one of ten costs the same, but for the shelf', async () => {
  expect(await openOneOf(10)).toMatchObject({ open: 6, loads: 2 });
});
