import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { seededRandom } from '../../src/base/random.js';
import { questionKey, topicKey, valuesKey } from '../../talk/keys.js';
import { MESSAGE_BYTES_MAX, OWN_KEYS_MAX, PARTIAL_BYTES_MAX, PIECE_BYTES_MAX, SUBSCRIPTIONS_MAX } from '../../talk/limits.js';
import { encodePublished } from '../../talk/wire/published-frame.js';
import { arbitraryPublished } from './arbitrary-published.js';
import { Ear, firstOf, House, say } from './house.js';
import type { Member } from './member.js';

let house: House;
afterEach(() => house.close());

describe('numbers', () => {
  it('are never given twice, however many keys there are, and nobody is told of a loss that was none', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'many/');
    await house.clock.advance(10);
    const rounds = 2;
    for (let round = 0; round < rounds; round++) {
      for (let index = 0; index < OWN_KEYS_MAX + 10; index++) say(a, `many/${index}`, `${round}`);
      await house.clock.advance(10);
    }
    await house.clock.advance(200);
    expect(ear.heard.filter((text) => text.includes('missed'))).toEqual([]);
    expect(ear.heard.length).toBe(rounds * (OWN_KEYS_MAX + 10));
    const numbers = house.passed.flatMap(({ key, frame }) => (frame.kind === 'messages' && key.endsWith('many/0|') ? [frame.number] : []));
    expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
    expect(new Set(numbers).size).toBe(rounds);
  });

  it('show a loss at the latest when the last is repeated; after that nobody says anything any more', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    house.network.lossRate = 1;
    say(a, 'x', '1');
    await house.clock.advance(1000);
    expect(ear.heard).toEqual([]);
    house.network.lossRate = 0;
    await house.clock.advance(1000);
    expect(ear.heard).toEqual(['x: missed 1']);
    ear.subscription.end();
    await house.clock.advance(120_000);
    expect(house.clock.pendingCount).toBe(0);
  });

  it('are asked for again by whoever was away while all of that was said', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    house.network.lossRate = 1;
    b.clock.stop();
    say(a, 'x', '1');
    await house.clock.advance(200_000);
    house.network.lossRate = 0;
    expect(ear.heard).toEqual([]);
    b.clock.goOn();
    await house.clock.advance(20);
    expect(ear.heard).toEqual(['x: missed 1']);
  });

  it('are not told in the middle of a large message, which would be missed by who hears the rest of it', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    house.busyMs = 20;
    say(a, 'x', new Uint8Array(4 * PIECE_BYTES_MAX));
    await house.clock.advance(30);
    const ear = new Ear(b, 'x');
    await house.clock.advance(20_000);
    expect(ear.heard).toEqual([]);
    say(a, 'x', 'next');
    await house.clock.advance(100);
    expect(ear.heard).toEqual(['x: next']);
    expect(b.talker.broadcasts.waitingBytes.incoming).toBe(0);
  });

  it('are followed by each subscription on its own: a later one is not told of what was lost before it', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const early = new Ear(b, 'x');
    await house.clock.advance(10);
    house.network.lossRate = 1;
    say(a, 'x', '1');
    await house.clock.advance(10);
    house.network.lossRate = 0;
    const late = new Ear(b, 'x');
    await house.clock.advance(10);
    say(a, 'x', '2');
    await house.clock.advance(10);
    expect(early.heard).toEqual(['x: missed 1', 'x: 2']);
    expect(late.heard).toEqual(['x: 2']);
  });

  it('count a large message once, if any of its pieces is lost', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    house.busyMs = 10;
    say(a, 'x', new Uint8Array(3 * PIECE_BYTES_MAX));
    await house.clock.advance(5);
    house.network.lossRate = 1;
    await house.clock.advance(10);
    house.network.lossRate = 0;
    say(a, 'x', '2');
    await house.clock.advance(50);
    expect(ear.heard).toEqual(['x: missed 1', 'x: 2']);
    expect(b.talker.broadcasts.waitingBytes.incoming).toBe(0);
  });

  it('of a peer that was lost go on where they were: what it said meanwhile is missed', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    say(a, 'x', '1');
    await house.clock.advance(10);
    b.transport.disconnect(a.id);
    b.lose(a.id);
    say(a, 'x', '2');
    await house.clock.advance(10);
    house.link(a, b);
    await house.clock.advance(10);
    say(a, 'x', '3');
    await house.clock.advance(10);
    expect(ear.heard).toEqual(['x: 1', 'x: missed 1', 'x: 3']);
  });
});

