import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Y } from '../../src/replica/replica.js';
import { choices, edit, readingOf } from '../replica/random-edits.js';
import { Room } from './room.js';
import type { Member } from './room.js';

async function three(): Promise<{ readonly room: Room; readonly members: readonly [Member, Member, Member] }> {
  const room = new Room(1);
  const members = [await room.join(), await room.join(), await room.join({ canWrite: false })] as const;
  await room.rest();
  return { room, members };
}

function presets({ instance }: Member): Y.Map<unknown> {
  return instance.doc.getMap('presets');
}

describe('a checkpoint', () => {
  test('is made by the writer for whoever asks, with what was written just before', async () => {
    const { room, members } = await three();
    const [first, second, follower] = members;
    presets(follower).set('pad', 1);
    const made = await room.run(follower.instance.checkpoint('before the gig'));
    expect(made).toMatchObject({ name: 'before the gig', documents: 1, bytes: expect.any(Number) as number });
    presets(first).set('pad', 2);
    await room.rest();
    for (const { instance } of members) {
      expect(await instance.checkpoints()).toEqual([
        { name: 'before the gig', at: made.at, bytes: made.bytes, documents: ['main'], isDamaged: false },
      ]);
    }
    expect(await second.instance.restoreCheckpoint('before the gig')).toEqual(['main']);
    await room.rest();
    for (const member of members) expect(presets(member).toJSON()).toEqual({ pad: 1 });
  });

  test('is restored as one change that can be undone, and with which what others do meanwhile merges', async () => {
    const { room, members } = await three();
    const [a, b] = members;
    const nested = new Y.Map<unknown>([['name', 'Pad']]);
    a.instance.transact(() => presets(a).set('pad', nested));
    await room.run(a.instance.checkpoint('first'));
    a.instance.transact(() => {
      nested.set('name', 'Changed');
      presets(a).set('new', 1);
    });
    await room.rest();
    const undo = new Y.UndoManager(presets(a), { trackedOrigins: new Set([a.instance]), captureTimeout: 0 });
    let updates = 0;
    a.instance.doc.on('update', () => updates++);
    const restored = a.instance.restoreCheckpoint('first');
    // Not yet heard of by a: into the map that the restore changes in place.
    (presets(b).get('pad') as Y.Map<unknown>).set('tag', 'from b');
    await restored;
    expect(updates).toBe(1);
    await room.rest();
    for (const member of members) expect(presets(member).toJSON()).toEqual({ pad: { name: 'Pad', tag: 'from b' } });
    undo.undo();
    await room.rest();
    for (const member of members) expect(presets(member).toJSON()).toEqual({ pad: { name: 'Changed', tag: 'from b' }, new: 1 });
  });

  test('brings back whatever was there, on all peers', async () => {
    await fc.assert(
      fc.asyncProperty(choices, choices, async (first, second) => {
        const { room, members } = await three();
        const [a, b] = members;
        edit(a.instance.doc, first);
        const wanted = readingOf(a.instance.doc);
        await room.run(a.instance.checkpoint('A'));
        edit(b.instance.doc, second);
        await room.rest();
        await b.instance.restoreCheckpoint('A');
        await room.rest();
        for (const { instance } of members) expect(readingOf(instance.doc)).toEqual(wanted);
        for (const member of members) await room.run(room.leave(member));
      }),
      { numRuns: 15 },
    );
  });

  test.each(['x', 'ä😀 / .. CON', '../../x', 'Mix', 'mix', 'ا ب', '😀'.repeat(100)])('may be called %j', async (name) => {
    const { room, members } = await three();
    const [{ instance }] = members;
    await room.run(instance.checkpoint(name));
    expect((await instance.checkpoints()).map((each) => each.name)).toEqual([name]);
    await instance.removeCheckpoint(name);
    expect(await instance.checkpoints()).toEqual([]);
  });

  test.each([undefined, 7, '', '  ', 'a\nb', '\u0000', '\ud800', 'x'.repeat(101)])('cannot be called %j', async (name) => {
    const { members } = await three();
    await expect(members[0].instance.checkpoint(name as string)).rejects.toThrow(TypeError);
  });

  test('is never written over, and two that differ in case are two', async () => {
    const { room, members } = await three();
    const [a, , follower] = members;
    await room.run(a.instance.checkpoint('Mix'));
    await expect(room.run(follower.instance.checkpoint('Mix'))).rejects.toMatchObject({ code: 'SOCOMM_TARGET_EXISTS' });
    await room.run(follower.instance.checkpoint('mix'));
    expect(await a.instance.checkpoints()).toHaveLength(2);
    const both = await Promise.allSettled([a, follower].map(({ instance }) => room.run(instance.checkpoint('at once'))));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('whose writing failed at its very end is written anew when it is asked for again, with what there is by then', async () => {
    const { room, members } = await three();
    const [a] = members;
    presets(a).set('pad', 1);
    const folder = a.store.checkpoints;
    const write = folder.write.bind(folder);
    // The file is in its place, and the folder cannot be synced: nobody knows whether it would outlive a power cut.
    folder.write = async (name, bytes) => {
      await write(name, bytes);
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    };
    await expect(room.run(a.instance.checkpoint('Mix'))).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    folder.write = write;
    presets(a).set('pad', 2);
    await room.run(a.instance.checkpoint('Mix'));
    presets(a).set('pad', 3);
    await a.instance.restoreCheckpoint('Mix');
    expect(presets(a).toJSON()).toEqual({ pad: 2 });
    await expect(room.run(a.instance.checkpoint('Mix'))).rejects.toMatchObject({ code: 'SOCOMM_TARGET_EXISTS' });
  });

  test('that cannot be read, listed or removed says so by a code', async () => {
    const { room, members } = await three();
    const [a] = members;
    await room.run(a.instance.checkpoint('Mix'));
    const folder = a.store.checkpoints;
    const fails = () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
    folder.read = fails;
    folder.remove = fails;
    for (const act of [a.instance.restoreCheckpoint('Mix'), a.instance.checkpoints(), a.instance.removeCheckpoint('Mix')])
      await expect(act).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    folder.list = fails;
    await expect(a.instance.checkpoints()).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
  });

  test('that is not there, or does not verify, changes nothing', async () => {
    const { room, members } = await three();
    const [a] = members;
    presets(a).set('pad', 1);
    await expect(a.instance.restoreCheckpoint('none')).rejects.toMatchObject({ code: 'SOCOMM_CHECKPOINT_UNKNOWN' });
    await expect(a.instance.removeCheckpoint('none')).rejects.toMatchObject({ code: 'SOCOMM_CHECKPOINT_UNKNOWN' });
    await room.run(a.instance.checkpoint('one'));
    presets(a).set('pad', 2);
    const [key = ''] = await a.store.checkpoints.list();
    const bytes = (await a.store.checkpoints.read(key)) ?? new Uint8Array();
    bytes[bytes.length >> 1]! ^= 1;
    await room.run(a.store.checkpoints.write(key, bytes));
    await expect(a.instance.restoreCheckpoint('one')).rejects.toMatchObject({ code: 'SOCOMM_BACKUP_DAMAGED' });
    expect(presets(a).toJSON()).toEqual({ pad: 2 });
    expect(await a.instance.checkpoints()).toEqual([{ name: key, at: 0, bytes: bytes.length, documents: [], isDamaged: true }]);
    await a.instance.removeCheckpoint(key);
    expect(await a.instance.checkpoints()).toEqual([]);
  });

  test('cannot be made where nobody may write', async () => {
    const room = new Room(2);
    const member = await room.join({ canWrite: false });
    await expect(room.run(member.instance.checkpoint('one'))).rejects.toMatchObject({ code: 'SOCOMM_NO_WRITER' });
    await expect(room.run(member.instance.compact())).rejects.toMatchObject({ code: 'SOCOMM_NO_WRITER' });
  });
});

describe('compacting', () => {
  test('is done by the writer, and says what it gained', async () => {
    const { room, members } = await three();
    const [writer, follower] = members;
    // So large that each is told by itself: of small ones what the turn overwrites is never written.
    for (let n = 0; n < 2000; n++) presets(writer).set('pad', `${'x'.repeat(100)} ${n}`);
    const { bytesBefore, bytesAfter } = await room.run(follower.instance.compact());
    expect(bytesAfter).toBeLessThan(bytesBefore / 10);
  });
});
