/** Catch-up at its edges: chunks that are lost, askers that ask too often, changes that are too big to be published. */

import { describe, expect, it } from 'vitest';

import { ANSWER_EXPIRY_MS, WANTS_BURST_MAX } from '../../sync/limits.js';
import { Room } from './room.js';
import type { Member } from './room.js';
import { Y } from '../../src/index.js';
import { Stranger } from './stranger.js';

const presets = ({ instance }: Member) => instance.doc.getMap<unknown>('presets');
const counters = ({ instance }: Member) => instance.inspect().counters;
const limits = { chunkBytes: 1024 };

describe('an answer in chunks', () => {
  it('is resumed where chunks were lost, instead of being asked for anew', async () => {
    const room = new Room(1);
    const first = await room.join({ peer: { limits } });
    await room.rest();
    for (let key = 0; key < 40; key++) presets(first).set(`k${key}`, 'x'.repeat(500));
    await room.rest();
    const second = await room.join({ peer: { limits } });
    // Three chunks in, the line is cut for as long as it takes to notice.
    while ((second.peer.synchronizer.state.documents.get('main')?.catchUp?.chunks.size ?? 0) < 5) await room.clock.advance(0.5);
    const heal = room.network.partition(first.peer.id, second.peer.id);
    await room.clock.advance(400);
    heal();
    await room.run(second.instance.synced());
    expect(presets(second).size).toBe(40);
    expect(counters(second)['resumed']).toBeGreaterThan(0);
    expect(counters(second)['catchUps']).toBe(1);
  });

  it('is kept once for whoever asks the same next, and no longer when nobody does', async () => {
    const room = new Room(1);
    const first = await room.join({ peer: { limits } });
    await room.rest();
    presets(first).set('big', 'x'.repeat(10_000));
    await room.join({ peer: { limits } });
    await room.rest();
    await room.clock.advance(50);
    expect(first.peer.synchronizer.state.answers.size).toBe(1);
    await room.clock.advance(2 * ANSWER_EXPIRY_MS);
    expect(first.peer.synchronizer.state.answers.size).toBe(0);
  });
});

describe('an asker', () => {
  it('that asks too often is slowed, and answered all the same', async () => {
    const room = new Room(1);
    const member = await room.join();
    await room.rest();
    const stranger = new Stranger(room);
    await stranger.meet(member.peer.id);
    const stateVector = Y.encodeStateVector(new Y.Doc());
    for (let request = 1; request <= 10 * WANTS_BURST_MAX; request++)
      stranger.request(member.peer.id, { kind: 'want', document: 'main', request, stateVector });
    await room.clock.advance(10);
    expect(stranger.heardOf('have')).toHaveLength(WANTS_BURST_MAX);
    await room.clock.advance(100);
    // The last one stands for all that it replaced.
    expect(stranger.heardOf('have').at(-1)?.request).toBe(10 * WANTS_BURST_MAX);
    expect(stranger.heardOf('have').length).toBeLessThanOrEqual(WANTS_BURST_MAX + 3);
    expect(counters(member)['slowed']).toBeGreaterThan(0);
  });
});

describe('a change that is too big to be published', () => {
  it('reaches everybody all the same, once each', async () => {
    const room = new Room(1);
    const members = [await room.join(), await room.join(), await room.join()];
    await room.rest();
    const before = members.map((member) => Number(counters(member)['catchUps']));
    presets(members[1] as Member).set('body', new Uint8Array(1_000_000).fill(7));
    await room.clock.advance(300);
    for (const member of members) expect(presets(member).has('body')).toBe(true);
    expect(members.map((member, index) => Number(counters(member)['catchUps']) - Number(before[index]))).toEqual([1, 0, 1]);
    await room.run((members[1] as Member).instance.flush());
  });
});

describe('more changes at once than may gather', () => {
  it('reach everybody all the same, in one exchange each', async () => {
    const room = new Room(1);
    const options = { peer: { limits: { outboxBytesMax: 4096 } } };
    const members = [await room.join(options), await room.join(options), await room.join(options)];
    await room.rest();
    const before = members.map((member) => Number(counters(member)['catchUps']));
    for (let key = 0; key < 100; key++) presets(members[1] as Member).set(`k${key}`, 'x'.repeat(100));
    await room.clock.advance(300);
    expect(members.map((member) => presets(member).size)).toEqual([100, 100, 100]);
    expect(members.map((member, index) => Number(counters(member)['catchUps']) - Number(before[index]))).toEqual([1, 0, 1]);
    await room.run((members[1] as Member).instance.flush());
  });
});

describe('a status that was lost', () => {
  it('is missed at the next pulse and asked for', async () => {
    const room = new Room(1);
    const [writer, one, two] = [await room.join(), await room.join(), await room.join()];
    await room.rest();
    const heal = room.network.cut(one.peer.id, two.peer.id);
    one.peer.attach();
    await room.clock.advance(100);
    heal();
    const instancesSeenBy = ({ instance }: Member): number => instance.inspect().instances.length;
    expect([writer, one, two].map(instancesSeenBy)).toEqual([4, 4, 3]);
    await room.clock.advance(2500);
    expect([writer, one, two].map(instancesSeenBy)).toEqual([4, 4, 4]);
  });
});

describe('a hello that was lost', () => {
  it('is said again, also where the subscriptions have arrived and READY came', async () => {
    const room = new Room(1);
    const writer = await room.join();
    await room.rest();
    room.network.requestLossRate = 1;
    const newcomer = await room.join();
    await room.clock.advance(200);
    room.network.requestLossRate = 0;
    await room.clock.advance(800);
    presets(newcomer).set('pad', 1);
    await room.clock.advance(50);
    expect(presets(writer).get('pad')).toBe(1);
  });
});

describe('a newcomer to a group of forty', () => {
  it('fetches one copy of the state', { timeout: 60_000 }, async () => {
    const room = new Room(1);
    const members = await Promise.all(Array.from({ length: 40 }, () => room.join()));
    await room.rest();
    presets(members[0] as Member).set('big', 'x'.repeat(50_000));
    await room.rest();
    const newcomer = await room.join();
    await room.run(newcomer.instance.synced());
    await room.clock.advance(3000);
    expect(presets(newcomer).has('big')).toBe(true);
    expect(counters(newcomer)['catchUps']).toBe(1);
    expect(Number(counters(newcomer)['catchUpBytes'])).toBeLessThan(60_000);
  });
});

describe('where nobody may write, and one is lost', () => {
  it.each(['is read again', 'cannot be read'])(
    'the others come to rest, though they asked everybody, also while the roster %s',
    async (how) => {
      const room = new Room(1);
      const members = [await room.join({ canWrite: false }), await room.join({ canWrite: false }), await room.join({ canWrite: false })];
      await room.clock.advance(2000);
      for (const { instance } of members) expect(instance.inspect().isSynced).toBe(true);
      const [lost, ...others] = members as [Member, Member, Member];
      for (const { peer } of others)
        if (how === 'cannot be read') peer.options.discovery.list = () => Promise.reject(new Error('the roster cannot be read'));
      room.kill(lost);
      for (const { peer } of others) peer.synchronizer.listener.disconnected(lost.peer.id);
      // Timers without end in one instant are an error of the clock.
      await room.clock.advance(20_000);
      expect(others[0].instance.peers).toHaveLength(2);
    },
  );
});
