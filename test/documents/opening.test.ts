/** Opening, sharing and closing documents: groups in memory. */

import { afterEach, describe, expect, test } from 'vitest';

import { shelfOf } from '../../src/documents/document-name.js';
import { DOCUMENT_LINGER_MS } from '../../src/documents/holdings.js';
import { DOCUMENT_FLUSH_MS } from '../../src/documents/leaving-document.js';
import { DOCUMENT_SILENCE_MS } from '../../src/documents/waiting-for-document.js';
import { Instance } from '../../src/instance.js';
import type { OpenDocument } from '../../src/documents/open-document.js';
import type { DocumentOptions } from '../../src/documents/document-options.js';
import { SPILL_INTAKE_MS } from '../../src/spill/intake.js';
import { Room } from '../group/room.js';
import type { Member, RoomJoinOptions } from '../group/room.js';

let room: Room;
let seed = 0;

async function group(...options: readonly RoomJoinOptions[]): Promise<Member[]> {
  room = new Room(++seed);
  const members: Member[] = [];
  for (const each of options) members.push(await room.run(room.join({ wait: 'synced', ...each })));
  return members;
}

afterEach(async () => {
  for (const member of room.members) await room.run(room.leave(member));
});

const open = (member: Member, name: string, options?: DocumentOptions): Promise<OpenDocument> =>
  room.run(member.instance.document(name, options));
const map = ({ doc }: OpenDocument) => doc.getMap<unknown>('map');
const set = (document: OpenDocument, key: string, value: unknown): void => document.transact(() => void map(document).set(key, value));
const sameShelf = (name: string): string => {
  for (let index = 0; ; index++) if (shelfOf(`other ${index}`) === shelfOf(name)) return `other ${index}`;
};
const openIds = ({ peer }: Member): readonly string[] => peer.documentNames.filter((id) => id !== 'main' && !id.startsWith('~catalogue'));

test('a document is the same for all who open its name, and comes back after everybody was gone', async () => {
  const [a, b] = (await group({}, {})) as [Member, Member];
  const mine = await open(a, 'bank/one');
  set(mine, 'key', 1);
  const theirs = await open(b, 'bank/one');
  expect(map(theirs).toJSON()).toEqual({ key: 1 });
  set(theirs, 'other', 2);
  expect(await room.run(theirs.flush())).toEqual({ term: 1 });
  await room.run(Promise.all([mine.close(), theirs.close()]));
  expect([mine.status, theirs.status]).toEqual(['closed', 'closed']);
  await room.run(room.leave(a));
  await room.run(room.leave(b));
  const c = await room.run(room.join({ wait: 'synced' }));
  expect(map(await open(c, 'bank/one')).toJSON()).toEqual({ key: 1, other: 2 });
  expect([...room.warnings]).toEqual([]);
});

test('a document that others have open is here after one way to the writer and back', async () => {
  const [a, b] = (await group({}, {})) as [Member, Member];
  set(await open(a, 'notes'), 'key', 1);
  room.network.latencyMs = 100;
  const before = room.clock.now();
  expect(map(await open(b, 'notes')).get('key')).toBe(1);
  // Both the shelf, which says what the name means, and the document.
  expect(room.clock.now() - before).toBeLessThan(2 * 2 * 100);
  // The shelf is here by now: it says at once what another of its names means.
  const other = sameShelf('notes');
  const first = await open(a, other);
  await room.run(first.close());
  await room.run(a.instance.deleteDocument(other));
  await room.clock.advance(1000);
  const opening = b.instance.document(other);
  expect(openIds(b)).not.toContain(other);
  await room.run(opening);
  expect(openIds(b)).toContain(`${other}~2`);
});

