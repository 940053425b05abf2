/** Deleting documents, and what becomes of what a late peer wrote: groups in memory. */

import { afterEach, describe, expect, test } from 'vitest';

import { shelfOf } from '../../src/documents/document-name.js';
import type { OpenDocument } from '../../src/documents/open-document.js';
import { DOCUMENT_LINGER_MS } from '../../src/documents/holdings.js';
import { SPILL_INTAKE_MS } from '../../src/spill/intake.js';
import { SPILL_AFTER_MS, SPILL_REVIEW_MS } from '../../src/spill/spiller.js';
import { Room } from '../group/room.js';
import type { Member, RoomJoinOptions } from '../group/room.js';

let room: Room;
let seed = 100;

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
const warningsOf = ({ peer }: Member): string[] => peer.warnings.kept.map(({ code }) => code);
const names = async (member: Member): Promise<string[]> =>
  (await room.run(member.instance.documents())).map(({ name, generation }) => `${name} ${generation}`);

test('who has it open is told, its handle refuses further work, and nothing of it stays on disk', async () => {
  const [a, b] = (await group({}, {})) as [Member, Member];
  const [mine, theirs] = [await open(a, 'notes'), await open(b, 'notes')];
  set(mine, 'key', 1);
  await room.run(theirs.flush());
  const heard: string[] = [];
  theirs.on('deleted', () => void heard.push('b'));
  theirs.on('closed', () => void heard.push('b closed'));
  mine.on('deleted', () => {
    heard.push('a');
    throw new Error('an application');
  });
  await room.run(a.instance.deleteDocument('notes'));
  await room.clock.advance(1000);
  expect(heard.toSorted()).toEqual(['a', 'b']);
  expect([mine.status, theirs.status]).toEqual(['deleted', 'deleted']);
  expect(() => set(theirs, 'key', 2)).toThrow(expect.objectContaining({ code: 'SOCOMM_DOCUMENT_DELETED' }));
  await expect(theirs.flush()).rejects.toMatchObject({ code: 'SOCOMM_DOCUMENT_DELETED' });
  expect([...room.disk.documents.keys()].filter((id) => !id.startsWith('~catalogue'))).toEqual([]);
  expect(await names(b)).toEqual([]);
  await room.run(theirs.close());
  expect(heard.at(-1)).toBe('b closed');
  expect([...room.warnings.keys()]).toEqual(['listener-threw']);
});

test('the name can be used again at once, for a new document that has nothing of the old one', async () => {
  const [a, b] = (await group({}, {})) as [Member, Member];
  for (const generation of [1, 2, 3]) {
    const notes = await open(a, 'notes');
    expect(map(notes).size).toBe(0);
    set(notes, 'key', generation);
    const theirs = await open(b, 'notes');
    expect(map(theirs).get('key')).toBe(generation);
    expect(await names(b)).toEqual([`notes ${generation}`]);
    await room.run(b.instance.deleteDocument('notes'));
  }
  await room.clock.advance(1000);
  expect(room.warnings.get('late-edits-set-aside')).toBeUndefined();
  expect([...room.disk.documents.keys()].filter((id) => id.startsWith('notes'))).toEqual([]);
});

test('that two delete it at once is as if one had, and what is not there is deleted already', async () => {
  const [a, b] = (await group({}, {})) as [Member, Member];
  await (await open(a, 'notes')).close();
  await room.run(Promise.all([a.instance.deleteDocument('notes'), b.instance.deleteDocument('notes')]));
  await room.run(a.instance.deleteDocument('never'));
  await (await open(b, 'notes')).close();
  expect(await names(a)).toEqual(['notes 2']);
  await expect(a.instance.deleteDocument('main')).rejects.toThrow(/'main' cannot be deleted/);
  await expect(a.instance.deleteDocument('~')).rejects.toThrow(TypeError);
});

test('a peer that was cut off and wrote meanwhile cannot bring it back: what it wrote is set aside, and it is told', async () => {
  const [a, b, late] = (await group({}, {}, {})) as [Member, Member, Member];
  const notes = await open(late, 'notes');
  set(notes, 'stored', 1);
  await room.run(notes.flush());
  const cuts = [a, b].map((other) => room.network.partition(other.peer.id, late.peer.id));
  await room.run(a.instance.deleteDocument('notes'));
  set(notes, 'late', 2);
  await room.clock.advance(200);
  expect(notes.status).toBe('open');
  for (const heal of cuts) heal();
  await room.clock.advance(3 * SPILL_INTAKE_MS);
  expect(notes.status).toBe('deleted');
  expect(warningsOf(late)).toContain('late-edits-set-aside');
  expect(room.disk.documents.has('notes')).toBe(false);
  expect(room.disk.bundlesIn('spill')).toEqual([]);
  expect(map(await open(late, 'notes')).size).toBe(0);
});

test('who goes on with a deleted document as if nothing had happened is not listened to by the writer', async () => {
  const [a, stubborn] = (await group({}, {})) as [Member, Member];
  // Without the catalogue, as no copy of ours would.
  stubborn.peer.openDocument('notes');
  await room.run((await open(a, 'notes')).close());
  await room.run(a.instance.deleteDocument('notes'));
  await open(a, 'notes');
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  for (let times = 0; times < 5; times++) {
    stubborn.peer.replica('notes').doc.getMap('map').set('key', times);
    await room.clock.advance(1000);
  }
  expect(a.peer.documentNames).not.toContain('notes');
  expect(room.disk.documents.has('notes')).toBe(false);
});

