/** `flush()` in every state of a group: what ends it is the writer's word, its own limit, or the certainty that nobody will come. */

import { describe, expect, it } from 'vitest';

import type { FlushOptions } from '../../src/flush-outcome.js';
import { Room } from './room.js';
import type { Member } from './room.js';

const presets = ({ instance }: Member) => instance.doc.getMap<unknown>('presets');

interface Group {
  readonly room: Room;
  readonly member: Member;
}

async function group(): Promise<Group & { readonly writer: Member }> {
  const room = new Room(1);
  const [writer, member] = [await room.join(), await room.join()];
  await room.rest();
  presets(member).set('pad', 1);
  return { room, writer, member };
}

/** A state in which a flush waits, and what its message then says. */
const waiting: Readonly<Record<string, { readonly begin: () => Promise<Group>; readonly says: string }>> = {
  'while the writer is silent': {
    begin: async () => {
      const { room, writer, member } = await group();
      room.network.stop(writer.peer.id);
      room.network.cut(writer.peer.id, member.peer.id);
      await room.clock.advance(4000);
      expect(member.instance.inspect()).toMatchObject({ isStalled: true, stallReason: 'writer-silent' });
      return { room, member };
    },
    says: 'has not been heard for 3 s',
  },
  'while the disk is slow': {
    begin: async () => {
      const { room, member } = await group();
      room.diskDelayLeastMs = 20_000;
      return { room, member };
    },
    says: 'its disk is slow',
  },
  'while the lock is held by somebody unknown': {
    begin: async () => {
      const { room, writer, member } = await group();
      room.kill(writer);
      room.disk.tryLock({});
      await room.clock.advance(500);
      expect(member.instance.writer).toBeUndefined();
      return { room, member };
    },
    says: 'has no writer at the moment',
  },
  'of the writer itself': {
    begin: async () => {
      const { room, writer } = await group();
      room.diskDelayLeastMs = 20_000;
      presets(writer).set('mine', 1);
      return { room, member: writer };
    },
    says: 'its disk is slow',
  },
};

/** With how long it took. */
async function failureOf({ room, member }: Group, options: FlushOptions): Promise<{ readonly error: unknown; readonly afterMs: number }> {
  const startedAt = room.clock.now();
  return room.run(
    member.instance.flush(options).then(
      () => ({ error: 'it resolved', afterMs: 0 }),
      (error: unknown) => ({ error, afterMs: room.clock.now() - startedAt }),
    ),
  );
}

describe.each(Object.entries(waiting))('a flush %s', (_, { begin, says }) => {
  it('rejects after its timeoutMs, and says why it had to wait and what to do', async () => {
    const { error, afterMs } = await failureOf(await begin(), { timeoutMs: 700 });
    expect(error).toMatchObject({ name: 'SocommError', code: 'SOCOMM_FLUSH_TIMEOUT' });
    for (const part of ['700 ms', says, 'socomm status room']) expect((error as Error).message).toContain(part);
    expect(afterMs).toBe(700);
  });

  it('rejects with the reason of its signal, at once', async () => {
    const found = await begin();
    const caller = new AbortController();
    found.room.clock.after(300, () => caller.abort('enough'));
    expect(await failureOf(found, { signal: caller.signal, timeoutMs: 5000 })).toEqual({ error: 'enough', afterMs: 300 });
    expect(await failureOf(found, { signal: caller.signal })).toEqual({ error: 'enough', afterMs: 0 });
  });

  it('rejects when its instance is closed', async () => {
    const { room, member } = await begin();
    const flush = failureOf({ room, member }, {});
    await room.clock.advance(10);
    void member.instance.close();
    expect((await flush).error).toMatchObject({ code: 'SOCOMM_CLOSED' });
    await expect(member.instance.flush({ timeoutMs: 10 })).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
  });

  it('leaves nothing behind when it was given up', async () => {
    const { room, member } = await begin();
    await failureOf({ room, member }, { timeoutMs: 100 });
    expect(member.peer.synchronizer.state.flushes.size).toBe(0);
  });
});

describe('a flush', () => {
  it('does not wait for its timeout where nobody can write', async () => {
    const { room, member } = await group();
    room.diskErrorRate = 1;
    const { error, afterMs } = await failureOf({ room, member }, { timeoutMs: 20_000 });
    expect(error).toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    expect(afterMs).toBeLessThan(3000);
    expect((await failureOf({ room, member }, { timeoutMs: 20_000 })).afterMs).toBeLessThan(50);
  });

  it('goes on waiting through changes of the writer, within one timeout', async () => {
    const { room, writer, member } = await group();
    const third = await room.join();
    await room.rest();
    room.network.stop(writer.peer.id);
    const flush = room.run(member.instance.flush({ timeoutMs: 10_000 }));
    await room.clock.advance(4000);
    room.kill(writer);
    for (const { peer } of [member, third]) peer.synchronizer.listener.disconnected(writer.peer.id);
    expect((await flush).term).toBeGreaterThan(1);
  });

  it('that had to be given up is made up for by the next one', async () => {
    const { room, writer, member } = await group();
    room.diskDelayLeastMs = 1000;
    await failureOf({ room, member }, { timeoutMs: 100 });
    await room.run(member.instance.flush({ timeoutMs: 5000 }));
    room.kill(writer);
    room.kill(member);
    const later = await room.join();
    await room.run(later.instance.synced());
    expect(presets(later).get('pad')).toBe(1);
  });

  it.each([-1, Number.NaN, 'soon'])('with a timeoutMs of %s is a mistake', async (timeoutMs) => {
    const { member } = await group();
    await expect(member.instance.flush({ timeoutMs: timeoutMs as number })).rejects.toThrow(TypeError);
  });
});

it('what only the store had is said to be durable by a new writer at once: its own flush waits for no spill', async () => {
  const room = new Room(43);
  const before = await room.join();
  before.instance.doc.getMap('map').set('of the store', 1);
  await room.run(before.instance.flush());
  await room.run(room.leave(before));
  const abstaining = await room.join({ canWrite: false });
  abstaining.instance.doc.getMap('map').set('of the group', 2);
  // While it loads, it hears what the group has: then what the store had is news to the group, and gets a number.
  const writer = await room.join({ loadDelayMs: 200 });
  await room.clock.advance(400);
  expect(writer.peer.role).toBe('writer');
  expect(writer.peer.synchronizer.state.documents.get('main')?.ownSeq).toBe(1);
  const startedAt = room.clock.now();
  await room.run(writer.instance.flush());
  expect(room.clock.now() - startedAt).toBeLessThan(100);
  expect(abstaining.instance.doc.getMap('map').toJSON()).toEqual({ 'of the store': 1, 'of the group': 2 });
  await room.run(room.leave(writer));
  await room.run(room.leave(abstaining));
});

it('of one who never writes finds who has just joined, and has not said hello to it yet', async () => {
  const room = new Room(3);
  room.network.latencyMs = 50;
  const viewer = await room.join({ canWrite: false });
  await room.clock.advance(500);
  presets(viewer).set('pad', 1);
  const synth = await room.join();
  const flushed = viewer.instance.flush();
  expect(viewer.instance.peers).toHaveLength(1);
  expect(await room.run(flushed)).toEqual({ term: 1 });
  await room.run(room.leave(synth));
  await room.run(room.leave(viewer));
});