describe('what comes from outside', () => {
  it('never throws, is counted, and warned of once in a while', async () => {
    house = await House.of(2);
    const [, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'x');
    await house.clock.advance(10);
    const random = seededRandom(3);
    for (let count = 0; count < 2000; count++) b.talker.listener.published(random.bytes(count % 64), topicKey('*', 'x'), undefined);
    expect(b.talker.broadcasts.dropped.unreadable).toBe(2000);
    expect(b.warnings.length).toBe(1);
    expect(ear.heard).toEqual([]);
  });

  it('never throws where it can be read and cannot be true, and does not fill memory', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ears = [new Ear(b, 'x'), new Ear(b, 'x/')];
    b.talker.values.subscribe('x', () => undefined);
    const asked: string[] = [];
    const keys = [
      topicKey('*', 'x'),
      topicKey('*', 'x/y'),
      topicKey(b.id, 'x'),
      valuesKey('x'),
      questionKey(b.id, a.id, 1, topicKey('*', 'x')),
    ];
    const random = seededRandom(7);
    fc.assert(
      fc.property(arbitraryPublished, (frame) => {
        const key = keys[Math.floor(random.fraction() * keys.length)] as string;
        asked.push(frame.kind);
        b.talker.listener.published(encodePublished(a.id, frame), key, random.fraction() < 0.5 ? random.bytes(20) : undefined);
        b.talker.listener.subscribed(key);
      }),
      { numRuns: 3000, seed: 1 },
    );
    await house.clock.advance(1000);
    expect(new Set(asked).size).toBe(6);
    expect(ears.every(({ heard }) => heard.length > 0)).toBe(true);
    expect(b.talker.broadcasts.waitingBytes.incoming).toBe(0);
  });

  it('is left alone where its sender is nobody that we are linked with', async () => {
    house = await House.of(2);
    const [, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'x');
    const frame = { kind: 'messages', base: 0, number: 1, codec: 'raw', items: [{ instance: 1, bytes: Uint8Array.of(1) }] } as const;
    const stranger = 'ffffffffffffffff' as typeof b.id;
    b.talker.listener.published(encodePublished(stranger, frame), topicKey('*', 'x'), undefined);
    expect(ear.heard).toEqual([]);
    expect(b.talker.broadcasts.dropped.unlinked).toBe(1);
  });

  it('fills no memory with large messages that never become whole', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const ear = new Ear(b, 'big/');
    await house.clock.advance(10);
    const body = new Uint8Array(PIECE_BYTES_MAX);
    const piece = { kind: 'piece', base: 0, codec: 'raw', instance: 1, index: 0, bytesTotal: MESSAGE_BYTES_MAX } as const;
    for (let topic = 0; topic < 20; topic++) {
      const key = topicKey('*', `big/${topic}`);
      b.talker.listener.published(encodePublished(a.id, { ...piece, number: 1 }), key, body);
      b.talker.listener.published(encodePublished(a.id, { ...piece, number: 2 }), key, body);
      b.talker.listener.published(encodePublished(a.id, { ...piece, number: 3 }), key, body.subarray(1));
    }
    expect(b.talker.broadcasts.waitingBytes.incoming).toBeLessThanOrEqual(PARTIAL_BYTES_MAX);
    expect(b.talker.broadcasts.dropped.refused).toBe(20 + 2 * (20 - PARTIAL_BYTES_MAX / MESSAGE_BYTES_MAX));
    b.lose(a.id);
    expect(b.talker.broadcasts.waitingBytes.incoming).toBe(0);
    expect(ear.heard).toEqual([]);
  });

  it('and inside: no more subscriptions than one peer can follow', async () => {
    house = await House.of(1);
    const [a] = house.members as [Member];
    const ears = Array.from({ length: SUBSCRIPTIONS_MAX }, (_, index) => new Ear(a, `x${index}`));
    expect(ears.length).toBe(SUBSCRIPTIONS_MAX);
    expect(() => new Ear(a, 'more')).toThrow(expect.objectContaining({ code: 'SOCOMM_BUSY' }));
    a.closeInstance(firstOf(a));
    expect(() => new Ear(a, 'more', a.addInstance())).not.toThrow();
  });
});
