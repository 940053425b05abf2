import { afterEach, describe, expect, it } from 'vitest';

import type { InstanceId } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { valuesKey } from '../../talk/keys.js';
import { VALUE_BYTES_MAX, VALUE_NAMES_MAX, VALUES_MAX } from '../../talk/limits.js';
import { HeardPeer } from '../../talk/values/heard-peer.js';
import { encodePublished } from '../../talk/wire/published-frame.js';
import type { PublishedValue } from '../../talk/wire/published-frame.js';
import { firstOf, House } from './house.js';
import type { Member } from './member.js';
import { Watching } from './watching.js';

let house: House;
afterEach(() => house.close());

function set(
  member: Member,
  key: string,
  text: string,
  more: { readonly name?: string; readonly instance?: InstanceId; readonly perSecondMax?: number } = {},
): void {
  const { name = 'knobs', instance = firstOf(member), perSecondMax = 60 } = more;
  member.talker.values.set(instance, name, { key, codec: 'raw', bytes: Buffer.from(text), perSecondMax });
}

function shown({ view }: Watching): string[] {
  return [...view.values()].map((text) => text.replace(/^0+/, '').replace(' raw ', '='));
}

describe('ephemeral values', () => {
  it('are sent at once, and then at most so often, each time the latest of each key', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const watching = new Watching(b, 'knobs');
    await house.clock.advance(10);
    set(a, 'gain', '0', { perSecondMax: 10 });
    await house.clock.advance(2);
    expect(shown(watching)).toEqual(['1.1 gain=0']);
    for (let index = 1; index <= 1000; index++) {
      set(a, 'gain', `${index}`, { perSecondMax: 10 });
      set(a, 'pan', `${-index}`, { perSecondMax: 10 });
      await house.clock.advance(1);
    }
    await house.clock.advance(200);
    expect(shown(watching)).toEqual(['1.1 gain=1000', '1.1 pan=-1000']);
    expect(house.frames('values').length).toBe(12);
  });

  it('come to a newcomer at once, whole, and in as many frames as they need', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    for (let index = 0; index < 40; index++) set(a, `k${index}`, `${index}`.padEnd(20_000));
    set(b, 'own', '1');
    await house.clock.advance(1000);
    const watching = new Watching(b, 'knobs');
    expect(watching.view.size).toBe(1);
    await house.clock.advance(5);
    expect(watching.isReady).toBe(true);
    expect(watching.view.size).toBe(41);
    expect(house.frames('whole').length).toBe(14);
    const newcomer = await house.join();
    const late = new Watching(newcomer, 'knobs');
    await house.clock.advance(10);
    expect(late.view.size).toBe(41);
  });

  it('of our own instances are told to subscribers here, too, after the call, the latest of each key', async () => {
    house = await House.of(1);
    const [a] = house.members as [Member];
    const told: string[] = [];
    a.talker.values.subscribe('knobs', (changes) =>
      told.push(changes.map(({ key, bytes }) => `${key}=${bytes === undefined ? 'gone' : Buffer.from(bytes).toString()}`).join(' ')),
    );
    const bytes = Buffer.from('1');
    a.talker.values.set(firstOf(a), 'knobs', { key: 'a', codec: 'raw', bytes, perSecondMax: 60 });
    bytes.fill('9');
    set(a, 'b', '1');
    set(a, 'b', '2');
    expect(told).toEqual([]);
    await house.clock.advance(0);
    a.talker.values.delete(firstOf(a), 'knobs', 'a');
    a.talker.values.delete(firstOf(a), 'knobs', 'unknown');
    await house.clock.advance(0);
    expect(told).toEqual(['a=1 b=2', 'a=gone']);
    expect(a.talker.values.entries('knobs').map(({ key }) => key)).toEqual(['b']);
  });

  it('vanish with their instance and with their peer, and come back with the peer, never with the instance', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const second = a.addInstance();
    const watching = new Watching(b, 'knobs');
    set(a, 'x', '1');
    set(a, 'x', '2', { instance: second });
    await house.clock.advance(10);
    expect(shown(watching)).toEqual(['1.1 x=1', '1.2 x=2']);
    b.instanceLeft(second);
    await house.clock.advance(0);
    expect(shown(watching)).toEqual(['1.1 x=1']);
    set(a, 'x', '3', { instance: second }); // on its way while the news of its end came
    await house.clock.advance(50);
    expect(shown(watching)).toEqual(['1.1 x=1']);
    a.closeInstance(second);
    b.lose(a.id);
    await house.clock.advance(0);
    expect(shown(watching)).toEqual([]);
    expect(b.talker.values.entries('knobs')).toEqual([]);
    set(a, 'x', '4'); // of somebody who is not linked
    await house.clock.advance(50);
    expect(shown(watching)).toEqual([]);
    house.link(a, b);
    await house.clock.advance(50);
    expect(shown(watching)).toEqual(['1.1 x=4']);
  });

  it('vanish with their instance also where nobody says so but their peer', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const watching = new Watching(b, 'knobs');
    set(a, 'x', '1');
    await house.clock.advance(50);
    a.closeInstance(firstOf(a));
    await house.clock.advance(50);
    expect(shown(watching)).toEqual([]);
  });

  it('are not heard of where nobody subscribes, nor after that has ended; and leave no timer', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const watching = new Watching(b, 'knobs');
    set(a, 'x', '1');
    await house.clock.advance(50);
    watching.end();
    watching.end();
    expect(b.talker.values.entries('knobs')).toEqual([]);
    set(a, 'x', '2');
    await house.clock.advance(150_000);
    expect(shown(watching)).toEqual(['1.1 x=1']);
    expect(house.clock.pendingCount).toBe(0);
  });

  it('pass by a subscriber that throws', async () => {
    house = await House.of(1);
    const [a] = house.members as [Member];
    a.talker.values.subscribe('knobs', () => {
      throw new Error('not today');
    });
    const watching = new Watching(a, 'knobs');
    set(a, 'x', '1');
    await house.clock.advance(0);
    expect(shown(watching)).toEqual(['1.1 x=1']);
    expect(a.warnings).toEqual(['listener-threw: a subscriber of the values knobs threw: not today']);
  });

  it('have limits: bytes, keys, values of an instance, names', async () => {
    house = await House.of(1);
    const [a] = house.members as [Member];
    expect(() => set(a, 'x', '.'.repeat(VALUE_BYTES_MAX + 1))).toThrow(expect.objectContaining({ code: 'SOCOMM_TOO_LARGE' }));
    expect(() => set(a, 'é'.repeat(65), '')).toThrow(TypeError);
    expect(() => set(a, '\ud800', '')).toThrow(TypeError);
    for (let index = 0; index < VALUES_MAX; index++) set(a, `${index}`, '');
    expect(() => set(a, 'one more', '')).toThrow(expect.objectContaining({ code: 'SOCOMM_BUSY' }));
    expect(() => set(a, '7', 'again')).not.toThrow();
    for (let index = 1; index < VALUE_NAMES_MAX; index++) set(a, 'x', '', { name: `n${index}` });
    expect(() => set(a, 'x', '', { name: 'one more' })).toThrow(expect.objectContaining({ code: 'SOCOMM_BUSY' }));
    await house.clock.advance(1);
    a.talker.values.delete(firstOf(a), 'n7', 'x');
    await house.clock.advance(100);
    expect(() => set(a, 'x', '', { name: 'one more' })).not.toThrow();
  });

  it('never throw, whatever comes from outside', async () => {
    house = await House.of(2);
    const [a, b] = house.members as [Member, Member];
    const watching = new Watching(b, 'knobs');
    await house.clock.advance(10);
    const random = seededRandom(5);
    for (let count = 0; count < 500; count++) b.talker.listener.published(random.bytes(count % 64), valuesKey('knobs'), undefined);
    const values = [{ instance: 1, key: 'x', codec: 'raw', bytes: Uint8Array.of(1) }];
    b.talker.listener.published(
      encodePublished(a.id, { kind: 'whole', number: 1, part: 0, parts: 1, values }),
      valuesKey('knobs'),
      undefined,
    );
    b.talker.listener.published(
      encodePublished('ffffffffffffffff' as typeof a.id, { kind: 'values', number: 1, values }),
      valuesKey('knobs'),
      undefined,
    );
    await house.clock.advance(10);
    expect(b.talker.values.dropped).toEqual({ unreadable: 501, unlinked: 1, refused: 0 });
    expect(shown(watching)).toEqual([]);
  });
});

