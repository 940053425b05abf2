/** Definitions carry their types, and names that cannot be are refused before anything is sent. The compiler checks the first half of this file. */

import { describe, expect, expectTypeOf, it } from 'vitest';
import * as v from 'valibot';
import { z } from 'zod';
import { type } from 'arktype';
import type { Codec } from '../../src/talk/codec.js';
import { json } from '../../src/talk/codecs/json.js';
import { lib0 } from '../../src/talk/codecs/lib0.js';
import { raw } from '../../src/talk/codecs/raw.js';
import { schema } from '../../src/talk/codecs/schema.js';
import { defineEphemeral, defineRequest, defineStream, defineTopic } from '../../src/talk/definitions.js';
import type { TopicDefinition } from '../../src/talk/definitions.js';
import { Ephemeral } from '../../src/talk/ephemeral.js';
import type { EphemeralEntry } from '../../src/talk/ephemeral.js';
import type { Answer } from '../../src/talk/requests.js';
import type { TalkStream } from '../../src/talk/streams.js';
import { Topic } from '../../src/talk/topic.js';
import type { Message, Subscription } from '../../src/talk/topic.js';
import { createTestGroup } from '../../src/testing.js';
import { FakeHost } from './fake-host.js';

interface Bar {
  readonly bar: number;
}

describe('types', () => {
  it('follow from the codec', () => {
    expectTypeOf(defineTopic('t', json<Bar>())).toEqualTypeOf<TopicDefinition<Bar>>();
    expectTypeOf(defineTopic<Bar>('t').codec).toEqualTypeOf<Codec<Bar>>();
    expectTypeOf(defineRequest({ name: 'r', input: json<Bar>(), output: lib0<string>() }).output.decode).returns.toEqualTypeOf<string>();
    expectTypeOf(defineStream('s').codec).toEqualTypeOf<Codec<Uint8Array>>();
    expectTypeOf(schema(z.object({ bar: z.number() }))).toEqualTypeOf<Codec<{ bar: number }>>();
    expectTypeOf(schema(v.object({ bar: v.number() }))).toEqualTypeOf<Codec<{ bar: number }>>();
    expectTypeOf(schema(type({ bar: 'number' }))).toEqualTypeOf<Codec<{ bar: number }>>();
    expectTypeOf(schema(z.object({ bar: z.number().default(1) })).encode)
      .parameter(0)
      .toEqualTypeOf<{ bar: number }>();
  });

  it('reach subscribers and stores', () => {
    const { host } = new FakeHost();
    const topic = new Topic(host, 't', json<Bar>());
    topic.subscribe((message) => expectTypeOf(message.value).toEqualTypeOf<Bar>());
    // @ts-expect-error: no Bar
    expect(() => topic.publish({ beat: new Map() })).toThrow(TypeError);
    const knobs = new Ephemeral(host, 'knobs', lib0<number>());
    // As React declares it.
    type UseSyncExternalStore = <Snapshot>(subscribe: (onStoreChange: () => void) => () => void, getSnapshot: () => Snapshot) => Snapshot;
    const useSyncExternalStore: UseSyncExternalStore = (subscribe, getSnapshot) => {
      subscribe(() => undefined)();
      return getSnapshot();
    };
    expectTypeOf(useSyncExternalStore(knobs.subscribe, () => knobs.snapshot)).toEqualTypeOf<readonly EphemeralEntry<number>[]>();
  });
});

