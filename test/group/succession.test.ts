/** Who takes over is who has been here longest, as far as that one can; and it has rehearsed. The lock decides, not this. */

import { beforeEach, describe, expect, it } from 'vitest';

import { REHEARSAL_AFTER_MS, REHEARSED_IN_LINE } from '../../src/election/rehearsal.js';
import { Room } from './room.js';
import type { Member, RoomJoinOptions } from './room.js';

let room: Room;
let writer: Member;

beforeEach(async () => {
  room = new Room(1);
  writer = await room.join();
  await room.rest();
});

/** One after the other. */
async function join(...each: readonly RoomJoinOptions[]): Promise<readonly Member[]> {
  const members: Member[] = [];
  for (const options of each) {
    members.push(await room.join(options));
    await room.rest();
  }
  return members;
}

const writerId = (member: Member | undefined): string | undefined => member?.peer.writer?.id;

describe('when the writer goes', () => {
  it('the one takes over who has been here longest, though it hears of it last; and so one after the other', async () => {
    const followers = await join({}, {}, {}, {}, {});
    for (const follower of followers) {
      const hear = room.network.stop(follower.peer.id);
      room.kill(writer);
      await room.clock.advance(3);
      hear();
      await room.rest();
      expect(writerId(followers.at(-1))).toBe(follower.peer.id);
      writer = follower;
    }
  });

  it('who never writes keeps nobody waiting, and who joined later does not go first', async () => {
    const [, second, last] = await join({ canWrite: false }, {}, {});
    room.kill(writer);
    await room.clock.advance(5);
    expect(second?.peer.candidacy.state.kind).not.toBe('following');
    await room.rest();
    expect(writerId(last)).toBe(second?.peer.id);
  });

  it('and who is next hears nothing, another takes over some milliseconds later', async () => {
    const [first, second] = await join({}, {});
    room.network.stop((first as Member).peer.id);
    room.kill(writer);
    await room.clock.advance(20);
    expect(second?.peer.candidacy.state.kind).not.toBe('following');
  });
});

describe('a takeover is rehearsed', () => {
  it('once, by the three who are next, and by the others when it is their turn', async () => {
    const rehearsed: number[] = [];
    const members = await join(...[0, 1, 2, 3].map((index) => ({ peer: { rehearse: () => Promise.resolve(void rehearsed.push(index)) } })));
    await room.clock.advance(2 * REHEARSAL_AFTER_MS);
    expect(rehearsed).toEqual([0, 1, 2]);
    expect(rehearsed.length).toBe(REHEARSED_IN_LINE);
    room.kill(members[0] as Member);
    await room.clock.advance(60_000);
    expect(rehearsed).toEqual([0, 1, 2, 3]);
  });

  it('also where somebody goes again and again', async () => {
    const rehearsed: number[] = [];
    const patient = await room.join({ peer: { rehearse: () => Promise.resolve(void rehearsed.push(0)) } });
    const guests = await Promise.all([room.join(), room.join(), room.join()]);
    await room.clock.advance(REHEARSAL_AFTER_MS / 4);
    for (const guest of guests) {
      room.kill(guest);
      await room.clock.advance(REHEARSAL_AFTER_MS / 2);
    }
    expect([patient.peer.role, rehearsed]).toEqual(['follower', [0]]);
  });

  it('not by who writes, and no longer than until it is in earnest or over', async () => {
    const aborted: boolean[] = [];
    const rehearse = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(void aborted.push(true)), { once: true }));
    const [first, second] = await join({ peer: { rehearse } }, { peer: { rehearse } });
    await room.clock.advance(2 * REHEARSAL_AFTER_MS);
    room.kill(writer);
    await room.rest();
    expect([writerId(second), aborted]).toEqual([first?.peer.id, [true]]);
    await room.run(room.leave(second as Member));
    expect(aborted).toEqual([true, true]);
  });
});
