/** Commands that talk, as processes: pipes at both ends, signals, readers that go, peers that are stopped. */

import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { runHere } from './in-process.js';
import { Place } from './processes.js';
import type { Running } from './processes.js';

/** A group that is stored, and that nobody runs. */
async function stored(): Promise<Place> {
  const place = new Place();
  expect(await runHere(place, 'set', 'acme', '/a/b', '1')).toMatchObject({ code: 0 });
  return place;
}

async function subscribe(place: Place, ...args: readonly string[]): Promise<Running> {
  const sub = place.start(['sub', 'acme', ...args]);
  await sub.line('subscribed to');
  return sub;
}

describe('lines of one process', () => {
  test('are messages of another: all, in order, nothing missed', async () => {
    const place = await stored();
    const count = 3000;
    const sub = await subscribe(place, 'events', '--json', '--count', String(count));
    const input = Array.from({ length: count }, (_, number) => `{"number":${number},"text":"${'x'.repeat(number % 200)}"}\n`).join('');
    expect(await place.run(['pub', 'acme', 'events', '--lines', '--json'], { input })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/"messages":3000,.*"refused":0,"peers":1\}\n$/) as string,
    });
    const { code, out } = await sub.ended;
    expect(code).toBe(0);
    const heard = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly missed: number; readonly value: { readonly number: number } });
    expect(heard.map(({ value }) => value.number)).toEqual(Array.from({ length: count }, (_, number) => number));
    expect(heard.every(({ missed }) => missed === 0)).toBe(true);
  });

  test('that are no values are left out and told, and the rest is published', async () => {
    const place = await stored();
    const sub = await subscribe(place, 'events', '--raw', '--count', '2');
    const { code, out, err } = await place.run(['pub', 'acme', 'events', '--lines'], { input: '1\n{oops\n\n"two"' });
    expect(code).toBe(4);
    expect(out).toMatch(/^2 messages \(.*\) published on events; 1 peer there\n$/);
    expect(err).toMatch(/^left out {2}line 2 is not JSON: column 2: /);
    expect(await sub.ended).toMatchObject({ code: 0, out: '1\ntwo\n' });
  });

  test('are the values of a key that is held, one after the other', async () => {
    const place = await stored();
    const watch = place.start(['ephemeral', 'acme', 'knobs', '--watch', '--json']);
    await watch.line('watching knobs');
    const held = place.start(['ephemeral', 'acme', 'knobs', 'cutoff', '-']);
    await held.line('held as long as there is input');
    held.process.stdin.write('0.1\n');
    expect(JSON.parse(await watch.line('"value":'))).toMatchObject({ key: 'cutoff', value: 0.1 });
    held.process.stdin.write('0.2\n');
    expect(JSON.parse(await watch.line('"value":'))).toMatchObject({ value: 0.2 });
    held.process.stdin.end();
    expect(await held.ended).toMatchObject({ code: 0 });
    expect(JSON.parse(await watch.line('isGone'))).toMatchObject({ key: 'cutoff', isGone: true });
  });
});

describe('bytes of one process', () => {
  test('are those of another, as they were', async () => {
    const place = await stored();
    const sub = await subscribe(place, 'sample', '--codec', 'raw', '--raw', '--count', '1');
    const chunks: Buffer[] = [];
    sub.process.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const bytes = randomBytes(60_000_001);
    expect(await place.run(['pub', 'acme', 'sample', '--codec', 'raw'], { input: bytes })).toMatchObject({ code: 0 });
    expect(await sub.ended).toMatchObject({ code: 0 });
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });
});

describe('a subscriber', () => {
  test('ends with 130 at Ctrl-C, and leaves nothing behind', async () => {
    const place = await stored();
    const sub = await subscribe(place, 'clock');
    sub.process.kill('SIGINT');
    expect(await sub.ended).toMatchObject({ code: 130, out: '' });
    expect(readdirSync(join(place.stores, 'acme', 'peers'))).toEqual([]);
  });

  test('ends quietly when nobody reads any more', async () => {
    const place = await stored();
    const sub = await subscribe(place, 'clock');
    sub.process.stdout.destroy();
    expect(await place.socomm('pub', 'acme', 'clock', '1')).toMatchObject({ code: 0 });
    const { code, err } = await sub.ended;
    expect({ code, err }).toEqual({ code: 0, err: expect.not.stringContaining('error') as string });
  });
});

describe('a peer that is stopped', () => {
  test('is told, and keeps nobody else from hearing', async () => {
    const place = new Place();
    const holder = await place.hold('acme');
    const sub = await subscribe(place, 'clock', '--raw', '--count', '1');
    holder.process.kill('SIGSTOP');
    const told = `1 peer (pid ${holder.process.pid}) does not answer: stopped or busy`;
    expect(await place.socomm('pub', 'acme', 'clock', '"tick"')).toMatchObject({ code: 0, err: `${told}\n` });
    expect(await sub.ended).toMatchObject({ code: 0, out: 'tick\n' });
    const { code, out, err } = await place.socomm('peers', 'acme');
    expect({ code, err }).toEqual({ code: 0, err: `${told}\n` });
    expect(out).toMatch(new RegExp(`^[0-9a-f]{8}… +${holder.process.pid} +\\S+ +\\S+ +does not answer$`, 'm'));
    holder.process.kill('SIGCONT');
    await holder.end();
  });
});
