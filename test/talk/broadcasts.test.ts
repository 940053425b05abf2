import { afterEach, describe, expect, it } from 'vitest';

import type { InstanceId } from '../../src/base/ids.js';
import { LARGE_BYTES_MIN, MESSAGE_BYTES_MAX, UNSENT_BYTES_MAX, PIECE_BYTES_MAX } from '../../talk/limits.js';
import { Ear, House, say } from './house.js';
import type { Member } from './member.js';

let house: House;
afterEach(() => house.close());

describe('a topic', () => {
  it('brings what is published to who subscribed, in order, and nothing to others', async () => {
    house = await House.of(3);
    const [a, b, c] = house.members as [Member, Member, Member];
    const [exact, below, other] = [new Ear(b, 'meters/left'), new Ear(b, 'meters/'), new Ear(c, 'clock')];
    await house.clock.advance(10);
    for (const text of ['1', '2']) say(a, 'meters/left', text);
    say(a, 'meters/bus/1', '3');
    say(a, 'metersx', '4');
    await house.clock.advance(10);
    expect(exact.heard).toEqual(['meters/left: 1', 'meters/left: 2']);
    expect(below.heard).toEqual(['meters/left: 1', 'meters/left: 2', 'meters/bus/1: 3']);
    expect(other.heard).toEqual([]);
    expect(house.passed.filter(({ at }) => at === c).map(({ frame }) => frame.kind)).toEqual(['baseline', 'baseline']);
  });

  it('goes to one peer or one instance where that is asked for', async () => {
    house = await House.of(3);
    const [a, b, c] = house.members as [Member, Member, Member];
    const second = b.addInstance();
    const ears = [new Ear(b, 'x'), new Ear(b, 'x', second), new Ear(c, 'x')];
    await house.clock.advance(10);
    say(a, 'x', 'peer', { to: b.id });
    say(a, 'x', 'instance', { to: second });
    await house.clock.advance(10);
    expect(ears.map(({ heard }) => heard)).toEqual([['x: peer'], ['x: peer', 'x: instance'], []]);
  });

  it('reaches other instances of the same peer after the call, and the publisher only if it asks for it', async () => {
    house = await House.of(1);
    const [a] = house.members as [Member];
    const [own, other] = [new Ear(a, 'x'), new Ear(a, 'x', a.addInstance())];
    const bytes = Buffer.from('1');
    say(a, 'x', bytes);
    bytes.fill('9');
    say(a, 'x', '2', { isEchoed: true });
    say(a, 'x', '3', { to: a.id });
    say(a, 'x', '4', { to: `${a.id}.2` as InstanceId });
    expect([own.heard, other.heard]).toEqual([[], []]);
    await house.clock.advance(0);
    expect(own.heard).toEqual(['x: 2']);
    expect(other.heard).toEqual(['x: 1', 'x: 2', 'x: 3', 'x: 4']);
  });

  it('ends with its subscription, and with its instance', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const second = b.addInstance();
    const [ended, closed, left] = [new Ear(b, 'x'), new Ear(b, 'x', second), new Ear(b, 'x')];
    await house.clock.advance(10);
    ended.subscription.end();
    b.closeInstance(second);
    say(a, 'x', '1');
    await house.clock.advance(10);
    expect([ended.heard, closed.heard, left.heard]).toEqual([[], [], ['x: 1']]);
    left.subscription.end();
    await house.clock.advance(10);
    const { framesIn } = b.transport.traffic;
    say(a, 'x', '2');
    await house.clock.advance(10);
    expect(b.transport.traffic.framesIn).toBe(framesIn);
  });

  it('is ready when all linked peers have confirmed, or have gone', async () => {
    house = await House.of(3);
    const [, b, c] = house.members as [Member, Member, Member];
    const [first] = house.members as [Member];
    house.network.stop(c.id);
    const ear = new Ear(first, 'x');
    let isReady = false;
    void ear.subscription.ready.then(() => (isReady = true));
    await house.clock.advance(10_000);
    expect(isReady).toBe(false);
    c.crash();
    await house.clock.advance(10);
    expect(isReady).toBe(true);
    expect(b.isGone).toBe(false);
  });

  it('passes by a subscriber that throws', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const thrower = new Ear(b, 'x');
    thrower.message = () => {
      throw new Error('not today');
    };
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    say(a, 'x', '1');
    await house.clock.advance(10);
    expect(ear.heard).toEqual(['x: 1']);
    expect(b.warnings).toEqual(['listener-threw: a subscriber of x threw: not today']);
  });
});

