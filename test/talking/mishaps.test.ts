/** What clumsy and hostile users do to an instance: it is told to them at the call, or as a warning, and harms nothing else. */

import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { json } from '../../src/talk/codecs/json.js';
import { lib0 } from '../../src/talk/codecs/lib0.js';
import { defineEphemeral, defineRequest, defineStream, defineTopic } from '../../src/talk/definitions.js';
import type { TalkStream } from '../../src/talk/streams.js';
import type { Instance, TestGroup } from '../../src/testing.js';
import { createTestGroup } from '../../src/testing.js';

const groups: TestGroup[] = [];
afterEach(async () => {
  for (const group of groups.splice(0)) await group.close();
});

async function pair(): Promise<{ readonly group: TestGroup; readonly a: Instance; readonly b: Instance }> {
  const group = createTestGroup();
  groups.push(group);
  const [a, b] = [await group.join(), await group.join()];
  await group.settled();
  return { group, a, b };
}

const wrong = (value: unknown): never => value as never;
const warningsOf = (instance: Instance): string[] => instance.inspect().warnings.map(({ code, message }) => `${code}: ${message}`);

describe('a definition of another kind', () => {
  it('is refused, by name, wherever one is taken', async () => {
    const { a, b } = await pair();
    const topic = defineTopic('t');
    const values = defineEphemeral('e');
    const request = defineRequest({ name: 'r' });
    const stream = defineStream('s');
    expect(() => a.topic(wrong(values))).toThrow("a definition of kind 'topic' is wanted here; got one of kind 'ephemeral'");
    expect(() => a.topic(wrong(stream))).toThrow(TypeError);
    expect(() => a.ephemeral(wrong(topic))).toThrow("a definition of kind 'ephemeral' is wanted here");
    expect(() => a.handle(wrong(topic), () => 1)).toThrow("a definition of kind 'request' is wanted here");
    await expect(a.request(wrong(stream), 1)).rejects.toThrow("a definition of kind 'request' is wanted here");
    expect(() => a.requestStream(wrong({}), 1)).toThrow('got an object');
    await expect(a.openStream(b.id, wrong(request))).rejects.toThrow("a definition of kind 'stream' is wanted here");
    expect(() => a.onStream(wrong(topic), () => undefined)).toThrow("a definition of kind 'stream' is wanted here");
    for (const take of [() => a.topic(wrong(null)), () => a.ephemeral(wrong(null)), () => a.handle(wrong(null), () => 1)])
      expect(take).toThrow('null is no name');
  });
});

