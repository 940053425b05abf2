import { readdirSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { json, raw } from '../../src/index.js';
import { TalkingPlace } from './talking.js';

describe('socomm sub', () => {
  test('prints messages as they come, with time, topic and sender', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const sub = here.begin('sub', 'acme', 'clock');
    await sub.note('subscribed to clock in acme: 1 peer there');
    app.topic('clock').publish({ bar: 4 });
    const sender = `${app.id.slice(0, 8)}….1`;
    expect(await sub.line()).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d\\.\\d{3}  clock  from ${sender}  \\{"bar":4\\}$`));
    app.topic('clock').publish(`a\u001b[2J\nb${'x'.repeat(500)}`);
    const line = await sub.line();
    expect(line).toContain(String.raw`"a\u001b[2J\nbxxx`);
    expect(line).toHaveLength(160);
    sub.interrupt();
    expect(await sub.ended).toMatchObject({ code: 130 });
  });

  test('prints JSON lines, of all topics below a prefix once', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const sub = here.begin('sub', 'acme', 'meters/', 'meters/left', 'meters/', '--json', '--count', '2');
    await sub.note('subscribed to meters/ in acme');
    app.topic('other').publish(1);
    app.topic('meters/left').publish(0.5);
    app.topic('meters/right').publish([1, { big: 2n, bytes: Uint8Array.of(1, 2) }]);
    const { code, out } = await sub.ended;
    expect(code).toBe(0);
    const time = expect.stringMatching(/^\d{4}-.*Z$/) as string;
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([
      { time, topic: 'meters/left', from: app.id, missed: 0, value: 0.5 },
      { time, topic: 'meters/right', from: app.id, missed: 0, value: [1, { big: '2', bytes: 'AQI=' }] },
    ]);
  });

  test('prints only what one of several says, who may be named by the beginning of the id', async () => {
    const here = new TalkingPlace();
    const [one, other] = [await here.join(), await here.join()];
    const sub = here.begin('sub', 'acme', 'clock', '--json', '--from', `${one.id.slice(0, 8)}….1`, '--count', '1');
    await sub.note('subscribed');
    other.topic('clock').publish('other');
    await other.topic('clock').drained();
    one.topic('clock').publish('one');
    expect(JSON.parse((await sub.ended).out)).toMatchObject({ from: one.id, value: 'one' });
  });

  test('hands on bytes as they are, or a line each', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const bytes = here.begin('sub', 'acme', 'sample', '--codec', 'raw', '--raw', '--count', '2');
    const lines = here.begin('sub', 'acme', 'sample', '--codec', 'raw', '--raw', '--lines', '--count', '2');
    const shown = here.begin('sub', 'acme', 'sample', '--codec', 'raw', '--count', '2');
    await Promise.all([bytes, lines, shown].map((sub) => sub.note('subscribed')));
    const topic = app.topic('sample', raw());
    topic.publish(Uint8Array.of(0, 255, 10));
    topic.publish(Buffer.from('text'));
    await Promise.all([bytes.ended, lines.ended, shown.ended]);
    expect(bytes.out.bytes).toEqual(Buffer.from([0, 255, 10, ...Buffer.from('text')]));
    expect(lines.out.bytes).toEqual(Buffer.from([0, 255, 10, 10, ...Buffer.from('text\n')]));
    expect(shown.out.text).toMatch(/<3 bytes: 00ff0a>\n.*  text\n$/);
  });

  test('prints only the values with --raw, strings as they are', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const sub = here.begin('sub', 'acme', 'clock', '--raw', '--count', '2');
    await sub.note('subscribed');
    app.topic('clock').publish('tick');
    app.topic('clock').publish({ bar: 4 });
    expect(await sub.ended).toMatchObject({ code: 0, out: 'tick\n{"bar":4}\n' });
  });

  test('tells what it cannot read, once for each sender, and ends with 4', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const sub = here.begin('sub', 'acme', 'clock', '--codec', 'json', '--count', '1');
    await sub.note('subscribed');
    for (const value of [1, 2, 3]) app.topic('clock').publish(value);
    app.topic('clock', json()).publish('tick');
    const { code, out, err } = await sub.ended;
    expect(code).toBe(4);
    expect(out).toContain('"tick"');
    expect(err.match(/SOCOMM_CODEC_MISMATCH/g)).toHaveLength(1);
    expect(err).toContain('--codec');
  });

  test('tells a slow reader how many it has missed: with the messages they make up all', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const sub = here.begin('sub', 'acme', 'clock', '--json');
    await sub.note('subscribed');
    sub.out.hold();
    // Of the same peer as the command: what it has heard has been handed to the command, too.
    const beside = await here.join({ replica: 'shared', storage: 'never' });
    const count = 20_000;
    let heard = 0;
    const all = new Promise<void>((resolve) => beside.topic('clock').subscribe(() => ++heard === count && resolve()));
    const topic = app.topic('clock');
    for (let number = 1; number <= count; number++) {
      topic.publish(number);
      if (number % 1000 === 0) await topic.drained();
    }
    await all;
    sub.out.release();
    await sub.out.line(`"value":${count}}`);
    const lines = sub.out.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly missed: number; readonly value?: number });
    const had = lines.filter(({ value }) => value !== undefined).length;
    expect(had).toBeLessThan(count);
    expect(had + lines.reduce((sum, { missed }) => sum + missed, 0)).toBe(count);
  });

  test('waits for a group that is not there, and hears who comes later', async () => {
    const here = new TalkingPlace();
    const sub = here.begin('sub', 'acme', 'clock', '--raw', '--count', '1');
    await sub.note('there is no group acme yet; waiting');
    expect(readdirSync(here.place.stores)).toEqual([]);
    const app = await here.join();
    await sub.note('subscribed');
    app.topic('clock').publish('tick');
    expect(await sub.ended).toMatchObject({ code: 0, out: 'tick\n' });
    expect(await here.run('sub', 'nobody', 'clock', '--timeout', '0.3')).toMatchObject({ code: 5 });
  });

  test('ends with 5 where less came in time than was asked for', async () => {
    const here = new TalkingPlace();
    await here.join();
    expect(await here.run('sub', 'acme', 'clock', '--count', '1', '--timeout', '1')).toMatchObject({
      code: 5,
      err: expect.stringContaining('not done within 1 s') as string,
    });
  });
});

