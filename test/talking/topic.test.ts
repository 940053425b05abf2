/** Topics as they are used, above a made-up network: what waits, what is dropped and counted, what is told, and how it ends. */

import { describe, expect, it } from 'vitest';
import { SocommError } from '../../src/base/errors.js';
import type { Codec } from '../../src/talk/codec.js';
import { json } from '../../src/talk/codecs/json.js';
import { lib0 } from '../../src/talk/codecs/lib0.js';
import { raw } from '../../src/talk/codecs/raw.js';
import { Topic } from '../../src/talk/topic.js';
import type { Message, Missed, Subscription, TalkFailure } from '../../src/talk/topic.js';
import { BUFFERED_BYTES_MAX } from '../../src/talk/subscription.js';
import { UNREADABLE_WARNING_MS } from '../../talk/limits.js';
import { FakeHost, instance, peer } from './fake-host.js';

function open(name = 'clock', codec: Codec<unknown> = lib0()): { fake: FakeHost; topic: Topic<unknown> } {
  const fake = new FakeHost();
  return { fake, topic: new Topic(fake.host, name, codec) };
}

/** As many as there are, without waiting for more. */
async function read<Value>(subscription: Subscription<Message<Value>>, count: number): Promise<Value[]> {
  const values: Value[] = [];
  for (let index = 0; index < count; index++) {
    const result = await subscription.next();
    if (result.done === true) break;
    values.push(result.value.value);
  }
  return values;
}

describe('publish', () => {
  it('gives the bytes of the codec on, with its name and the addressee', () => {
    const { fake, topic } = open();
    topic.publish({ bar: 4 });
    topic.publish(1, { to: peer('b') });
    topic.publish(1, { to: instance('b', 12) });
    expect(fake.published[0]).toMatchObject({ topic: 'clock', to: undefined, codec: 'lib0', bytes: lib0().encode({ bar: 4 }) });
    expect(fake.published.map(({ to }) => to)).toEqual([undefined, peer('b'), instance('b', 12)]);
  });

  it('does not copy raw bytes', () => {
    const { fake, topic } = open('bytes', raw());
    const bytes = Uint8Array.of(1, 2, 3);
    topic.publish(bytes);
    expect(fake.published[0]?.bytes).toBe(bytes);
  });

  it('throws a TypeError for a pattern, for what is no id, and for what the codec cannot carry', () => {
    const { fake, topic } = open();
    expect(() => open('meters/').topic.publish(1)).toThrow(/'meters\/' stands for all topics below it/);
    for (const to of ['', 'writer', 'all', 'b'.repeat(15), `${peer('b')}.`, `${peer('b')}.x`, `${peer('b')}.1/x`, 7, null])
      expect(() => topic.publish(1, { to: to as never })).toThrow(/to is the id of a peer or an instance/);
    expect(() => topic.publish(new Map())).toThrow(TypeError);
    const wrong: Codec<unknown> = { name: 'async', encode: () => Promise.resolve() as never, decode: () => 1 };
    expect(() => open('x', wrong).topic.publish(1)).toThrow(/gave no Uint8Array/);
    expect(fake.published).toEqual([]);
  });

  it('says so after the end', () => {
    const { fake, topic } = open();
    fake.close();
    expect(() => topic.publish(1)).toThrow(SocommError);
    expect(() => topic.subscribe()).toThrow(SocommError);
  });
});