test('a name of which the first document was deleted leaves nothing of that one open', async () => {
  const [a, b] = (await group({}, {})) as [Member, Member];
  await open(a, 'notes');
  await room.run(a.instance.deleteDocument('notes'));
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  expect(openIds(a)).toEqual([]);
  const opening = b.instance.document('notes');
  expect(openIds(b)).toEqual(['notes']);
  const next = await room.run(opening);
  set(next, 'key', 1);
  await room.run(next.flush());
  expect([openIds(a), openIds(b)]).toEqual([['notes~2'], ['notes~2']]);
  await room.run(next.close());
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  expect([openIds(a), openIds(b)]).toEqual([[], []]);
  expect([...room.disk.documents.keys()].filter((id) => id.startsWith('notes'))).toEqual(['notes~2']);
  expect([...room.warnings]).toEqual([]);
});

test('who gives up opening a document leaves nothing of it open', async () => {
  const [a, b] = (await group({}, {})) as [Member, Member];
  await open(a, 'notes');
  const limit = new AbortController();
  const opening = b.instance.document('notes', { signal: limit.signal });
  expect(openIds(b)).toEqual(['notes']);
  limit.abort(new Error('too long'));
  await expect(opening).rejects.toThrow('too long');
  await room.clock.advance(2 * DOCUMENT_LINGER_MS);
  expect(b.peer.documentNames).toEqual(['main']);
});

test('documents are apart from each other and from main', async () => {
  const [a] = (await group({})) as [Member];
  const [one, two] = [await open(a, 'one'), await open(a, 'two')];
  set(one, 'key', 1);
  expect([map(two).size, a.instance.doc.getMap('map').size]).toEqual([0, 0]);
  const main = await open(a, 'main');
  expect(main.doc).toBe(a.instance.doc);
  await room.run(main.close());
  expect(a.instance.doc.getMap('map').size).toBe(0);
});

test('instances of one peer share the document, undo each their own, and the last one closes it', async () => {
  const [a] = (await group({})) as [Member];
  const other = new Instance(a.peer, () => Promise.resolve());
  const mine = await open(a, 'notes');
  const theirs = await room.run(other.document('notes'));
  expect(theirs.doc).toBe(mine.doc);
  const [undoMine, undoTheirs] = [mine.undo(map(mine)), theirs.undo(map(theirs))];
  set(mine, 'mine', 1);
  set(theirs, 'theirs', 2);
  undoMine.undo();
  expect(map(mine).toJSON()).toEqual({ theirs: 2 });
  undoTheirs.undo();
  expect(map(mine).toJSON()).toEqual({});
  await room.run(mine.close());
  expect(openIds(a)).toEqual(['notes']);
  await room.run(other.close());
  expect(theirs.status).toBe('closed');
  await room.clock.advance(10);
  expect(openIds(a)).toEqual([]);
});