describe('socomm pub', () => {
  test('publishes one message to who is there already, and leaves', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const subscription = app.topic('clock').subscribe();
    expect(await here.run('pub', 'acme', 'clock', '{"bar":4}')).toEqual({
      code: 0,
      out: '1 message (8 B) published on clock; 1 peer there\n',
      err: '',
    });
    expect(await subscription.next()).toMatchObject({ value: { topic: 'clock', missed: 0, value: { bar: 4 } } });
  });

  test('publishes to one only', async () => {
    const here = new TalkingPlace();
    const [one, other] = [await here.join(), await here.join()];
    const [heard, unheard] = [one, other].map((app) => app.topic('clock').subscribe());
    expect(await here.run('pub', 'acme', 'clock', '1', '--to', one.id.slice(0, 6), '--json')).toMatchObject({
      code: 0,
      out: '{"group":"acme","topic":"clock","messages":1,"bytes":2,"refused":0,"peers":2}\n',
    });
    await here.run('pub', 'acme', 'clock', '2');
    expect((await heard?.next())?.value).toMatchObject({ value: 1 });
    expect((await unheard?.next())?.value).toMatchObject({ value: 2 });
    expect(await here.run('pub', 'acme', 'clock', '1', '--to', '0000')).toMatchObject({
      code: 3,
      err: expect.stringContaining('nobody in acme is 0000\n       "socomm peers acme" shows who is there') as string,
    });
  });

  test('says so where nobody is there to hear it', async () => {
    const here = new TalkingPlace();
    await (await here.join()).close();
    const { code, out } = await here.run('pub', 'acme', 'clock', '1');
    expect({ code, out }).toEqual({ code: 0, out: '1 message (2 B) published on clock; nobody else is in acme, so nobody has heard it\n' });
  });

  test.each([
    [['pub', 'acme', 'clock', 'tick'], 'the value is not JSON', `'"tick"'`],
    [['pub', 'acme', 'clock', '[1,', '--codec', 'json'], 'the value is not JSON', 'raw'],
    [['pub', 'acme', 'clock', '"a"', '--codec', 'float32'], 'no list of numbers', '[0.5, -1, 0]'],
    [['pub', 'acme', 'meters/', '1'], "'meters/' is no name", 'only to subscribe to'],
    [['pub', 'acme', 'clock', '1', '--lines'], '--lines reads standard input', 'leave one of them out'],
    [['sub', 'acme', 'a//b'], "'a//b' is no name", ''],
    [['sub', 'acme', 'clock', '--count', '0'], '--count takes a whole number', ''],
    [['sub', 'acme', 'clock', '--from', 'x'], '--from takes the id', 'socomm peers'],
    [['sub', 'acme', 'clock', '--raw', '--json'], 'do not go together', ''],
  ])('and sub refuse %j as a usage error, and make nothing', async (args, text, hint) => {
    const here = new TalkingPlace();
    const { code, out, err } = await here.run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(text);
    expect(err).toContain(hint);
    expect(readdirSync(here.place.stores)).toEqual([]);
  });

  test('does not make a group', async () => {
    const here = new TalkingPlace();
    expect(await here.run('pub', 'acme', 'clock', '1')).toMatchObject({ code: 3 });
    expect(readdirSync(here.place.stores)).toEqual([]);
  });
});
