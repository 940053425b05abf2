/** What `join()` resolves with: everything that was acknowledged before it began, whoever answers first and however the writers change. */

import { describe, expect, it } from 'vitest';

import { CATCH_UP_SILENCE_MS } from '../../sync/limits.js';
import { Room } from './room.js';
import type { Member } from './room.js';

const presets = ({ instance }: Member) => instance.doc.getMap<unknown>('presets');
const counters = ({ instance }: Member) => instance.inspect().counters;
/** What a takeover and a few round trips take here, and no more. */
const SOON_MS = 300;

interface Scene {
  readonly room: Room;
  readonly writer: Member;
  /** Complete, and behind: from now on it hears nothing of those who were there before. */
  readonly stale: Member;
  readonly other: Member;
  readonly leaver: Member;
}

/** A group of four, of whom one writes; one more is behind by an acknowledged value, and by an acknowledged deletion. */
async function groupWithOneBehind(stale: Parameters<Room['join']>[0] = {}): Promise<Scene> {
  const room = new Room(1);
  room.network.latencyMs = 1;
  const writer = await room.join();
  await room.rest();
  const behind = await room.join(stale);
  const other = await room.join({ canWrite: stale.canWrite === false });
  const leaver = await room.join({ canWrite: false });
  presets(leaver).set('deleted', 'old');
  presets(leaver).set('kept', 'old');
  await room.rest();
  for (const { peer } of [writer, other, leaver]) room.network.cut(peer.id, behind.peer.id);
  presets(leaver).delete('deleted');
  presets(leaver).set('kept', 'new');
  await room.run(leaver.instance.flush());
  return { room, writer, stale: behind, other, leaver };
}

/** Joins, and resolves with what is there in that very moment. */
async function enter(room: Room, options: Parameters<Room['join']>[0] = {}) {
  const startedAt = room.clock.now();
  const member = room.join({ wait: 'synced', canWrite: false, ...options });
  const found = await room.run(
    member.then((joined) => ({ content: presets(joined).toJSON(), joined, tookMs: room.clock.now() - startedAt })),
  );
  return found;
}

describe('who joins while the writer changes', () => {
  it('has what was acknowledged before, though one who is behind answers first', async () => {
    const { room, writer, stale, leaver } = await groupWithOneBehind({ canWrite: false });
    // The next writer's first batch takes its time: until then there is nobody but those who never write.
    room.diskDelayLeastMs = 100;
    await room.run(Promise.all([room.leave(leaver), room.leave(writer)]));
    expect(presets(stale).toJSON()).toEqual({ deleted: 'old', kept: 'old' });
    const { content, tookMs } = await enter(room);
    expect(content).toEqual({ kept: 'new' });
    expect(tookMs).toBeLessThan(SOON_MS);
  });

  it('has it where the one that is behind becomes the writer, and has not read the store yet', async () => {
    const { room, writer, stale, leaver } = await groupWithOneBehind({ loadDelayMs: 200 });
    await room.run(room.leave(leaver));
    await room.run(room.leave(writer));
    while (stale.peer.role !== 'writer') await room.clock.advance(5);
    expect(presets(stale).toJSON()).toEqual({ deleted: 'old', kept: 'old' });
    const { content, tookMs } = await enter(room);
    expect(content).toEqual({ kept: 'new' });
    expect(tookMs).toBeLessThan(200 + SOON_MS);
  });

  it('has it where that one leaves the office again before it has read the store', async () => {
    const { room, writer, stale, leaver } = await groupWithOneBehind({ loadDelayMs: 200 });
    await room.run(Promise.all([room.leave(leaver), room.leave(writer)]));
    while (stale.peer.role !== 'writer') await room.clock.advance(5);
    const joining = enter(room, { canWrite: true });
    await room.clock.advance(1);
    room.disk.breakLock();
    await room.clock.advance(5);
    const { content } = await joining;
    expect(content).toEqual({ kept: 'new' });
  });
});

describe('who joins while the writer is stopped', () => {
  it('gets in past it, half a second later, and has what any complete peer has', async () => {
    const { room, writer, stale, leaver } = await groupWithOneBehind({ canWrite: false });
    await room.run(room.leave(leaver));
    room.network.stop(writer.peer.id);
    room.network.isolate(writer.peer.id);
    const { content, tookMs } = await enter(room);
    expect(presets(stale).toJSON()).toEqual({ deleted: 'old', kept: 'old' });
    expect(content).toEqual({ kept: 'new' });
    expect(tookMs).toBeGreaterThanOrEqual(CATCH_UP_SILENCE_MS);
    expect(tookMs).toBeLessThan(CATCH_UP_SILENCE_MS + SOON_MS);
  });
});

describe('who joins a group with a writer', () => {
  it('asks nobody else, though others answer its hello first', async () => {
    const room = new Room(1);
    const writer = await room.join();
    await room.rest();
    for (let count = 0; count < 5; count++) await room.join();
    await room.rest();
    const heal = room.network.slow(writer.peer.id, 3);
    const { joined, tookMs } = await enter(room);
    heal();
    expect(counters(joined)['catchUps']).toBe(1);
    expect(tookMs).toBeLessThan(60);
  });

  it('is answered by another meanwhile where the writer is held up for long, and by the writer for the rest', async () => {
    const { room, writer, leaver } = await groupWithOneBehind({ canWrite: false });
    await room.run(room.leave(leaver));
    const goOn = room.network.stop(writer.peer.id);
    room.clock.after(300, goOn);
    const { content, tookMs, joined } = await enter(room);
    expect(content).toEqual({ kept: 'new' });
    expect(tookMs).toBeGreaterThanOrEqual(300);
    expect(tookMs).toBeLessThan(350);
    expect(counters(joined)['catchUps']).toBeLessThanOrEqual(4);
  });
});
