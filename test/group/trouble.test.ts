/** When nobody can write: everyone is told once, why, and what to do; flushes do not wait for what cannot come; and it ends by itself. */

import { describe, expect, it } from 'vitest';

import { SocommError } from '../../src/base/errors.js';
import { COOL_DOWN_MAX_MS } from '../../src/election/election.js';
import type { InstanceEvents } from '../../src/events.js';
import { Room } from './room.js';
import type { Member } from './room.js';

const presets = ({ instance }: Member) => instance.doc.getMap<unknown>('presets');
/** The longest cool-down with all of its jitter, and what a takeover takes. */
const BY_ITSELF_MS = COOL_DOWN_MAX_MS * 1.25 + 500;

type Told = InstanceEvents['stalled'] | { readonly recovered: number | undefined };

/** What a member is told of stalls, in order. */
function listen({ instance }: Member): Told[] {
  const told: Told[] = [];
  instance.on('stalled', (stall) => void told.push(stall));
  instance.on('recovered', ({ writer }) => void told.push({ recovered: writer.term }));
  return told;
}

async function roomOf(count: number): Promise<{ readonly room: Room; readonly members: readonly Member[] }> {
  const room = new Room(1);
  const members: Member[] = [];
  for (let index = 0; index < count; index++) members.push(await room.join());
  await room.rest();
  return { room, members };
}

/** The store of this member alone, as if only its process were out of file descriptors. */
function breakStoreOf({ store }: Member, code: 'SOCOMM_STORE_FAILED' | 'SOCOMM_STORE_IN_USE'): { isMended: boolean; tries: number } {
  const fault = { isMended: false, tries: 0 };
  const [open, append] = [store.open.bind(store), store.append.bind(store)];
  const fail = (): never => {
    throw new SocommError(code, 'the store of this one is broken.');
  };
  store.open = async () => {
    fault.tries++;
    return fault.isMended ? open() : fail();
  };
  store.append = async (term, records) => (fault.isMended ? append(term, records) : fail());
  return fault;
}

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );

describe('a group in which nobody can write', () => {
  it('is told so where the only one who may has a disk that fails, and goes on by itself when the disk does', async () => {
    const { room, members } = await roomOf(1);
    const [only] = members as [Member];
    const told = listen(only);
    room.diskErrorRate = 1;
    presets(only).set('pad', 1);
    const error = await room.run(outcome(only.instance.flush()), 500);
    expect(error).toMatchObject({ name: 'SocommError', code: 'SOCOMM_STORE_FAILED' });
    for (const part of ['nobody', 'writing failed', 'in memory', 'spilled', 'by itself']) expect((error as Error).message).toContain(part);
    expect(told).toEqual([{ writer: undefined, reason: 'SOCOMM_STORE_FAILED' }]);
    expect(await room.run(outcome(only.instance.flush()), 10)).toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    const found = only.instance.inspect();
    expect(found).toMatchObject({ isStalled: true, stallReason: 'SOCOMM_STORE_FAILED', peers: [{ trouble: 'SOCOMM_STORE_FAILED' }] });
    expect(found.stallText).toContain('what is not on disk is spilled');
    await room.clock.advance(60_000);
    expect(told).toHaveLength(1);
    room.diskErrorRate = 0;
    await room.clock.advance(BY_ITSELF_MS);
    expect(told).toEqual([{ writer: undefined, reason: 'SOCOMM_STORE_FAILED' }, { recovered: 2 }]);
    expect(await room.run(only.instance.flush())).toEqual({ term: 2 });
    expect(only.instance.inspect()).toMatchObject({ isStalled: false, stallText: undefined, peers: [{ trouble: '' }] });
  });

  it('refuses a flush no sooner than the next turn of the loop: who insists does not starve what could end the trouble', async () => {
    const { room, members } = await roomOf(1);
    const [only] = members as [Member];
    room.diskErrorRate = 1;
    presets(only).set('pad', 1);
    await room.clock.advance(1000);
    let error: unknown;
    only.instance.flush().catch((thrown: unknown) => (error = thrown));
    for (let count = 0; count < 1000; count++) await Promise.resolve();
    expect(error).toBeUndefined();
    await room.clock.advance(0);
    expect(error).toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
  });

  it('is told so once everybody who may has tried in vain, and not before: also who may not, and whose flush was waiting', async () => {
    const { room, members } = await roomOf(3);
    const watcher = await room.join({ canWrite: false });
    await room.rest();
    const all = [...members, watcher];
    const told = all.map(listen);
    const sawTrouble = new Set<string>();
    room.diskErrorRate = 1;
    for (const member of all) presets(member).set(member.peer.id, 1);
    const flushes = all.map((member) => outcome(member.instance.flush()));
    const stalledAt: number[] = [];
    watcher.instance.on('stalled', () => {
      stalledAt.push(room.clock.now());
      for (const { trouble, id } of watcher.instance.peers) if (trouble !== '') sawTrouble.add(id);
    });
    for (const error of await room.run(Promise.all(flushes), 20_000)) expect(error).toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    expect(sawTrouble).toEqual(new Set(members.map(({ peer }) => peer.id)));
    for (const each of told) expect(each).toEqual([{ writer: undefined, reason: 'SOCOMM_STORE_FAILED' }]);
    // All goes on in memory.
    presets(watcher).set('later', 1);
    await room.clock.advance(1000);
    for (const member of all) expect(presets(member).size).toBe(5);
    expect(await room.run(outcome(watcher.instance.flush()), 3000)).toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    await room.clock.advance(40_000);
    for (const each of told) expect(each).toHaveLength(1);
    room.diskErrorRate = 0;
    await room.clock.advance(BY_ITSELF_MS);
    for (const each of told) expect(each).toHaveLength(2);
    await room.run(Promise.all(all.map((member) => member.instance.flush())));
    for (const member of all) expect(member.instance.inspect().peers.map(({ trouble }) => trouble)).toEqual(['', '', '', '']);
  });

  it('is not one in which somebody can: its flushes wait for that one, and nobody is told of a stall', async () => {
    const { room, members } = await roomOf(3);
    const writer = members.find(({ peer }) => peer.role === 'writer') as Member;
    const told = members.map(listen);
    breakStoreOf(writer, 'SOCOMM_STORE_FAILED');
    presets(writer).set('pad', 1);
    const [flushed] = await room.run(Promise.all([writer.instance.flush(), ...members.map((member) => member.instance.flush())]));
    expect(flushed?.term).toBeGreaterThan(1);
    expect(writer.peer.role).toBe('follower');
    expect(told).toEqual([[], [], []]);
    // Somebody else leads: it has no reason to say that it cannot.
    expect(writer.instance.inspect().peers[0]).toMatchObject({ isSelf: true, trouble: '' });
    expect(writer.peer.candidacy.failure).toBeUndefined();
  });

  it('where the directory is gone says that, and is told of a newcomer that can', async () => {
    const { room, members } = await roomOf(2);
    const [a, b] = members as [Member, Member];
    const told = listen(b);
    room.disk.remove();
    presets(a).set('pad', 1);
    for (const member of [a, b])
      expect(await room.run(outcome(member.instance.flush()), 20_000)).toMatchObject({ code: 'SOCOMM_STORE_GONE' });
    expect(told).toEqual([{ writer: undefined, reason: 'SOCOMM_STORE_GONE' }]);
    // Whoever comes may still write, until it has tried: then a flush is worth waiting for.
    const newcomer = await room.join();
    expect(await room.run(outcome(newcomer.instance.flush()), 20_000)).toMatchObject({ code: 'SOCOMM_STORE_GONE' });
    expect(told).toHaveLength(1);
  });

  it('lets a newcomer in all the same: it catches up from those who have the whole state in memory', async () => {
    const { room, members } = await roomOf(2);
    room.diskErrorRate = 1;
    presets(members[0] as Member).set('pad', 1);
    await room.clock.advance(5000);
    const newcomer = await room.run(room.join({ wait: 'synced' }), 3000);
    expect(presets(newcomer).get('pad')).toBe(1);
    expect(await room.run(outcome(newcomer.instance.flush()), 3000)).toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    for (const member of [...members, newcomer]) room.kill(member);
    await expect(room.run(room.join({ wait: 'synced' }), 3000)).rejects.toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
  });

  it('has nobody who may when the last one in trouble leaves, and writes again when somebody comes who can', async () => {
    const { room, members } = await roomOf(1);
    const watcher = await room.join({ canWrite: false });
    await room.rest();
    room.diskErrorRate = 1;
    presets(watcher).set('pad', 1);
    expect(await room.run(outcome(watcher.instance.flush()), 5000)).toMatchObject({ code: 'SOCOMM_STORE_FAILED' });
    room.kill(members[0] as Member);
    await room.clock.advance(500);
    expect(await room.run(outcome(watcher.instance.flush()), 500)).toMatchObject({ code: 'SOCOMM_NO_WRITER' });
    room.diskErrorRate = 0;
    const newcomer = await room.join();
    await room.rest();
    await room.run(watcher.instance.flush());
    expect(presets(newcomer).get('pad')).toBe(1);
    expect(watcher.instance.inspect().isStalled).toBe(false);
  });
});