describe('an instance', () => {
  it('gives the types of a definition wherever it takes one', async () => {
    const group = createTestGroup();
    const [a, b] = [await group.join(), await group.join()];
    const clock = defineTopic('clock', json<Bar>());
    const knobs = defineEphemeral('knobs', lib0<number>());
    const analyse = defineRequest({ name: 'analyse', input: raw(), output: json<Bar>() });
    const words = defineStream('words', lib0<string>());

    expectTypeOf(a.topic(clock)).toEqualTypeOf<Topic<Bar>>();
    expectTypeOf(a.topic(clock).subscribe()).toEqualTypeOf<Subscription<Message<Bar>>>();
    expectTypeOf(a.ephemeral(knobs).get('cutoff')).toEqualTypeOf<number | undefined>();
    // @ts-expect-error: no text
    a.ephemeral(knobs).set('cutoff', 'high');
    b.handle(analyse, (input) => {
      expectTypeOf(input).toEqualTypeOf<Uint8Array>();
      return { bar: input.length };
    })();
    // @ts-expect-error: no Bar
    b.handle(analyse, () => ({ beat: 1 }))();
    // @ts-expect-error: a promise of no Bar
    b.handle(analyse, () => Promise.resolve(1))();
    b.handle(analyse, async function* some(input) {
      for (const byte of input) yield await Promise.resolve({ bar: byte });
    });
    b.onStream(words, (stream) => void expectTypeOf(stream).toEqualTypeOf<TalkStream<string>>());
    await group.settled();
    const asked = a.requestStream(analyse, Uint8Array.of(7));
    expectTypeOf(asked).toEqualTypeOf<AsyncIterableIterator<Bar>>();
    expect((await group.run(asked.next())).value).toEqual({ bar: 7 });
    // @ts-expect-error: no bytes
    await expect(a.request(analyse, 'text')).rejects.toThrow(TypeError);
    const one = a.request(analyse, Uint8Array.of(7));
    expectTypeOf(one).toEqualTypeOf<Promise<Bar>>();
    const all = a.request(analyse, Uint8Array.of(7), { to: 'all' });
    expectTypeOf(all).toEqualTypeOf<Promise<readonly Answer<Bar>[]>>();
    await group.run(Promise.allSettled([one, all]));
    const stream = await group.run(a.openStream(b.id, words));
    expectTypeOf(stream).toEqualTypeOf<TalkStream<string>>();
    const gesture = a.gesture(a.doc.getMap<number>('knobs'), 'cutoff');
    // @ts-expect-error: no number
    gesture.move('high');
    a.observeValue(a.doc.getMap<number>('knobs'), 'cutoff', (value) => expectTypeOf(value).toEqualTypeOf<number | undefined>());
    await group.close();
  });
});

describe('names', () => {
  it.each(['clock', 'meters/left', 'a.b_c~d-e/1', 'x'.repeat(128)])('%s is one, for whatever is defined', (name) => {
    expect(defineTopic(name)).toMatchObject({ kind: 'topic', name, codec: { name: 'lib0' } });
    expect(defineEphemeral(name)).toMatchObject({ kind: 'ephemeral', name });
    expect(defineRequest({ name })).toMatchObject({ kind: 'request', name });
    expect(defineStream(name)).toMatchObject({ kind: 'stream', name, codec: { name: 'raw' } });
  });

  it.each(['', '/', 'a//b', '/a', 'a b', 'ä', '$reserved', '*', 'a|b', 'x'.repeat(129), undefined, 7, {}])('%s is none', (name) => {
    expect(() => defineTopic(name as string)).toThrow(/is no name: names have up to 128/);
    expect(() => defineEphemeral(name as string)).toThrow(TypeError);
    expect(() => defineRequest({ name: name as string })).toThrow(TypeError);
    expect(() => defineStream(name as string)).toThrow(TypeError);
  });

  it('only a topic may end in /, for all below it', () => {
    expect(defineTopic('meters/').name).toBe('meters/');
    expect(() => defineEphemeral('meters/')).toThrow(TypeError);
    expect(() => defineRequest({ name: 'meters/' })).toThrow(TypeError);
    expect(() => defineStream('meters/')).toThrow(TypeError);
  });

  it('come with a codec that is one', () => {
    for (const codec of [{}, { name: 'x' }, 'json', json as unknown]) {
      expect(() => defineTopic('t', codec as Codec<unknown>)).toThrow(/a codec is an object/);
      expect(() => defineRequest({ name: 'r', input: codec as Codec<unknown> })).toThrow(TypeError);
      expect(() => defineRequest({ name: 'r', output: codec as Codec<unknown> })).toThrow(TypeError);
    }
  });
});