test('who uses a closed document is told so, and a wrong event, name or option is a TypeError that says what would be right', async () => {
  const [a] = (await group({})) as [Member];
  const notes = await open(a, 'notes');
  expect(() => notes.on('opened' as 'closed', () => undefined)).toThrow(/it has deleted, closed/);
  expect(() => notes.on('closed', 5 as never)).toThrow(TypeError);
  let heard = 0;
  notes.on('closed', () => void heard++);
  await room.run(Promise.all([notes.close(), notes.close()]));
  expect(heard).toBe(1);
  expect(() => notes.transact(() => undefined)).toThrow(expect.objectContaining({ code: 'SOCOMM_CLOSED' }));
  expect(() => notes.settings('x')).toThrow(expect.objectContaining({ code: 'SOCOMM_CLOSED' }));
  await expect(notes.flush()).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
  await expect(notes.synced()).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
  const names = ['', ' a', 'a ', '~memory/a', 'a~2', 'ä', 'a\n', '-a', 'x'.repeat(129), 5, undefined, '/a'];
  for (const name of names) await expect(a.instance.document(name as string)).rejects.toThrow(/a document's name has 1 to 128 characters/);
  const wrong: readonly [unknown, RegExp][] = [
    [5, /the options of document\(\) are an object; got number/],
    [{ kep: 'store' }, /has no option 'kep'; it has keep, schema, wait, signal/],
    [{ keep: 'disk' }, /'keep' of document\(\) is 'store' or 'memory'; got 'disk'/],
    [{ wait: true }, /'wait' of document\(\) is 'synced' or 'none'/],
    [{ signal: 5 }, /signal is an AbortSignal/],
    [{ schema: 1 }, /'schema' is \{ version, migrate\? \}/],
    [{ schema: { version: 0 } }, /whole number from 1 on; got 0/],
    [{ schema: { version: 1, migrate: 1 } }, /schema.migrate is a function/],
    [{ schema: { version: 1 }, wait: 'none' }, /'schema' needs wait: 'synced'/],
  ];
  for (const [options, message] of wrong) await expect(a.instance.document('notes', options as DocumentOptions)).rejects.toThrow(message);
  await expect(a.instance.document('main', { keep: 'memory' })).rejects.toThrow(/'main' is kept on disk/);
  for (const name of ['a', '0', 'a b', 'com.acme/x:y@z_1-2', 'x'.repeat(128)]) await (await open(a, name)).close();
});

test('a listener that throws is told, and ends nothing', async () => {
  const [a] = (await group({})) as [Member];
  const notes = await open(a, 'notes');
  const heard: string[] = [];
  notes.on('closed', () => {
    throw new Error('an application');
  });
  notes.on('closed', () => void heard.push('closed'));
  await room.run(notes.close());
  expect(heard).toEqual(['closed']);
  expect(room.warnings.get('listener-threw')).toBe(1);
});

test('closing flushes what was written, and the writer lets the document go a while after its last holder', async () => {
  const [writer, b] = (await group({}, {})) as [Member, Member];
  const notes = await open(b, 'notes');
  set(notes, 'key', 1);
  await room.run(notes.close());
  expect(openIds(b)).toEqual([]);
  expect(openIds(writer)).toEqual(['notes']);
  expect(room.disk.documents.has('notes')).toBe(true);
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  expect(writer.peer.documentNames).toEqual(['main']);
  expect(b.peer.documentNames).toEqual(['main']);
  const again = await open(b, 'notes');
  expect(map(again).toJSON()).toEqual({ key: 1 });
  set(again, 'key', 2);
  await room.run(again.flush());
  expect([...room.warnings]).toEqual([]);
});

test('a document that is opened again is not spilled for what was durable before', async () => {
  const [writer, b] = (await group({}, {})) as [Member, Member];
  const notes = await open(b, 'notes');
  set(notes, 'key', 1);
  await room.run(notes.close());
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  await open(b, 'notes');
  room.network.partition(writer.peer.id, b.peer.id);
  await room.clock.advance(20_000);
  expect(room.disk.bundlesIn('spill')).toEqual([]);
});

test('where the writer does not answer, closing spills after a while, and the next writer has it', async () => {
  const [writer, b, c] = (await group({}, {}, {})) as [Member, Member, Member];
  const notes = await open(b, 'notes');
  set(notes, 'stored', 1);
  await room.run(notes.flush());
  const cuts = [room.network.partition(writer.peer.id, b.peer.id), room.network.partition(writer.peer.id, c.peer.id)];
  set(notes, 'late', 2);
  const before = room.clock.now();
  await room.run(notes.close());
  expect(room.clock.now() - before).toBeGreaterThanOrEqual(DOCUMENT_FLUSH_MS);
  expect(openIds(b)).toEqual([]);
  expect(room.disk.bundlesIn('spill')).toHaveLength(1);
  for (const heal of cuts) heal();
  await room.clock.advance(2 * SPILL_INTAKE_MS);
  expect(room.disk.bundlesIn('spill')).toEqual([]);
  expect(map(await open(c, 'notes')).toJSON()).toEqual({ stored: 1, late: 2 });
});

test('an instance that closes gives its documents back and loses nothing of them', async () => {
  const [writer, b] = (await group({}, {})) as [Member, Member];
  const documents = [await open(b, 'one'), await open(b, 'two'), await open(b, 'three', { keep: 'memory' })];
  for (const document of documents) set(document, 'key', document.name);
  await room.run(room.leave(b));
  expect(documents.map(({ status }) => status)).toEqual(['closed', 'closed', 'closed']);
  for (const name of ['one', 'two']) expect(map(await open(writer, name)).get('key')).toBe(name);
  expect([...room.warnings]).toEqual([]);
});

test('one flush covers all documents of the peer', async () => {
  const [, b] = (await group({}, {})) as [Member, Member];
  const documents: OpenDocument[] = [];
  for (let index = 0; index < 5; index++) documents.push(await open(b, `n${index}`));
  for (const document of documents) set(document, 'key', document.name);
  b.instance.transact(() => b.instance.doc.getMap('map').set('key', 'main'));
  await room.run(b.instance.flush());
  for (const member of [...room.members]) room.kill(member);
  const [next] = [await room.run(room.join({ wait: 'synced' }))];
  for (const { name } of documents) expect(map(await open(next, name)).get('key')).toBe(name);
  expect(next.instance.doc.getMap('map').get('key')).toBe('main');
});

test('a peer that has not opened a document receives none of its frames', async () => {
  const [a, b, c] = (await group({}, {}, {})) as [Member, Member, Member];
  const [mine, theirs] = [await open(a, 'busy'), await open(b, 'busy')];
  await room.clock.advance(3000);
  const before = c.transport.traffic.bytesIn;
  for (let index = 0; index < 200; index++) {
    set(mine, 'key', 'x'.repeat(1000) + String(index));
    await room.clock.advance(1);
  }
  expect(map(theirs).get('key')).toBe(map(mine).get('key'));
  expect(c.transport.traffic.bytesIn - before).toBeLessThan(10_000);
});

describe('a document that is kept in memory', () => {
  test('is shared while somebody has it, is on no disk, and is gone with its last holder', async () => {
    const [a, b] = (await group({}, {})) as [Member, Member];
    const mine = await open(a, 'session', { keep: 'memory' });
    set(mine, 'key', 1);
    const theirs = await open(b, 'session', { keep: 'memory' });
    expect(map(theirs).toJSON()).toEqual({ key: 1 });
    await expect(mine.flush()).rejects.toThrow(/never written/);
    await room.run(a.instance.flush());
    await room.run(mine.close());
    set(theirs, 'more', 2);
    const back = await open(a, 'session', { keep: 'memory' });
    expect(map(back).toJSON()).toEqual({ key: 1, more: 2 });
    await room.run(Promise.all([back.close(), theirs.close()]));
    expect(map(await open(a, 'session', { keep: 'memory' })).toJSON()).toEqual({});
    await room.clock.advance(20_000);
    expect([...room.disk.documents.keys()]).toEqual([]);
    expect(room.disk.bundlesIn('spill')).toEqual([]);
    expect(await room.run(a.instance.documents())).toEqual([]);
  });

  test('reaches the others with what was written in the moment in which it was closed', async () => {
    const [a, b] = (await group({}, {})) as [Member, Member];
    const [mine, theirs] = [await open(a, 'session', { keep: 'memory' }), await open(b, 'session', { keep: 'memory' })];
    set(mine, 'key', 1);
    await room.run(mine.close());
    await room.clock.advance(DOCUMENT_LINGER_MS);
    expect(map(theirs).toJSON()).toEqual({ key: 1 });
  });

  test('is not written by who takes over, nor spilled by who ends in the midst of a change', async () => {
    const [writer, b, c] = (await group({}, {}, {})) as [Member, Member, Member];
    const [mine, theirs] = [await open(b, 'session', { keep: 'memory' }), await open(c, 'session', { keep: 'memory' })];
    set(mine, 'key', 1);
    room.kill(writer);
    await room.run(b.instance.flush());
    await room.clock.advance(10_000);
    const follower = b.instance.role === 'writer' ? { member: c, document: theirs } : { member: b, document: mine };
    follower.document.transact(() => {
      map(follower.document).set('more', 2);
      follower.member.peer.endAtOnce();
    });
    expect([...room.disk.documents.keys()].filter((id) => id.startsWith('~memory'))).toEqual([]);
    expect(room.disk.bundlesIn('spill')).toEqual([]);
  });

  test('may have the name of one that is stored', async () => {
    const [a] = (await group({})) as [Member];
    const [kept, fleeting] = [await open(a, 'session'), await open(a, 'session', { keep: 'memory' })];
    set(kept, 'key', 1);
    expect(map(fleeting).size).toBe(0);
  });
});

test('documents are listed by name, whoever made them, and with who has them open', async () => {
  const [a, b] = (await group({}, {})) as [Member, Member];
  expect(await room.run(a.instance.documents())).toEqual([]);
  const mine = await open(a, 'mine');
  await (await open(b, 'a b')).close();
  expect(await room.run(a.instance.documents())).toEqual([
    { name: 'a b', generation: 1, isOpen: false },
    { name: 'mine', generation: 1, isOpen: true },
  ]);
  const inspected = b.instance.inspect().documents.find(({ name }) => name === 'mine');
  expect(inspected).toBeUndefined();
  const [here] = [a, b].filter(({ instance }) => instance.role === 'writer') as [Member];
  expect(here.instance.inspect().documents.find(({ name }) => name === 'mine')).toMatchObject({
    id: 'mine',
    generation: 1,
    kind: 'stored',
  });
  await room.run(mine.close());
});

test('opening gives up with its signal, and where the group is stalled and nobody has the document', async () => {
  const [writer, b] = (await group({}, {})) as [Member, Member];
  await (await open(writer, 'notes')).close();
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  room.network.partition(writer.peer.id, b.peer.id);
  const controller = new AbortController();
  const opening = b.instance.document('notes', { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(room.run(opening)).rejects.toThrow('enough');
  const before = room.clock.now();
  await expect(room.run(b.instance.document('notes'))).rejects.toMatchObject({ code: 'SOCOMM_WRITER_STALLED' });
  expect(room.clock.now() - before).toBeLessThan(DOCUMENT_SILENCE_MS + 10_000);
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  expect(b.peer.documentNames).toEqual(['main']);
});

test('where nobody may write, a document is opened and shared all the same, and spilled when it is closed', async () => {
  const [a, b] = (await group({ canWrite: false }, { canWrite: false })) as [Member, Member];
  const [mine, theirs] = [await open(a, 'notes'), await open(b, 'notes')];
  set(mine, 'key', 1);
  await room.clock.advance(100);
  expect(map(theirs).get('key')).toBe(1);
  await expect(room.run(mine.flush())).rejects.toMatchObject({ code: 'SOCOMM_NO_WRITER' });
  await room.run(mine.close());
  expect(openIds(a)).toEqual([]);
  expect(room.disk.bundlesIn('spill')).toHaveLength(1);
  room.kill(b);
  const writer = await room.run(room.join({ wait: 'synced' }));
  await room.clock.advance(2 * SPILL_INTAKE_MS);
  expect(map(await open(writer, 'notes')).get('key')).toBe(1);
});

test('an instance that closes while it opens a document leaves nothing open', async () => {
  const [a] = (await group({})) as [Member];
  const other = new Instance(a.peer, () => Promise.resolve());
  for (let steps = 0; steps < 12; steps++) {
    const third = new Instance(a.peer, () => Promise.resolve());
    const opening = third.document('notes');
    opening.catch(() => undefined);
    for (let step = 0; step < steps; step++) await Promise.resolve();
    await room.run(third.close());
    await opening.catch((error: unknown) => expect(error).toMatchObject({ code: 'SOCOMM_CLOSED' }));
  }
  await room.clock.advance(3 * DOCUMENT_LINGER_MS);
  expect(a.peer.documentNames).toEqual(['main']);
  await room.run(other.close());
});

describe('a schema', () => {
  test('is written into a new document, and brings an older one up to date once', async () => {
    const [a, b] = (await group({}, {})) as [Member, Member];
    const calls: number[] = [];
    const schema = (version: number): DocumentOptions => ({
      schema: {
        version,
        migrate: (doc, from) => {
          calls.push(from);
          doc.getMap('map').set(`to-${version}`, from);
        },
      },
    });
    await room.run((await open(a, 'fresh', schema(2))).close());
    expect(calls).toEqual([]);
    const plain = await open(a, 'old');
    set(plain, 'key', 1);
    const newer = await open(b, 'old', schema(1));
    expect(calls).toEqual([0]);
    expect(map(newer).toJSON()).toEqual({ key: 1, 'to-1': 0 });
    await room.run((await open(b, 'old', schema(1))).close());
    expect(calls).toEqual([0]);
    await open(b, 'old', schema(3));
    expect(calls).toEqual([0, 1]);
    await expect(open(a, 'old', schema(2))).rejects.toMatchObject({ code: 'SOCOMM_DOCUMENT_NEWER' });
    expect(map(plain).toJSON()).toEqual({ key: 1, 'to-1': 0, 'to-3': 1 });
  });

  test('that two copies migrate at once ends the same for both', async () => {
    const [a, b] = (await group({}, {})) as [Member, Member];
    const plain = await open(a, 'old');
    map(plain).set('volume', 5);
    await room.run(plain.flush());
    const schema = {
      version: 1,
      migrate: (doc: OpenDocument['doc']): void => {
        const old = doc.getMap<number>('map');
        doc.getMap<number>('parameters').set('gain', (old.get('volume') ?? 0) * 2);
        old.delete('volume');
      },
    };
    const [one, other] = await room.run(Promise.all([a.instance.document('old', { schema }), b.instance.document('old', { schema })]));
    await room.clock.advance(3000);
    for (const { doc } of [one, other]) {
      expect(doc.getMap('parameters').toJSON()).toEqual({ gain: 10 });
      expect(doc.getMap('map').toJSON()).toEqual({});
    }
  });

  test('whose migration throws rejects the opening with what it threw, and the next one tries again', async () => {
    const [a] = (await group({})) as [Member];
    const plain = await open(a, 'old');
    set(plain, 'key', 1);
    const failing = { version: 1, migrate: () => { throw new Error('cannot'); } }; // prettier-ignore
    await expect(open(a, 'old', { schema: failing })).rejects.toThrow('cannot');
    let from = -1;
    await open(a, 'old', { schema: { version: 1, migrate: (_, found) => void (from = found) } });
    expect(from).toBe(0);
  });
});

test('a migration that is not done when it returns is refused, and the document keeps its version', async () => {
  const [a] = (await group({})) as [Member];
  const notes = await room.run(a.instance.document('notes', { schema: { version: 1 } }));
  notes.transact(() => void notes.doc.getMap('map').set('key', 1));
  const migrate: () => unknown = () => Promise.resolve();
  await expect(room.run(a.instance.document('notes', { schema: { version: 2, migrate } }))).rejects.toThrow(
    "schema.migrate of document 'notes' returned a promise: it must have done its work when it returns",
  );
  expect(notes.doc.getMap('~schema').get('version')).toBe(1);
});

test('what a writer opens in the very moment in which it has loaded all the rest is loaded, too', async () => {
  const [a] = (await group({})) as [Member];
  for (let turns = 0; turns < 12; turns++) {
    const [before, after] = [`before${turns}`, `after${turns}`];
    const isSynced = (id: string): boolean => a.peer.synchronizer.state.documents.get(id)?.isSynced === true;
    const moment = new Promise<void>((resolve) => {
      const unwatch = a.peer.watch(() => {
        if (!isSynced(before)) return;
        unwatch();
        resolve();
      });
    });
    a.peer.openDocument(before);
    const opening = moment.then(async () => {
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      a.peer.openDocument(after);
    });
    await room.run(opening);
    await room.clock.advance(100);
    expect([after, isSynced(after)]).toEqual([after, true]);
  }
});