describe('what one peer has said of a name', () => {
  const peer = '0000000000000001' as Parameters<typeof heardPeer>[0];
  function heardPeer(id: ConstructorParameters<typeof HeardPeer>[0]): HeardPeer {
    return new HeardPeer(
      id,
      () => false,
      () => undefined,
    );
  }
  const value = (key: string, text: string | undefined): PublishedValue => ({
    instance: 1,
    key,
    codec: 'raw',
    bytes: text === undefined ? undefined : Buffer.from(text),
  });
  const known = (heard: HeardPeer): string[] => heard.entries().map(({ key, bytes }) => `${key}=${Buffer.from(bytes ?? []).toString()}`);
  const whole = (heard: HeardPeer, number: number, values: readonly PublishedValue[]): unknown =>
    heard.whole('q', { kind: 'whole', number, part: 0, parts: 1, values });
  const changes = (heard: HeardPeer, number: number, values: readonly PublishedValue[], isAsking: boolean): unknown =>
    heard.changes({ kind: 'values', number, values }, isAsking);

  it('is the whole, and what came behind it while it was on its way', async () => {
    house = await House.of(0);
    const heard = heardPeer(peer);
    changes(heard, 4, [value('a', '4')], true);
    changes(heard, 6, [value('b', '6'), value('c', undefined)], true);
    changes(heard, 7, [value('a', '7')], true);
    whole(heard, 5, [value('a', '5'), value('b', '5'), value('c', '5')]);
    expect(known(heard)).toEqual(['a=7', 'b=6']);
    expect(heard.isInDoubt).toBe(false);
  });

  it('is in doubt after a gap, a tail that is ahead, and a whole that is older than what is known', async () => {
    house = await House.of(0);
    const heard = heardPeer(peer);
    expect(heard.isInDoubt).toBe(true);
    whole(heard, 5, [value('a', '5'), value('gone', '5')]);
    expect(heard.isInDoubt).toBe(false);
    changes(heard, 7, [value('b', '7')], false);
    expect(heard.isInDoubt).toBe(true);
    whole(heard, 6, [value('a', '6')]);
    expect(heard.isInDoubt).toBe(true);
    whole(heard, 7, [value('a', '6'), value('b', '7')]);
    expect(heard.isInDoubt).toBe(false);
    expect(known(heard)).toEqual(['a=6', 'b=7']);
    changes(heard, 6, [value('a', 'late')], false);
    expect(known(heard)).toEqual(['a=6', 'b=7']);
    heard.tail(8);
    expect(heard.isInDoubt).toBe(true);
    changes(heard, 8, [], false);
    expect(heard.isInDoubt).toBe(false);
  });

  it('is taken only when all parts of one answer are there, whatever their order', async () => {
    house = await House.of(0);
    const heard = heardPeer(peer);
    const part = (number: number, index: number, key: string): unknown =>
      heard.whole('q', { kind: 'whole', number, part: index, parts: 2, values: [value(key, `${number}`)] });
    expect(part(1, 1, 'b')).toBeUndefined();
    expect(part(1, 1, 'b')).toBeUndefined();
    expect(part(2, 0, 'a')).toBeUndefined();
    expect(heard.isInDoubt).toBe(true);
    expect(part(2, 1, 'b')).toHaveLength(2);
    expect(known(heard)).toEqual(['a=2', 'b=2']);
  });
});