describe('a subscription as an iterator', () => {
  it('gives what waited, then what comes', async () => {
    const { fake, topic } = open();
    const subscription = topic.subscribe();
    fake.deliver(1);
    fake.deliver(2, { from: instance('c', 3) });
    expect(await subscription.next()).toEqual({ done: false, value: { value: 1, from: instance('b'), topic: 'clock', missed: 0 } });
    expect(await subscription.next()).toEqual({ done: false, value: { value: 2, from: instance('c', 3), topic: 'clock', missed: 0 } });
    const two = [subscription.next(), subscription.next()];
    fake.deliver(3);
    fake.deliver(4);
    expect((await Promise.all(two)).map(({ value }) => (value as Message<unknown>).value)).toEqual([3, 4]);
  });

  it('hands a message to who waits for it within the turn in which it came', async () => {
    const { fake, topic } = open();
    const seen: unknown[] = [];
    const next = topic.subscribe().next();
    void next.then(({ value }) => seen.push((value as Message<unknown>).value));
    fake.deliver('now');
    await Promise.resolve();
    expect(seen).toEqual(['now']);
  });

  it('leaves out its own, unless asked', async () => {
    const { fake, topic } = open();
    const [without, including] = [topic.subscribe(), topic.subscribe({ includeOwn: true })];
    fake.deliver('own', { from: fake.id });
    fake.deliver('sibling', { from: instance('a', 2) });
    expect(await read(without, 1)).toEqual(['sibling']);
    expect(await read(including, 2)).toEqual(['own', 'sibling']);
  });

  it.each([
    ['end()', (subscription: Subscription<unknown>) => subscription.end()],
    ['return()', (subscription: Subscription<unknown>) => void subscription.return()],
    ['disposal', (subscription: Subscription<unknown>) => void subscription[Symbol.asyncDispose]()],
  ])('ends by %s: a reader that waits is done, and what waits is dropped', async (_, end) => {
    const { fake, topic } = open();
    const [idle, busy] = [topic.subscribe(), topic.subscribe()];
    const next = idle.next();
    end(idle);
    end(idle);
    expect(await next).toEqual({ done: true, value: undefined });
    fake.deliver(1);
    end(busy);
    expect(await busy.next()).toEqual({ done: true, value: undefined });
    expect(fake.listeners.size).toBe(0);
    expect(fake.endings).toBe(0);
  });

  it('ends when its loop is left', async () => {
    const { fake, topic } = open();
    const subscription = topic.subscribe();
    fake.deliver(1);
    for await (const { value } of subscription) {
      expect(value).toBe(1);
      break;
    }
    expect(fake.listeners.size).toBe(0);
  });

  it('ends with its signal and with the instance, without a throw', async () => {
    const { fake, topic } = open();
    const controller = new AbortController();
    const [first, second, third] = [
      topic.subscribe({ signal: controller.signal }),
      topic.subscribe(),
      topic.subscribe({ signal: AbortSignal.abort() }),
    ];
    const nexts = [first.next(), second.next(), third.next()];
    controller.abort();
    expect(await nexts[0]).toEqual({ done: true, value: undefined });
    expect(await nexts[2]).toEqual({ done: true, value: undefined });
    expect(fake.listeners.size).toBe(1);
    fake.close();
    expect(await nexts[1]).toEqual({ done: true, value: undefined });
    expect(fake.listeners.size).toBe(0);
    await third.ready;
  });

  it('refuses options that mean nothing', () => {
    const { fake, topic } = open();
    for (const bufferMax of [0, -1, 1.5, Number.NaN, Infinity, '5'])
      expect(() => topic.subscribe({ bufferMax: bufferMax as never })).toThrow(/bufferMax/);
    expect(() => topic.subscribe({ onOverflow: 'drop' as never })).toThrow(/onOverflow is/);
    expect(() => topic.subscribe({ onMissed: 1 as never })).toThrow(/onMissed is a function/);
    expect(() => topic.subscribe('x' as never)).toThrow(TypeError);
    expect(fake.listeners.size).toBe(0);
  });
});