describe('a signal', () => {
  it('that is none is refused before anything is asked, opened or subscribed to', async () => {
    const { group, a, b } = await pair();
    let calls = 0;
    b.handle('count', () => ++calls);
    b.onStream('s', () => void calls++);
    await group.settled();
    for (const signal of [wrong(5), wrong({}), wrong(null)]) {
      const told = /signal is an AbortSignal/;
      await expect(a.request('count', 1, { to: b.id, signal })).rejects.toThrow(told);
      await expect(a.request('count', 1, { to: 'all', signal })).rejects.toThrow(told);
      expect(() => a.requestStream('count', 1, { signal })).toThrow(told);
      await expect(a.openStream(b.id, 's', { signal })).rejects.toThrow(told);
      expect(() => a.ephemeral('knobs').subscribe({ signal })).toThrow(told);
      expect(() => a.topic('clock').subscribe({ signal })).toThrow(told);
    }
    await group.settled();
    expect(calls).toBe(0);
  });

  it('is listened to once, however much hangs on it, and ends all of it', async () => {
    const { group, a, b } = await pair();
    b.onStream('s', () => undefined);
    b.handle('hang', () => new Promise(() => undefined));
    await group.settled();
    const controller = new AbortController();
    const { signal } = controller;
    const ended: number[] = [];
    const read = async (values: AsyncIterable<unknown>, index: number): Promise<void> => {
      for await (const value of values) expect.unreachable(JSON.stringify(value));
      ended.push(index);
    };
    const reading: Promise<unknown>[] = [];
    for (let index = 0; index < 20; index++) {
      reading.push(
        read(a.topic(`clock/${index}`).subscribe({ signal }), index),
        read(a.ephemeral(`knobs/${index}`).subscribe({ signal }), index),
        a.request('hang', index, { to: b.id, signal }).catch(() => ended.push(index)),
        a.openStream('0123456789abcdef' as typeof a.id, 's', { signal }).catch(() => ended.push(index)),
      );
    }
    await group.settled();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    controller.abort();
    await group.run(Promise.all(reading));
    expect(ended).toHaveLength(80);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('is forgotten with the last that hung on it', async () => {
    const { group, a, b } = await pair();
    b.handle('echo', (value) => value);
    b.onStream('s', () => undefined);
    await group.settled();
    const { signal } = new AbortController();
    const ends = [a.topic('clock').subscribe(() => undefined, { signal }), a.ephemeral('knobs').subscribe(() => undefined, { signal })];
    await group.run(a.request('echo', 1, { to: b.id, signal }));
    await group.run(a.openStream(b.id, 's', { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const end of ends) end();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('that is aborted already gives a subscription that is over', async () => {
    const { a } = await pair();
    const signal = AbortSignal.abort();
    for await (const change of a.ephemeral('knobs').subscribe({ signal })) expect.unreachable(change.key);
    for await (const message of a.topic('clock').subscribe({ signal })) expect.unreachable(message.topic);
  });
});

describe('a listener', () => {
  it('that is no function is refused', async () => {
    const { a } = await pair();
    const told = /listener is a function/;
    expect(() => a.presence.subscribe(wrong(undefined))).toThrow(told);
    expect(() => a.subscribe(wrong({}))).toThrow(told);
    expect(() => a.observeValue(a.doc.getMap('knobs'), 'cutoff', wrong(null))).toThrow(told);
    expect(() => a.ephemeral('knobs').subscribe(wrong('cutoff'))).toThrow(/takes a listener, options, or both/);
  });

  it('that is async and fails later is told of as a warning, and ends no process', async () => {
    const { group, a, b } = await pair();
    const knobs = a.doc.getMap<number>('knobs');
    const fail = async (): Promise<void> => {
      await Promise.resolve();
      throw new Error('later');
    };
    // oxlint-disable typescript/no-misused-promises -- what is tested: the compiler lets it pass
    a.presence.subscribe(fail);
    a.ephemeral('knobs').subscribe(fail);
    a.observeValue(knobs, 'cutoff', fail);
    a.topic('clock').subscribe(fail);
    a.subscribe(fail);
    a.on('instance-left', fail);
    // oxlint-enable typescript/no-misused-promises
    await group.settled();
    b.presence.set({ track: 'Bass' });
    b.ephemeral('knobs').set('cutoff', 1);
    b.topic('clock').publish(1);
    b.doc.getMap<number>('knobs').set('cutoff', 2);
    await group.settled();
    await group.run(b.close());
    await group.settled();
    const told = warningsOf(a).join('\n');
    for (const what of ['presence', "the ephemeral values 'knobs'", "the value 'cutoff'", "topic 'clock'", 'the status', "'instance-left'"])
      expect(told).toMatch(new RegExp(`listener-threw: .*${what} threw: .*later`));
  });
});

describe('ephemeral values', () => {
  it('that are set in the turn of a subscription are told once', async () => {
    const { group, a } = await pair();
    const knobs = a.ephemeral<number>('knobs');
    const told: unknown[] = [];
    knobs.subscribe((changes) => told.push(...changes.map(({ value }) => value)));
    knobs.set('cutoff', 1);
    await group.settled();
    expect(told).toEqual([1]);
  });
});

describe('presence', () => {
  it('refuses what would lose its fields on the way', async () => {
    const { a } = await pair();
    for (const state of [new Map([['track', 'Bass']]), new Date(), [1], new Uint8Array(1), 5, null])
      expect(() => a.presence.set(wrong(state))).toThrow(/presence is a plain object of fields; got/);
    expect(a.presence.own).toBeUndefined();
  });

  it('shows nobody once the instance is closed, and its awareness lets a binding go in peace', async () => {
    const { group, a, b } = await pair();
    const { presence } = a;
    const { awareness } = presence;
    awareness.setLocalState({ cursor: 1 });
    b.presence.set({ track: 'Bass' });
    await group.settled();
    expect(presence.all.size).toBe(2);
    await group.run(a.close());
    expect(presence.all.size).toBe(0);
    expect(presence.snapshot).toBe(presence.snapshot);
    presence.subscribe(() => expect.unreachable())();
    expect(awareness.getLocalState()).toBeNull();
    awareness.setLocalStateField('cursor', null);
    awareness.destroy();
  });
});

describe('a gesture', () => {
  it('about what is no map is refused before it begins', async () => {
    const { a } = await pair();
    expect(() => a.gesture(wrong(a.doc.getArray('list')), 'x')).toThrow(/a gesture is about a Y.Map/);
  });
});

describe('an answer', () => {
  it('that throws when it is looked at is the failure of its handler, whose place is free again', async () => {
    const { group, a, b } = await pair();
    const trap = {
      get [Symbol.asyncIterator](): never {
        throw new Error('do not look');
      },
    };
    b.handle('trap', () => Promise.resolve<unknown>(trap), { concurrencyMax: 1 });
    await group.settled();
    for (let round = 0; round < 2; round++) await expect(group.run(a.request('trap', 1, { to: b.id }))).rejects.toThrow('do not look');
  });
});

describe('a pipe into a stream', () => {
  it('that brings a value which does not encode aborts it: the other end does not wait for more', async () => {
    const { group, a, b } = await pair();
    const values = defineStream('values', lib0());
    const taken = new Promise<TalkStream<unknown>>((resolve) => void b.onStream(values, resolve));
    const stream = await group.run(a.openStream(b.id, values));
    const there = await group.run(taken);
    const source = new ReadableStream<unknown>({
      start(controller) {
        controller.enqueue(1);
        controller.enqueue(() => undefined);
      },
    });
    const piped = source.pipeTo(stream.writable).catch((error: unknown) => error);
    const read = (async () => {
      const got: unknown[] = [];
      for await (const value of there) got.push(value);
      return got;
    })().catch((error: unknown) => (error as { readonly code?: string }).code);
    expect(await group.run(piped)).toBeInstanceOf(TypeError);
    expect(await group.run(read)).toBe('SOCOMM_STREAM_ABORTED');
  });
});

describe('codecs', () => {
  it('of json() refuse a handler that returns nothing, and say so', async () => {
    const { group, a, b } = await pair();
    const request = defineRequest({ name: 'nothing', input: json<number>(), output: json() });
    b.handle(request, () => undefined);
    await group.settled();
    await expect(group.run(a.request(request, 1))).rejects.toThrow(/json\(\) carries .*undefined/);
  });
});
