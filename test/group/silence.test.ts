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