describe('a candidate', () => {
  it('whose database another program has open tries ever more seldom, and takes over when it may', async () => {
    const room = new Room(1);
    room.disk.breakLock();
    const only = await room.join();
    await room.rest();
    const fault = breakStoreOf(only, 'SOCOMM_STORE_IN_USE');
    room.disk.breakLock();
    await room.clock.advance(10_000);
    const { tries } = fault;
    await room.clock.advance(60_000);
    expect(fault.tries - tries).toBeGreaterThanOrEqual(5);
    expect(fault.tries - tries).toBeLessThanOrEqual(11);
    expect(await room.run(outcome(only.instance.flush()), 10)).toMatchObject({ code: 'SOCOMM_STORE_IN_USE' });
    fault.isMended = true;
    await room.clock.advance(BY_ITSELF_MS);
    expect(only.peer.role).toBe('writer');
  });

  it.each([1, 2])('of %s that was robbed of its lock takes it again at once, and no flush is refused for that', async (count) => {
    const { room, members } = await roomOf(count);
    const told = members.map(listen);
    const terms: (number | undefined)[] = [];
    members[0]?.instance.on('writer-changed', ({ writer }) => void terms.push(writer?.term));
    for (let round = 0; round < 5; round++) {
      room.disk.breakLock();
      for (const member of members) presets(member).set(`${member.peer.id}-${round}`, 1);
      await room.run(Promise.all(members.map((member) => member.instance.flush())), 300);
    }
    const given = terms.filter((term) => term !== undefined);
    expect(given).toEqual([...given].sort((a, b) => a - b));
    expect(given).toHaveLength(5);
    expect(told.flat()).toEqual([]);
  });

  it('that was robbed by another steps down as soon as it hears of it, though it has nothing to write', async () => {
    const { room, members } = await roomOf(3);
    const writer = members.find(({ peer }) => peer.role === 'writer') as Member;
    const robber = members.find((member) => member !== writer) as Member;
    room.disk.breakLock();
    robber.peer.candidacy.writerChanged(undefined);
    await room.clock.advance(30);
    expect(writer.peer.candidacy.state.kind).toBe('following');
    expect(robber.peer.role).toBe('writer');
    for (const { instance } of members) expect(instance.writer).toEqual({ id: robber.peer.id, term: 2 });
  });
});
