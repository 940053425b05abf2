/** What a publisher knows once `delivered()` has resolved. Under all kinds of weather: test/talk/receipts-seeds.test.ts. */

import { afterEach, describe, expect, it } from 'vitest';

import type { PeerId } from '../../src/base/ids.js';
import { EVERYONE, questionKey, topicKey } from '../../talk/keys.js';
import { ANSWERS_WAITING_MAX } from '../../talk/limits.js';
import { encodePublished } from '../../talk/wire/published-frame.js';
import { Ear, House, say } from './house.js';
import type { Member } from './member.js';

const LARGE_BYTES = 20_000_000;
const BEHIND_MS = 20_000;

let house: House;
afterEach(() => house.close());

/** Whether it has resolved by now, or with what it was rejected. */
function waitFor(member: Member, signal?: AbortSignal): { state: unknown } {
  const waiting: { state: unknown } = { state: 'waits' };
  member.talker.broadcasts.delivered(signal).then(
    () => (waiting.state = 'delivered'),
    (error: unknown) => (waiting.state = error),
  );
  return waiting;
}

async function membersOf(count: number): Promise<Member[]> {
  house = await House.of(count);
  return house.members;
}

describe('delivered()', () => {
  it('resolves once what was published has come to everyone, and not before', async () => {
    const [a, b, c] = (await membersOf(3)) as [Member, Member, Member];
    const ears = [new Ear(b, 'x'), new Ear(b, 'x'), new Ear(c, 'y')];
    await house.clock.advance(10);
    house.network.latencyMs = 50;
    say(a, 'x', '1');
    say(a, 'y', new Uint8Array(LARGE_BYTES));
    const waiting = waitFor(a);
    await a.talker.broadcasts.drained();
    await house.clock.advance(199);
    expect(waiting.state).toBe('waits');
    await house.clock.advance(1);
    expect(waiting.state).toBe('delivered');
    expect(ears.map(({ heard }) => heard)).toEqual([['x: 1'], ['x: 1'], [`y: ${LARGE_BYTES} bytes`]]);
  });

  it('before the first message proves that the subscriptions of others have come', async () => {
    const [a, b] = (await membersOf(2)) as [Member, Member];
    house.network.latencyMs = 50;
    const ear = new Ear(b, 'x');
    const waiting = waitFor(a);
    while (waiting.state !== 'delivered') await house.clock.advance(1);
    say(a, 'x', '1');
    await house.clock.advance(50);
    expect(ear.heard).toEqual(['x: 1']);
  });

  it('has what was lost counted as missed by then, without waiting for a tail', async () => {
    const [a, b] = (await membersOf(2)) as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    house.network.lossRate = 1;
    say(a, 'x', '1');
    say(a, 'x', new Uint8Array(600_000));
    await house.clock.advance(0);
    house.network.lossRate = 0;
    const waiting = waitFor(a);
    await house.clock.advance(10);
    expect(waiting.state).toBe('delivered');
    expect(ear.heard).toEqual(['x: missed 2']);
  });

  it('is one round trip where nobody has subscribed to anything, and none where nobody is there', async () => {
    const [a] = (await membersOf(3)) as [Member];
    const frames = house.passed.length;
    const waiting = waitFor(a);
    await house.clock.advance(2);
    expect(waiting.state).toBe('delivered');
    expect(house.passed.slice(frames).map(({ at, frame }) => [at, frame])).toEqual([
      [a, { kind: 'baseline', keys: [] }],
      [a, { kind: 'baseline', keys: [] }],
    ]);
    for (const other of house.members) if (other !== a) other.crash();
    await house.clock.advance(10);
    await a.talker.broadcasts.delivered();
  });

  it('waits until who is stopped goes on, or is lost; its signal ends that', async () => {
    const [a, b] = (await membersOf(3)) as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    const goOn = house.network.stop(b.id);
    say(a, 'x', '1');
    const ending = new AbortController();
    const [first, second] = [waitFor(a), waitFor(a, ending.signal)];
    await house.clock.advance(60_000);
    expect([first.state, second.state]).toEqual(['waits', 'waits']);
    ending.abort('enough');
    await house.clock.advance(0);
    expect([first.state, second.state]).toEqual(['waits', 'enough']);
    goOn();
    await house.clock.advance(10);
    expect([first.state, ear.heard]).toEqual(['delivered', ['x: 1']]);
    house.network.stop(b.id);
    const third = waitFor(a);
    await house.clock.advance(1000);
    expect(third.state).toBe('waits');
    b.crash();
    await house.clock.advance(10);
    expect(third.state).toBe('delivered');
  });

  it('rejects at once with the reason of a signal that was aborted before, and with SOCOMM_CLOSED at the end', async () => {
    const [a, b] = (await membersOf(2)) as [Member, Member];
    await expect(a.talker.broadcasts.delivered(AbortSignal.abort('no'))).rejects.toBe('no');
    house.network.stop(b.id);
    const waiting = waitFor(a);
    await house.clock.advance(10);
    a.talker.close();
    await house.clock.advance(0);
    expect(waiting.state).toMatchObject({ code: 'SOCOMM_CLOSED' });
    await expect(a.talker.broadcasts.delivered()).rejects.toMatchObject({ code: 'SOCOMM_CLOSED' });
  });

  it('works for two who ask each other while both publish, and leaves no question behind', async () => {
    const [a, b] = (await membersOf(2)) as [Member, Member];
    const ears = [new Ear(a, 'x'), new Ear(b, 'x')];
    await house.clock.advance(10);
    say(a, 'x', 'a');
    say(b, 'x', 'b');
    const waiting = [waitFor(a), waitFor(b), waitFor(a)];
    await house.clock.advance(10);
    expect(waiting.map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(ears.map(({ heard }) => heard)).toEqual([['x: b'], ['x: a']]);
    const { framesOut } = a.transport.traffic;
    await house.clock.advance(300_000);
    expect(a.transport.traffic.framesOut - framesOut).toBe(10); // the tails of x
  });

  it('comes about although a subscriber is much further behind than a question waits', async () => {
    const [a, b] = (await membersOf(2)) as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    house.network.slow(b.id, BEHIND_MS / 1000);
    for (let number = 0; number < 1000; number++) {
      say(a, 'x', `${number}`);
      await a.talker.broadcasts.drained();
    }
    const waiting = waitFor(a);
    await house.clock.advance(10);
    // So it stays as far behind, all the time.
    for (let ms = 0; ms < 5 * BEHIND_MS && waiting.state === 'waits'; ms += BEHIND_MS / 1000) {
      say(a, 'x', 'more');
      await house.clock.advance(BEHIND_MS / 1000);
    }
    expect(waiting.state).toBe('delivered');
    expect(ear.heard.length).toBeGreaterThan(1000);
  });

  it('is asked by a peer that was not met yet: it is answered when it is', async () => {
    const [a, b] = (await membersOf(2)) as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    b.lose(a.id);
    const waiting = waitFor(a);
    await house.clock.advance(100);
    expect(waiting.state).toBe('waits');
    b.link(a.id);
    await house.clock.advance(10);
    expect([waiting.state, ear.heard]).toEqual(['delivered', []]);
  });
});

describe('a hostile peer', () => {
  it('that asks without end, or answers what it was not asked, costs a bounded number of questions and nobody a receipt', async () => {
    const [a, b, c] = (await membersOf(3)) as [Member, Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    house.network.stop(c.id);
    const before = b.transport.traffic.framesOut;
    for (let number = 1; number <= ANSWERS_WAITING_MAX + 100; number++)
      b.talker.listener.subscribed(questionKey(c.id, b.id, number, `${topicKey(EVERYONE, '')}${number}`));
    b.talker.listener.subscribed(questionKey('f'.repeat(16) as PeerId, b.id, 1, `${topicKey(EVERYONE, '')}1`));
    const waiting = waitFor(a);
    // c's answer, in the name of b, and for keys that are nobody's.
    const keys = [{ key: 'nonsense', base: 0, number: 9 }];
    for (let number = 1; number <= 3; number++) {
      const key = questionKey(a.id, EVERYONE, number, `${topicKey(EVERYONE, '')}1`);
      a.talker.listener.published(encodePublished(b.id, { kind: 'tail', base: 0, number: 3 }), key, undefined);
      a.talker.listener.published(encodePublished('f'.repeat(16) as PeerId, { kind: 'baseline', keys }), key, undefined);
    }
    await house.clock.advance(100);
    expect(waiting.state).toBe('waits');
    expect([ear.heard, a.warnings, b.warnings]).toEqual([[], [], []]);
    expect(b.transport.traffic.framesOut - before).toBeLessThan(3);
  });
});
