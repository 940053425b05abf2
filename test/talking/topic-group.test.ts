/** Topics and ephemeral values between instances of a whole group, over the made-up network: all layers together. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestGroup } from '../../src/testing.js';
import type { Instance, TestGroup } from '../../src/testing.js';
import type { Codec } from '../../src/talk/codec.js';
import { lib0 } from '../../src/talk/codecs/lib0.js';
import { json } from '../../src/talk/codecs/json.js';
import { raw } from '../../src/talk/codecs/raw.js';
import { float32 } from '../../src/talk/codecs/floats.js';
import { defineEphemeral, defineTopic } from '../../src/talk/definitions.js';
import type { Message, TalkFailure } from '../../src/talk/topic.js';
import { seededRandom } from '../../src/base/random.js';

const transport = defineTopic<{ readonly bar: number }>('transport/clock', json());

async function groupOf(count: number, seed = 1): Promise<{ group: TestGroup; members: readonly Instance[] }> {
  const group = createTestGroup({ seed });
  onTestFinished(async () => group.close());
  const members: Instance[] = [];
  for (let index = 0; index < count; index++) members.push(await group.join());
  return { group, members };
}

describe('a topic', () => {
  it('reaches all who subscribed, in order, and nobody else; also an instance alone', async () => {
    const { group, members } = await groupOf(3);
    const [a, b, c] = members as [Instance, Instance, Instance];
    const subscription = b.topic(transport).subscribe();
    const seen: number[] = [];
    c.topic('transport/', json<{ readonly bar: number }>()).subscribe(({ value, topic }) => {
      expect(topic).toBe('transport/clock');
      seen.push(value.bar);
    });
    await group.run(subscription.ready);
    await group.settled();
    for (let bar = 0; bar < 100; bar++) a.topic(transport).publish({ bar });
    a.topic(transport).publish({ bar: -1 }, { to: b.id });
    await group.run(a.topic(transport).drained());
    await group.settled();
    for (let bar = 0; bar < 100; bar++) expect((await subscription.next()).value).toMatchObject({ value: { bar }, from: a.id, missed: 0 });
    expect((await subscription.next()).value).toMatchObject({ value: { bar: -1 } });
    expect(seen).toEqual(Array.from({ length: 100 }, (_, bar) => bar));
  });

  it('carries bytes and floats as they are, large ones too', async () => {
    const { group, members } = await groupOf(2);
    const [a, b] = members as [Instance, Instance];
    const samples = Float32Array.from({ length: 200_000 }, (_, index) => Math.sin(index));
    const bytes = new Uint8Array(300_000).fill(7);
    const [floats, raws] = [b.topic('samples', float32()).subscribe(), b.topic('bytes', raw()).subscribe()];
    await group.run(Promise.all([floats.ready, raws.ready]));
    a.topic('samples', float32()).publish(samples.subarray(1, 4));
    a.topic('samples', float32()).publish(samples);
    a.topic('bytes', raw()).publish(bytes);
    await group.settled();
    const values = [await floats.next(), await floats.next()].map(({ value }) => (value as Message<Float32Array>).value);
    expect(values[0]).toEqual(samples.subarray(1, 4));
    expect(
      Buffer.compare(
        Buffer.from(new Uint8Array(values[1]?.buffer ?? new ArrayBuffer(0), values[1]?.byteOffset, values[1]?.byteLength)),
        Buffer.from(samples.buffer),
      ),
    ).toBe(0);
    expect(Buffer.compare(((await raws.next()).value as Message<Uint8Array>).value, bytes)).toBe(0);
  });

  it('hostile payloads end in the error path, every one, and the loop goes on', async () => {
    const { group, members } = await groupOf(2);
    const [a, b] = members as [Instance, Instance];
    const failures: TalkFailure[] = [];
    const good: unknown[] = [];
    const onError = (failure: TalkFailure): void => void failures.push(failure);
    const names = ['lib0', 'json', 'float64'];
    for (const codec of [lib0(), json(), { ...raw(), name: 'other' } as Codec<unknown>])
      b.topic('t', codec).subscribe(({ value }) => good.push(value), { onError });
    await group.settled();
    const random = seededRandom(7);
    let sent = 0;
    for (let count = 0; count < 3000; count++) {
      const name = names[count % names.length] ?? '';
      // Neither begins any value: what follows does not matter.
      const first = name === 'lib0' ? 1 : 0x7e;
      const forged: Codec<Uint8Array> = { name, encode: (bytes) => bytes, decode: (bytes) => bytes };
      a.topic('t', forged).publish(Uint8Array.from([first, ...random.bytes(Math.floor(random.fraction() * 60))]));
      sent++;
    }
    await group.settled();
    expect(failures).toHaveLength(3 * sent);
    expect(failures.every(({ from, topic }) => from === a.id && topic === 't')).toBe(true);
    expect(new Set(failures.map(({ error }) => error.code))).toEqual(new Set(['SOCOMM_VALUE_INVALID', 'SOCOMM_CODEC_MISMATCH']));
    a.topic('t').publish('still there');
    await group.settled();
    expect(good).toEqual(['still there']);
  });

  it('a stopped reader loses what does not fit, to the message', async () => {
    const { group, members } = await groupOf(2);
    const [a, b] = members as [Instance, Instance];
    const subscription = b.topic('t').subscribe({ bufferMax: 10 });
    await group.run(subscription.ready);
    for (let number = 0; number < 1000; number++) a.topic('t').publish(number);
    await group.settled();
    expect((await subscription.next()).value).toMatchObject({ value: 990, missed: 990 });
    expect(subscription.missed).toBe(990);
  });

  it('is delivered when all who have subscribed have it; a signal ends the wait, and so does leaving', async () => {
    const { group, members } = await groupOf(3);
    const [a, b, c] = members as [Instance, Instance, Instance];
    const seen: unknown[] = [];
    for (const each of [b, c]) each.topic('t').subscribe(({ value }) => seen.push(value));
    await group.run(a.topic('t').delivered());
    a.topic('t').publish(1);
    await group.run(a.topic('t').delivered());
    expect(seen).toEqual([1, 1]);
    await expect(a.topic('t').delivered({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
    const waiting = a
      .topic('t')
      .delivered()
      .catch((error: unknown) => error);
    await group.run(a.close());
    expect(await waiting).toMatchObject({ code: 'SOCOMM_CLOSED' });
  });

  it('its subscriptions end with the instance', async () => {
    const { group, members } = await groupOf(2);
    const [, b] = members as [Instance, Instance];
    const next = b.topic('t').subscribe().next();
    await group.run(b.close());
    expect(await next).toEqual({ done: true, value: undefined });
    expect(() => b.topic('t')).toThrow(/closed/);
  });
});

describe('ephemeral values', () => {
  const knobs = defineEphemeral<number>('knobs');

  it('are there for a newcomer, conflated on the way, and gone with their instance', async () => {
    const { group, members } = await groupOf(2);
    const [a, b] = members as [Instance, Instance];
    a.ephemeral(knobs).set('cutoff', 0.1);
    await group.settled();
    await group.run(b.ephemeral(knobs).ready);
    expect(b.ephemeral(knobs).get('cutoff')).toBe(0.1);
    let told = 0;
    b.ephemeral(knobs).subscribe(() => told++);
    for (let number = 0; number <= 1000; number++) a.ephemeral(knobs).set('cutoff', number);
    await group.advance(100);
    expect(b.ephemeral(knobs).get('cutoff', a.id)).toBe(1000);
    expect(told).toBeLessThan(8);
    b.ephemeral(knobs).set('drive', 1);
    expect(
      b
        .ephemeral(knobs)
        .entries()
        .map(({ key, from }) => [key, from]),
    ).toEqual([
      ['cutoff', a.id],
      ['drive', b.id],
    ]);
    await group.kill(a);
    await group.advance(5000);
    expect(
      b
        .ephemeral(knobs)
        .entries()
        .map(({ key }) => key),
    ).toEqual(['drive']);
  });
});