describe('a slow reader', () => {
  it('keeps the newest by default, and each message tells how many of its sender were lost before it', async () => {
    const { fake, topic } = open();
    const missed: Missed[] = [];
    const subscription = topic.subscribe({ bufferMax: 3, onMissed: (each) => missed.push(each) });
    for (let number = 1; number <= 5; number++) fake.deliver(number);
    fake.deliver('other', { from: instance('c') });
    const messages = [await subscription.next(), await subscription.next(), await subscription.next()].map(
      ({ value }) => value as Message<unknown>,
    );
    expect(messages.map(({ value, missed }) => [value, missed])).toEqual([
      [4, 3],
      [5, 0],
      ['other', 0],
    ]);
    expect(subscription.missed).toBe(3);
    expect(missed).toEqual([1, 1, 1].map((count) => ({ from: peer('b'), topic: 'clock', count })));
  });

  it('keeps the oldest if asked, and the next that is let in tells of the others', async () => {
    const { fake, topic } = open();
    const subscription = topic.subscribe({ bufferMax: 2, onOverflow: 'drop-newest' });
    for (let number = 1; number <= 5; number++) fake.deliver(number);
    expect(await read(subscription, 2)).toEqual([1, 2]);
    fake.deliver(6);
    expect((await subscription.next()).value).toMatchObject({ value: 6, missed: 3 });
    expect(subscription.missed).toBe(3);
  });

  it('ends if asked, with SOCOMM_OVERFLOW after what waited was read', async () => {
    const { fake, topic } = open();
    const subscription = topic.subscribe({ bufferMax: 2, onOverflow: 'end' });
    for (let number = 1; number <= 5; number++) fake.deliver(number);
    expect(fake.listeners.size).toBe(0);
    expect(await read(subscription, 2)).toEqual([1, 2]);
    await expect(subscription.next()).rejects.toMatchObject({ code: 'SOCOMM_OVERFLOW' });
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
  });

  it('adds what was lost on the way to what was dropped, each told once', async () => {
    const { fake, topic } = open();
    const subscription = topic.subscribe({ bufferMax: 2 });
    fake.deliver(1);
    fake.lose(10);
    fake.deliver(2);
    fake.deliver(3);
    fake.lose(100);
    expect((await subscription.next()).value).toMatchObject({ value: 2, missed: 11 });
    expect((await subscription.next()).value).toMatchObject({ value: 3, missed: 0 });
    fake.deliver(4);
    expect((await subscription.next()).value).toMatchObject({ value: 4, missed: 100 });
    expect(subscription.missed).toBe(111);
  });

  it('does not let messages of one sender tell of another’s losses, nor those of one topic of another’s', async () => {
    const { fake, topic } = open('meters/');
    const subscription = topic.subscribe();
    fake.lose(1, { topic: 'meters/left' });
    fake.lose(2, { topic: 'meters/left', from: peer('c') });
    fake.deliver(1, { topic: 'meters/right' });
    fake.deliver(2, { topic: 'meters/left', from: instance('c', 7) });
    fake.deliver(3, { topic: 'meters/left' });
    const messages = [await subscription.next(), await subscription.next(), await subscription.next()];
    expect(messages.map(({ value }) => (value as Message<unknown>).missed)).toEqual([0, 2, 1]);
  });

  it('holds no more than 64 MiB, but a single message of any size', async () => {
    const { fake, topic } = open('bytes', raw());
    const subscription = topic.subscribe();
    const [small, large] = [new Uint8Array(BUFFERED_BYTES_MAX / 4), new Uint8Array(BUFFERED_BYTES_MAX)];
    for (let count = 0; count < 5; count++) fake.deliverBytes(small, { codec: 'raw' });
    expect(subscription.missed).toBe(1);
    fake.deliverBytes(large, { codec: 'raw' });
    expect(subscription.missed).toBe(5);
    const { value, missed } = (await subscription.next()).value as Message<unknown>;
    // By identity: comparing so many bytes one by one takes minutes.
    expect(value === large).toBe(true);
    expect(missed).toBe(5);
  });

  it('takes a message that alone is larger, whatever is to go', async () => {
    const { fake, topic } = open('bytes', raw());
    const subscription = topic.subscribe({ onOverflow: 'drop-newest' });
    fake.deliverBytes(new Uint8Array(BUFFERED_BYTES_MAX + 1), { codec: 'raw' });
    fake.deliverBytes(new Uint8Array(1), { codec: 'raw' });
    expect((await subscription.next()).value).toMatchObject({ missed: 0 });
    expect(subscription.missed).toBe(1);
  });

  it('may end itself when it is told', async () => {
    const { fake, topic } = open();
    const subscription: Subscription<unknown> = topic.subscribe({ bufferMax: 1, onMissed: () => subscription.end() });
    fake.deliver(1);
    fake.deliver(2);
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
  });
});

