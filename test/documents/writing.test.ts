/** What the writer keeps open, and what it does not: groups in memory. */

import { afterEach, expect, test } from 'vitest';

import { DOCUMENT_LINGER_MS } from '../../src/documents/holdings.js';
import type { OpenDocument } from '../../src/documents/open-document.js';
import { Room } from '../group/room.js';
import type { Member, RoomJoinOptions } from '../group/room.js';

let room: Room;
let seed = 200;

async function group(...options: readonly RoomJoinOptions[]): Promise<Member[]> {
  room = new Room(++seed);
  const members: Member[] = [];
  for (const each of options) members.push(await room.run(room.join({ wait: 'synced', ...each })));
  return members;
}

afterEach(async () => {
  for (const member of room.members) await room.run(room.leave(member));
});

const open = (member: Member, name: string): Promise<OpenDocument> => room.run(member.instance.document(name));
const map = ({ doc }: OpenDocument) => doc.getMap<unknown>('map');
const set = (document: OpenDocument, key: string, value: unknown): void => document.transact(() => void map(document).set(key, value));
const peoples = ({ peer }: Member): string[] => peer.documentNames.filter((id) => id !== 'main' && !id.startsWith('~'));
const writerOf = (): Member => [...room.members].find(({ instance }) => instance.role === 'writer') as Member;

/** Notes which documents are read from the store. */
function watchLoads(member: Member): string[] {
  const loads: string[] = [];
  const load = member.store.load.bind(member.store);
  member.store.load = (document) => {
    loads.push(document);
    return load(document);
  };
  return loads;
}

test('documents that nobody has open cost the writer nothing but disk', async () => {
  const [writer, b] = (await group({}, {})) as [Member, Member];
  for (let index = 0; index < 50; index++) {
    const document = await open(b, `n${index}`);
    set(document, 'key', index);
    await room.run(document.close());
  }
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  expect(writer.peer.documentNames).toEqual(['main']);
  expect([...room.disk.documents.keys()].filter((id) => id.startsWith('n'))).toHaveLength(50);
  expect(writer.peer.synchronizer.state.documents.size).toBe(1);
  const document = await open(b, 'n7');
  expect(map(document).get('key')).toBe(7);
  expect(peoples(writer)).toEqual(['n7']);
});

test('a successor loads nothing that nobody holds, and goes on with what somebody does', async () => {
  const [writer, b, c] = (await group({}, {}, { canWrite: false })) as [Member, Member, Member];
  for (let index = 0; index < 20; index++) {
    const document = await open(b, `n${index}`);
    set(document, 'key', index);
    await room.run(document.close());
  }
  const held = await open(c, 'n3');
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  const loads = watchLoads(b);
  set(held, 'late', 1);
  room.kill(writer);
  const flushed = held.flush();
  expect(await room.run(flushed)).toEqual({ term: 2 });
  expect(writerOf()).toBe(b);
  expect(loads.filter((id) => id.startsWith('n'))).toEqual(['n3']);
  expect(peoples(b)).toEqual(['n3']);
  room.kill(b);
  room.kill(c);
  const next = await room.run(room.join({ wait: 'synced' }));
  expect(map(await open(next, 'n3')).toJSON()).toEqual({ key: 3, late: 1 });
  expect([...room.warnings]).toEqual([]);
});

test('the writer keeps a document while anybody has it, and lets it go when that one is lost', async () => {
  const [writer, b, c] = (await group({}, {}, {})) as [Member, Member, Member];
  const [mine] = [await open(b, 'notes'), await open(c, 'notes')];
  await room.run(mine.close());
  await room.clock.advance(4 * DOCUMENT_LINGER_MS);
  expect(peoples(writer)).toEqual(['notes']);
  expect(writer.instance.inspect().documents.find(({ name }) => name === 'notes')?.heldBy).toEqual([c.peer.id]);
  room.kill(c);
  await room.clock.advance(4 * DOCUMENT_LINGER_MS);
  expect(peoples(writer)).toEqual([]);
});

test('who writes no longer lets go of what only others had open', async () => {
  const [writer, b] = (await group({}, {})) as [Member, Member];
  const notes = await open(b, 'notes');
  set(notes, 'key', 1);
  await room.run(notes.flush());
  expect(peoples(writer)).toEqual(['notes']);
  // Who is robbed of the lock may be the first to have it again.
  for (let tries = 0; tries < 20 && writerOf() !== b; tries++) {
    room.disk.breakLock();
    await room.clock.advance(15_000);
  }
  expect(writerOf()).toBe(b);
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  expect([peoples(b), peoples(writer)]).toEqual([['notes'], []]);
  set(notes, 'later', 2);
  await room.run(notes.flush());
});

test('what a document is opened for in the moment in which it is being closed is there', async () => {
  const [, b] = (await group({}, {})) as [Member, Member];
  for (let round = 0; round < 20; round++) {
    const notes = await open(b, 'notes');
    expect(map(notes).size).toBe(round);
    set(notes, `key-${round}`, round);
    const closing = notes.close();
    const again = b.instance.document('notes');
    await room.clock.advance(round);
    await room.run(closing);
    const [found] = [await room.run(again)];
    expect(map(found).size).toBe(round + 1);
    await room.run(found.close());
  }
  expect([...room.warnings]).toEqual([]);
});

test('a document that is closed while somebody waits for its flush stays until that has come about', async () => {
  const [writer, b] = (await group({}, {})) as [Member, Member];
  const notes = await open(b, 'notes');
  const heal = room.network.partition(writer.peer.id, b.peer.id);
  set(notes, 'key', 1);
  const flushed = b.instance.flush();
  await room.run(notes.close());
  await room.clock.advance(2 * DOCUMENT_LINGER_MS);
  expect(peoples(b)).toEqual(['notes']);
  heal();
  await room.run(flushed);
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  expect(peoples(b)).toEqual([]);
  expect(room.disk.documents.has('notes')).toBe(true);
});
