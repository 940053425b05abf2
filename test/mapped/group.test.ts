/** Mapped values between real processes: seen without a turn of the loop, gone with their instance, and never in anybody's way. */

import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MappedInspection } from '../../src/mapped/mapped-values.js';
import { CJS, ESM } from '../process/members.js';
import { until } from '../process/until.js';
import { MappedPlace } from './mapped-place.js';
import type { MappedProcess } from './mapped-place.js';

const isSkipped = !['linux', 'darwin'].includes(process.platform);
const inspect = (one: MappedProcess): Promise<MappedInspection> => one.ask<MappedInspection>('inspect');
const poll = (one: MappedProcess, key: string, from?: string): Promise<number[]> => one.ask('poll', { key, from });

/** Two that have each other's values mapped. */
async function pair(place: MappedPlace, builds = [ESM, ESM]): Promise<[MappedProcess, MappedProcess, string]> {
  const setter = await place.start(true, builds[0]);
  const poller = await place.start(true, builds[1]);
  await setter.ask('set', { key: 'k', numbers: [1] });
  await until('the value is mapped', async () => (await poll(poller, 'k'))[0] === 1 && (await inspect(poller)).others.length === 1);
  return [setter, poller, await setter.ask<string>('id')];
}

describe.skipIf(isSkipped)('a mapped value', () => {
  it.each([
    ['ESM', 'CommonJS', ESM, CJS],
    ['CommonJS', 'ESM', CJS, ESM],
  ])('of %s is seen by %s within one turn of its loop', async (_, __, first, second) => {
    const [setter, poller, id] = await pair(new MappedPlace(), [first, second]);
    const seen = poller.ask<number>('pollUntil', { key: 'k', from: id, number: 2 });
    await setter.ask('set', { key: 'k', numbers: [2] });
    // It polled, without anything else, until it was there.
    expect(await seen).toBeGreaterThan(0);
  });

  it('lies in a file that is its user’s alone, and is gone with its instance', async () => {
    const place = new MappedPlace();
    const [setter, poller, id] = await pair(place);
    const { path = '', values, isMapped } = await inspect(setter);
    expect([values, isMapped, statSync(path).mode & 0o777]).toEqual([1, true, 0o600]);
    await setter.ask('close');
    await until('the other has it no longer mapped', async () => (await inspect(poller)).others.length === 0);
    expect([await poll(poller, 'k', id), place.files]).toEqual([[], []]);
  });

  it('is gone with a process that is killed while it writes, and so is its file', async () => {
    const place = new MappedPlace();
    const setter = await place.start({ valueBytesMax: 256 });
    const poller = await place.start();
    await setter.ask('set', { key: 'k', numbers: Array.from({ length: 32 }, () => 0) });
    const id = await setter.ask<string>('id');
    await until(
      'all of it is mapped',
      async () => (await poll(poller, 'k', id)).length === 32 && (await inspect(poller)).others.length === 1,
    );
    await setter.ask('spin', { key: 'k' });
    await until('it writes', async () => ((await poll(poller, 'k', id))[0] ?? 0) > 1000);
    await setter.kill();
    await until('it is gone', async () => (await poll(poller, 'k', id)).length === 0 && place.files.length === 0);
  });

  it('that is too long for its place travels, and is polled as it came', async () => {
    const [setter, poller, id] = await pair(new MappedPlace());
    const numbers = Array.from({ length: 20 }, (_, each) => each);
    await setter.ask('set', { key: 'k', numbers });
    await until('it has travelled', async () => (await poll(poller, 'k', id)).length === 20);
    expect(await inspect(setter)).toMatchObject({ values: 0, leftOut: 1 });
  });

  it('that is deleted is not there', async () => {
    const [setter, poller] = await pair(new MappedPlace());
    await setter.ask('delete', { key: 'k' });
    await until('it is gone', async () => (await poll(poller, 'k')).length === 0);
    expect(await poll(setter, 'k')).toEqual([]);
  });

  it('of the instance that set it is polled, too, the latest of both', async () => {
    const [setter, poller] = await pair(new MappedPlace());
    await poller.ask('set', { key: 'k', numbers: [5] });
    await until('it is mapped', async () => (await poll(setter, 'k'))[0] === 5);
    await setter.ask('set', { key: 'k', numbers: [6] });
    expect([await poll(setter, 'k'), await poll(poller, 'k')]).toEqual([[6], [6]]);
  });
});

describe.skipIf(isSkipped)('what is left behind', () => {
  it('by the dead is removed by the next who joins, and what is not understood is left alone', async () => {
    const place = new MappedPlace();
    const setter = await place.start();
    await setter.ask('set', { key: 'k', numbers: [1] });
    writeFileSync(join(place.sockets, 'map-mine'), 'x');
    await setter.kill();
    expect(place.files).toHaveLength(2);
    const next = await place.start();
    await next.ask('poll', { key: 'k' });
    expect(place.files).toEqual(['map-mine']);
  });
});

describe.skipIf(isSkipped)('who maps nothing', () => {
  it('has the values as they travel, and says why', async () => {
    const place = new MappedPlace();
    const setter = await place.start(true);
    const poller = await place.start(false);
    await setter.ask('set', { key: 'k', numbers: [1] });
    await until('it has travelled', async () => (await poll(poller, 'k'))[0] === 1);
    expect(await inspect(poller)).toMatchObject({ isMapped: false, reason: 'not-asked', others: [] });
  });

  it('because another’s file cannot be trusted, has that one’s values as they travel', async () => {
    const place = new MappedPlace();
    const setter = await place.start();
    await setter.ask('set', { key: 'k', numbers: [1] });
    const { path = '' } = await inspect(setter);
    chmodSync(path, 0o644);
    const poller = await place.start();
    await until('it has travelled', async () => (await poll(poller, 'k'))[0] === 1);
    expect(await inspect(poller)).toMatchObject({ isMapped: true, others: [] });
  });
});