describe('a subscription as a listener', () => {
  it('is called with each message and its losses, until it is taken back, or the signal or the instance ends it', () => {
    const { fake, topic } = open();
    const seen: (readonly [unknown, number])[] = [];
    const controller = new AbortController();
    const off = topic.subscribe(({ value, missed }) => seen.push([value, missed]));
    topic.subscribe(() => seen.push(['signal', 0]), { signal: controller.signal });
    fake.deliver(1);
    controller.abort();
    fake.lose(4);
    fake.deliver(2);
    off();
    off();
    fake.deliver(3);
    expect(seen).toEqual([
      [1, 0],
      ['signal', 0],
      [2, 4],
    ]);
    topic.subscribe(() => undefined);
    fake.close();
    expect(fake.listeners.size).toBe(0);
  });

  it('that throws, at once or later, is a warning and stops nothing', async () => {
    const { fake, topic } = open();
    const seen: unknown[] = [];
    topic.subscribe(({ value }) => {
      seen.push(value);
      throw new Error('mine');
    });
    const isAsync = async (): Promise<void> => {
      throw new Error('later');
    };
    // A mistake that is easily made.
    // oxlint-disable-next-line typescript/no-misused-promises
    topic.subscribe(isAsync, {
      onMissed: () => {
        throw new Error('missed');
      },
    });
    fake.deliver(1);
    fake.deliver(2);
    fake.lose(1);
    await fake.clock.advance(0);
    expect(seen).toEqual([1, 2]);
    expect(fake.warnings.toSorted()).toEqual([
      "listener-threw: onMissed of a subscription to topic 'clock' threw: missed",
      "listener-threw: the listener of a subscription to topic 'clock' threw: later",
      "listener-threw: the listener of a subscription to topic 'clock' threw: mine",
    ]);
  });
});

describe('what cannot be read', () => {
  it('goes to onError with code, sender and topic, and the next message is none the worse', async () => {
    const { fake, topic } = open();
    const failures: TalkFailure[] = [];
    const subscription = topic.subscribe({ onError: (failure) => failures.push(failure) });
    fake.deliverBytes(Uint8Array.of(1, 2, 3));
    fake.deliverBytes(json().encode({ a: 1 }), { codec: 'json', from: instance('c') });
    fake.deliver('fine');
    expect(await read(subscription, 1)).toEqual(['fine']);
    expect(failures.map(({ error, from, topic }) => [error.code, from, topic])).toEqual([
      ['SOCOMM_VALUE_INVALID', instance('b'), 'clock'],
      ['SOCOMM_CODEC_MISMATCH', instance('c'), 'clock'],
    ]);
    expect(failures[0]?.error.cause).toBeInstanceOf(Error);
    expect(failures[1]?.error.message).toBe(
      `topic 'clock': instance ${instance('c')} sends with the codec "json", which is read here with "lib0"; give both ends the same definition`,
    );
    expect(fake.warnings).toEqual([]);
  });

  it('is a warning without onError, once in a while for each sender', async () => {
    const { fake, topic } = open('meters/');
    topic.subscribe(() => undefined);
    for (let count = 0; count < 100; count++) fake.deliverBytes(Uint8Array.of(3), { topic: 'meters/left' });
    fake.deliverBytes(Uint8Array.of(3), { from: instance('c'), topic: 'meters/left' });
    expect(fake.warnings).toHaveLength(2);
    expect(fake.warnings[0]).toMatch(
      /^value-unreadable: SOCOMM_VALUE_INVALID: topic 'meters\/left': 1 bytes of instance bbbbbbbbbbbbbbbb\.1 are no value/,
    );
    await fake.clock.advance(UNREADABLE_WARNING_MS);
    fake.deliverBytes(Uint8Array.of(3), { topic: 'meters/left' });
    expect(fake.warnings).toHaveLength(3);
  });

  it('does not end a reader’s wait, and does not take its losses with it', async () => {
    const { fake, topic } = open();
    const next = topic.subscribe().next();
    fake.lose(2);
    fake.deliverBytes(Uint8Array.of(3));
    fake.deliver('fine');
    expect((await next).value).toMatchObject({ value: 'fine', missed: 2 });
  });

  it('never throws into who delivers it, whatever the codec and onError throw', () => {
    const evil: Codec<unknown> = {
      name: 'evil',
      encode: () => new Uint8Array(),
      decode: () => {
        throw Object.assign(Object.create(null) as object, { no: 'error' }); // oxlint-disable-line typescript/only-throw-error
      },
    };
    const { fake, topic } = open('x', evil);
    topic.subscribe(() => undefined);
    topic.subscribe(() => undefined, {
      onError: () => {
        throw new Error('mine too');
      },
    });
    expect(() => fake.deliverBytes(new Uint8Array(), { codec: 'evil', topic: 'x' })).not.toThrow();
    expect(fake.warnings).toHaveLength(2);
  });
});
