/** The first and the last moment of an office, as others see it: what is on disk when a writer is first heard, and who has the lock when it is gone. */

import { describe, expect, it } from 'vitest';

import { pause } from '../../src/base/clock.js';
import { CLOSE_ERRAND_MS } from '../../src/maintenance/caretaker.js';
import { Y } from '../../src/replica/replica.js';
import type { MemoryDisk } from '../../storage/memory-disk.js';
import { Room } from './room.js';
import type { Member } from './room.js';

const presets = ({ instance }: Member) => instance.doc.getMap<unknown>('presets');

/** What a cold start would find at this moment. */
function onDisk(disk: MemoryDisk): object {
  const doc = new Y.Doc();
  const found = disk.documents.get('main');
  if (found?.snapshot !== undefined) Y.applyUpdateV2(doc, found.snapshot.state);
  for (const update of found?.updates ?? []) Y.applyUpdate(doc, update);
  return doc.getMap('presets').toJSON();
}

const isFree = (disk: MemoryDisk): boolean => {
  const probe = {};
  const isOurs = disk.tryLock(probe);
  disk.unlock(probe);
  return isOurs;
};

/** Long enough for others to hear what should not have been said yet. */
function slowToClose({ clock }: Room, { store }: Member): void {
  const close = store.close.bind(store);
  store.close = (options) => pause(clock, 40).then(() => close(options));
}

describe('a new writer', () => {
  it.each([0, 1])('has on disk what it had applied as a follower before anybody hears that it writes (disk delay %s)', async (delay) => {
    const room = new Room(1);
    const members = [await room.join(), await room.join(), await room.join()];
    await room.rest();
    for (let round = 0; round < 2; round++) {
      const [writer, ...others] = [...room.members].sort((a, b) => Number(b.peer.role === 'writer') - Number(a.peer.role === 'writer'));
      // The old writer holds on to its disk: nothing of this is acknowledged, stored or known to anybody but the replicas.
      room.diskDelayLeastMs = 60_000;
      for (const member of others) presets(member).set(`${member.peer.id}-${round}`, round);
      await room.clock.advance(200);
      const known = presets(others[0] as Member).toJSON();
      expect(onDisk(room.disk)).not.toEqual(known);
      room.diskDelayLeastMs = delay * 20;
      const heard: object[] = [];
      for (const { instance } of others)
        instance.on('writer-changed', ({ writer: next }) => next !== undefined && heard.push(onDisk(room.disk)));
      room.kill(writer as Member);
      for (const { peer } of others) peer.synchronizer.listener.disconnected((writer as Member).peer.id);
      await room.clock.advance(1000);
      expect(heard).toHaveLength(others.length);
      for (const each of heard) expect(each).toEqual(known);
    }
    expect(members).toHaveLength(3);
  });
});

describe('when others hear that the office is empty, the lock is free,', () => {
  it('be it that the writer closed', async () => {
    const room = new Room(1);
    const writer = await room.join();
    const watcher = await room.join({ canWrite: false });
    await room.rest();
    slowToClose(room, writer);
    presets(writer).set('pad', 1);
    const found: boolean[] = [];
    watcher.instance.on('writer-changed', ({ writer: next }) => next === undefined && found.push(isFree(room.disk)));
    await room.run(room.leave(writer));
    await room.clock.advance(100);
    expect(found).toEqual([true]);
  });

  it('or that its disk failed', async () => {
    const room = new Room(1);
    const writer = await room.join();
    const watcher = await room.join({ canWrite: false });
    await room.rest();
    slowToClose(room, writer);
    const found: boolean[] = [];
    watcher.instance.on('writer-changed', ({ writer: next }) => next === undefined && found.push(isFree(room.disk)));
    room.diskErrorRate = 1;
    presets(writer).set('pad', 1);
    await room.clock.advance(100);
    expect(found).toEqual([true]);
  });
});

it('a writer that is asked for a checkpoint has closed only when nothing of it is being written any more', async () => {
  const room = new Room(1);
  const [writer, follower] = [await room.join(), await room.join()];
  await room.rest();
  const { checkpoints } = writer.store;
  const write = checkpoints.write.bind(checkpoints);
  let begin = (): void => undefined;
  const gate = new Promise<void>((resolve) => (begin = resolve));
  const asked: string[] = [];
  checkpoints.write = async (name, bytes) => {
    asked.push(name);
    await gate;
    await write(name, bytes);
  };
  const made = follower.instance.checkpoint('late').catch((error: unknown) => error);
  while (asked.length === 0) await room.clock.advance(5);
  let isClosed = false;
  const closed = room.leave(writer).then(() => (isClosed = true));
  await room.clock.advance(CLOSE_ERRAND_MS - 1000);
  expect(isClosed).toBe(false);
  begin();
  await room.run(closed);
  expect(await room.run(made)).toMatchObject({ code: 'SOCOMM_NO_WRITER' });
  expect(await checkpoints.list()).toHaveLength(1);
});

it('a peer that cannot even ask whether all is confirmed gives back its lock and its place all the same, and says what was wrong', async () => {
  const room = new Room(1);
  const writer = await room.join();
  await room.rest();
  presets(writer).set('pad', 1);
  writer.peer.settle = () => Promise.reject(new Error('a bug'));
  await expect(room.run(writer.instance.close())).rejects.toThrow('a bug');
  expect(writer.peer.status).toBe('closed');
  expect(isFree(room.disk)).toBe(true);
  expect(onDisk(room.disk)).toEqual({ pad: 1 });
});