describe('publishing', () => {
  it('gathers by turns under several keys, codecs and sizes, and hands each key over in its order', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ears = [new Ear(b, 'x'), new Ear(b, 'y'), new Ear(b, 'x')];
    await house.clock.advance(10);
    for (const round of ['1', '2']) for (const topic of ['x', 'y']) say(a, topic, round);
    say(a, 'x', '3', { codec: 'json' });
    say(a, 'y', '3');
    say(a, 'y', new Uint8Array(LARGE_BYTES_MIN));
    for (const topic of ['x', 'y']) say(a, topic, '4', { codec: 'json' });
    await house.clock.advance(10);
    say(a, 'x', '5');
    await house.clock.advance(10);
    const [x, y] = ['x', 'y'].map((topic) => ['1', '2', '3', '4', '5'].map((text) => `${topic}: ${text}`)) as [string[], string[]];
    expect(ears.map(({ heard }) => heard)).toEqual([x, [...y.slice(0, 3), `y: ${LARGE_BYTES_MIN} bytes`, 'y: 4'], x]);
    const frames = house.passed.filter(({ frame }) => frame.kind === 'messages' || frame.kind === 'piece');
    expect(frames.map(({ key, frame }) => `${key} ${frame.kind === 'messages' ? frame.items.length : 'piece'}`)).toEqual([
      't/*/x| 2',
      't/*/y| 3',
      't/*/x| 2',
      't/*/y| piece',
      't/*/y| 1',
      't/*/x| 1',
    ]);
  });

  it('gathers one tick in one frame per key, and goes on gathering while the transport is busy', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    house.busyMs = 100;
    for (let index = 0; index < 50; index++) say(a, 'x', `${index}`);
    await house.clock.advance(10);
    for (let index = 50; index < 60; index++) {
      say(a, 'x', `${index}`);
      await house.clock.advance(1);
    }
    await house.clock.advance(200);
    expect(house.frames('messages').map(({ number, items }) => [number, items.length])).toEqual([
      [1, 50],
      [51, 10],
    ]);
    expect(ear.heard).toEqual(Array.from({ length: 60 }, (_, index) => `x: ${index}`));
  });

  it('carries a large message in pieces, in order with the others', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    const large = new Uint8Array(MESSAGE_BYTES_MAX);
    for (let index = 0; index < large.length; index += 1000) large[index] = index % 251;
    say(a, 'x', '1');
    await a.talker.broadcasts.drained();
    say(a, 'x', large);
    await house.clock.advance(0);
    say(a, 'x', '3');
    await house.clock.advance(100);
    expect(ear.heard).toEqual(['x: 1', `x: ${MESSAGE_BYTES_MAX} bytes`, 'x: 3']);
    expect(Buffer.compare(ear.bodies[1] as Uint8Array, large)).toBe(0);
    expect(house.frames('piece').length).toBe(MESSAGE_BYTES_MAX / PIECE_BYTES_MAX);
    expect(a.talker.broadcasts.waitingBytes.outgoing).toBe(0);
  });

  it('refuses what is too large, and what cannot wait; after drained() there is room', async () => {
    house = await House.of(1);
    const [a] = house.members as [Member];
    expect(() => say(a, 'x', new Uint8Array(MESSAGE_BYTES_MAX + 1))).toThrow(expect.objectContaining({ code: 'SOCOMM_TOO_LARGE' }));
    const large = new Uint8Array(UNSENT_BYTES_MAX / 4 - 65_536);
    for (let index = 0; index < 4; index++) say(a, 'x', large);
    expect(() => say(a, 'x', large)).toThrow(expect.objectContaining({ code: 'SOCOMM_QUEUE_FULL' }));
    await a.talker.broadcasts.drained();
    expect(() => say(a, 'x', large)).not.toThrow();
    await a.talker.broadcasts.drained();
    await a.talker.broadcasts.drained();
  });

  it('costs no memory where a subscriber is stopped, and that one is told how many it missed', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    house.network.highWaterFrames = 10;
    const goOn = house.network.stop(b.id);
    for (let index = 1; index <= 1000; index++) {
      say(a, 'x', `${index}`);
      await house.clock.advance(1);
    }
    expect(a.talker.broadcasts.waitingBytes.outgoing).toBe(0);
    expect(house.network.mostWaiting.published).toBe(10);
    goOn();
    await house.clock.advance(60_000);
    expect(ear.heard).toEqual([...Array.from({ length: 10 }, (_, index) => `x: ${index + 1}`), 'x: missed 990']);
  });

  it('hands over what has gathered when it closes, and says nothing afterwards', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    say(a, 'x', '1');
    a.talker.close();
    say(a, 'x', '2');
    await house.clock.advance(10);
    expect(ear.heard).toEqual(['x: 1']);
  });
});