test('what a peer spilled of a document that is deleted by now is set aside, not taken in', async () => {
  const [a, late] = (await group({}, {})) as [Member, Member];
  const notes = await open(late, 'notes');
  set(notes, 'stored', 1);
  await room.run(notes.flush());
  room.network.partition(a.peer.id, late.peer.id);
  set(notes, 'late', 2);
  late.instance.transact(() => late.instance.doc.getMap('map').set('late', 3));
  await room.clock.advance(SPILL_AFTER_MS + 2 * SPILL_REVIEW_MS);
  expect(room.disk.bundlesIn('spill')).toHaveLength(1);
  room.kill(late);
  await room.run(a.instance.deleteDocument('notes'));
  await room.clock.advance(3 * SPILL_INTAKE_MS);
  expect(room.disk.bundlesIn('spill')).toEqual([]);
  expect(warningsOf(a).filter((code) => code === 'late-edits-set-aside')).toHaveLength(1);
  expect(a.instance.doc.getMap('map').get('late')).toBe(3);
  expect(room.disk.documents.has('notes')).toBe(false);
});

describe('a writer that is killed', () => {
  test('in the moment of the deletion leaves the rest to the next one', async () => {
    const [writer, b] = (await group({}, {})) as [Member, Member];
    const notes = await open(b, 'notes');
    set(notes, 'key', 1);
    await room.run(notes.flush());
    await room.run(notes.close());
    await room.clock.advance(3 * DOCUMENT_LINGER_MS);
    // The removal waits for a disk that is gone before it is done.
    writer.store.remove = () => new Promise(() => undefined);
    await room.run(b.instance.deleteDocument('notes'));
    expect(room.disk.documents.has('notes')).toBe(true);
    room.kill(writer);
    await room.clock.advance(10_000);
    expect(b.instance.role).toBe('writer');
    expect(room.disk.documents.has('notes')).toBe(false);
  });

  test.each([500, 1500, 2500, 3500, 4500])(
    '%i ms after a deletion leaves it done or undone, whatever was on its way to the disk',
    async (killedAfterMs) => {
      const [writer, b] = (await group({}, { canWrite: false })) as [Member, Member];
      const notes = await open(b, 'notes');
      set(notes, 'key', 1);
      await room.run(notes.flush());
      room.diskDelayLeastMs = 1000;
      // A batch is under way when the word of the deletion comes.
      writer.instance.transact(() => writer.instance.doc.getMap('map').set('key', 1));
      await room.clock.advance(10);
      b.instance.deleteDocument('notes').catch(() => undefined);
      await room.clock.advance(killedAfterMs);
      expect(notes.status).toBe('deleted');
      room.kill(writer);
      room.kill(b);
      room.diskDelayLeastMs = 0;
      const next = await room.run(room.join({ wait: 'synced' }));
      const found = await names(next);
      if (found.length > 0) expect(map(await open(next, 'notes')).toJSON()).toEqual({ key: 1 });
      expect(found).toEqual(killedAfterMs < 2000 ? ['notes 1'] : []);
    },
  );
});

test('who opens a document that is deleted in that very moment gets the next one, whichever moment that is', async () => {
  const [a, b] = (await group({}, {})) as [Member, Member];
  for (const member of [a, b]) {
    for (let turns = 0; turns < 40; turns++) {
      const name = `${member === a ? 'a' : 'b'}${turns}`;
      await (await open(member, name)).close();
      const opening = member.instance.document(name);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const [document] = await room.run(Promise.all([opening, member.instance.deleteDocument(name)]));
      const again = document.status === 'open' ? document : await open(member, name);
      set(again, 'key', turns);
      expect(await names(member)).toEqual([`${name} 2`]);
      await room.run(again.close());
      await room.run(member.instance.deleteDocument(name));
    }
  }
});

test.each(Array.from({ length: 12 }, (_, turns) => turns))(
  'who is handed a document that is deleted %s turns after it came has the next one, or hears of it',
  async (turns) => {
    const [a] = (await group({})) as [Member];
    const { documents } = a.peer;
    const open = documents.open.bind(documents);
    documents.open = async (...given) => {
      const opened = await open(...given);
      documents.open = open;
      void (async () => {
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        documents.catalogue.shelf(shelfOf('notes'))?.noteDeleted(opened.id);
      })();
      return opened;
    };
    const notes = await room.run(a.instance.document('notes', { schema: { version: 1 } }));
    await room.clock.advance(10);
    if (notes.status === 'open') set(notes, 'key', 1);
    expect(await names(a)).toEqual(notes.status === 'open' ? ['notes 2'] : []);
  },
);

test('what a foreign hand writes into the catalogue deletes neither main nor what lies on another shelf', async () => {
  const [a, b] = (await group({}, {})) as [Member, Member];
  a.instance.transact(() => void a.instance.doc.getMap('map').set('key', 1));
  const [notes, other] = [await open(a, 'notes'), await open(a, 'other')];
  for (const document of [notes, other]) set(document, 'key', 1);
  await room.run(a.instance.flush());
  const shelf = b.peer.documents.holdings.hold(shelfOf('notes')).id;
  await room.clock.advance(100);
  for (const id of ['main', 'other', '~memory/notes', shelf, 'notes~1', 'notes~x', ''])
    b.peer.replica(shelf).doc.getMap('deleted').set(id, true);
  await room.clock.advance(1000);
  expect([notes.status, other.status]).toEqual(['open', 'open']);
  expect(room.disk.documents.has('main') && room.disk.documents.has(shelf) && room.disk.documents.has('other')).toBe(true);
  expect(await names(a)).toEqual(['notes 1', 'other 1']);
});
