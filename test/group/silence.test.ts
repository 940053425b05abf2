/** A writer that lives and says nothing: who knew it, and who came too late to know of it, are told, and told again when somebody writes. */

import { describe, expect, it } from 'vitest';

import type { InstanceEvents } from '../../src/events.js';
import { STALL_MS } from '../../sync/limits.js';
import { Room } from './room.js';
import type { Member } from './room.js';

type Told = (InstanceEvents['stalled'] & { readonly afterMs: number }) | 'recovered';

function listen(room: Room, { instance }: Member): Told[] {
  const told: Told[] = [];
  const since = room.clock.now();
  instance.on('stalled', (stall) => void told.push({ ...stall, afterMs: room.clock.now() - since }));
  instance.on('recovered', () => void told.push('recovered'));
  return told;
}

async function silentGroup() {
  const room = new Room(1);
  const [writer, follower] = [await room.join(), await room.join()];
  await room.rest();
  const told = listen(room, follower);
  room.network.stop(writer.peer.id);
  room.network.cut(writer.peer.id, follower.peer.id);
  return { room, writer, follower, told };
}

describe('a writer that falls silent', () => {
  it('is told of once, within 3 s, with its name and the reason, and inspect() says the same', async () => {
    const { room, writer, follower, told } = await silentGroup();
    await room.clock.advance(20_000);
    expect(told).toEqual([{ writer: { id: writer.peer.id, term: 1 }, reason: 'writer-silent', afterMs: expect.any(Number) as number }]);
    expect((told[0] as Extract<Told, object>).afterMs).toBeLessThanOrEqual(STALL_MS);
    const found = follower.instance.inspect();
    expect(found).toMatchObject({ isStalled: true, stallReason: 'writer-silent' });
    expect(found.stallText).toContain('holds the lock and has not been heard for 3 s');
  });

  it('is told of to a newcomer too, who has never heard it, and its flush is answered when another writes', async () => {
    const { room, writer, follower } = await silentGroup();
    await room.clock.advance(5000);
    const newcomer = await room.join();
    room.network.cut(writer.peer.id, newcomer.peer.id);
    const told = listen(room, newcomer);
    await room.run(newcomer.instance.synced());
    newcomer.instance.doc.getMap('presets').set('pad', 1);
    const flush = room.run(newcomer.instance.flush());
    await room.clock.advance(STALL_MS + 500);
    expect(told).toEqual([{ writer: undefined, reason: 'writer-silent', afterMs: expect.any(Number) as number }]);
    expect((told[0] as Extract<Told, object>).afterMs).toBeLessThanOrEqual(STALL_MS + 50);
    expect(newcomer.instance.inspect()).toMatchObject({ isStalled: true, writer: undefined });
    room.kill(writer);
    for (const { peer } of [follower, newcomer]) peer.synchronizer.listener.disconnected(writer.peer.id);
    expect((await flush).term).toBe(2);
    expect(told).toHaveLength(2);
    expect(told[1]).toBe('recovered');
  });

  it('is not told of where nobody may write, nor where a silent one never writes', async () => {
    const room = new Room(1);
    const [a, b] = [await room.join({ canWrite: false }), await room.join({ canWrite: false })];
    const told = [listen(room, a), listen(room, b)];
    room.network.stop(a.peer.id);
    const newcomer = await room.join({ canWrite: false });
    told.push(listen(room, newcomer));
    await room.clock.advance(10_000);
    expect(told).toEqual([[], [], []]);
  });
});

describe('a peer that stops in the middle of its takeover', () => {
  /** One of two followers of a writer that was killed has the lock, says so, and comes no further. */
  async function stuckTakeover() {
    const room = new Room(1);
    const writer = await room.join();
    const followers = [await room.join(), await room.join()];
    await room.rest();
    let taker: Member | undefined;
    for (const follower of followers) {
      const open = follower.store.open.bind(follower.store);
      follower.store.open = (...given) => {
        taker ??= follower;
        return taker === follower ? new Promise(() => undefined) : open(...given);
      };
    }
    const toldOf = new Map(followers.map((follower) => [follower, listen(room, follower)]));
    const kill = (member: Member): void => {
      room.kill(member);
      for (const { peer } of room.members) peer.synchronizer.listener.disconnected(member.peer.id);
    };
    kill(writer);
    await room.clock.advance(1000);
    const other = followers.find((follower) => follower !== taker) as Member;
    return { room, taker: taker as unknown as Member, other, told: toldOf.get(other) as Told[], kill };
  }

  it('is told of once within 3 s, for nothing becomes durable', async () => {
    const { room, told } = await stuckTakeover();
    expect(told).toEqual([]);
    await room.clock.advance(20_000);
    expect(told).toEqual([{ writer: undefined, reason: 'writer-silent', afterMs: expect.any(Number) as number }]);
    expect((told[0] as Extract<Told, object>).afterMs).toBeLessThanOrEqual(STALL_MS + 50);
  });

  it.each([0, 10_000])('is succeeded at once when it is killed %i ms later', async (afterMs) => {
    const { room, taker, other, told, kill } = await stuckTakeover();
    await room.clock.advance(afterMs);
    kill(taker);
    await room.clock.advance(5);
    expect(other.peer.role).toBe('writer');
    expect(told.at(-1)).toBe(afterMs === 0 ? undefined : 'recovered');
  });
});
