/** `storage: 'never'`: takes part in everything but the writing. */

import { expect, test } from 'vitest';

import { CJS, ESM, Place, equalDigests } from './members.js';
import { until } from './until.js';

const NEVER = { options: { storage: 'never' } } as const;

test("alone, an instance with storage: 'never' is empty and synced, and flush says that nobody writes", async () => {
  const place = new Place();
  const a = await place.fork().join('a', ESM, NEVER);
  expect(await a.size()).toBe(0);
  expect(await a.ask('synced')).toBe(true);
  expect((await a.inspect()).isSynced).toBe(true);
  await expect(a.flush()).rejects.toMatchObject({ code: 'SOCOMM_NO_WRITER' });
  await a.set('warm-pad', 1);
  await expect(a.flush()).rejects.toMatchObject({ code: 'SOCOMM_NO_WRITER' });
});

test('two that never write share what they have, as long as one of them lives', async () => {
  const place = new Place();
  const a = await place.fork().join('a', ESM, NEVER);
  await a.set('warm-pad', 1);
  const b = await place.fork().join('b', CJS, NEVER);
  expect(await b.get('warm-pad')).toBe(1);
  await b.set('deep-bass', 2);
  await equalDigests([a, b]);
  expect([await a.role(), await b.role()]).toEqual(['follower', 'follower']);
});

test('one that never writes does not take over from a dead writer, and its work is saved as soon as somebody writes again', async () => {
  const place = new Place();
  const writer = await place.fork().join('writer', ESM);
  const never = await place.fork().join('never', CJS, NEVER);
  await writer.set('of-writer', 1);
  await never.set('of-never', 2);
  await equalDigests([writer, never]);
  await never.flush();
  await writer.member.kill();
  await until('it has noticed', async () => (await never.inspect()).writer === undefined);
  await never.set('later', 3);
  await expect(never.flush()).rejects.toMatchObject({ code: 'SOCOMM_NO_WRITER' });
  expect((await never.inspect()).election).toBe('abstaining');

  const next = await place.fork().join('next', ESM);
  expect(await next.content()).toEqual({ 'of-writer': 1, 'of-never': 2, later: 3 });
  expect((await never.flush()).term).toBe(2);
  await place.killAll();
  const last = await place.fork().join('last', CJS);
  expect(await last.size()).toBe(3);
});

test('an empty one that never writes does not vouch for an empty group: who may write joins with what the store holds', async () => {
  const place = new Place();
  const before = await place.fork().join('before', ESM);
  await before.burst({ prefix: 'preset', count: 2000, bytes: 1000 });
  await before.close();
  await before.member.kill();

  const never = await place.fork().join('never', CJS, NEVER);
  await never.set('own', 1);
  // Several tries: what is looked for is a race between the store and the other peer's word.
  for (let attempt = 0; attempt < 4; attempt++) {
    const writer = await place.fork().join(`writer-${attempt}`, ESM);
    expect(await writer.size()).toBeGreaterThanOrEqual(2000);
    await equalDigests([writer, never]);
    expect(await never.size()).toBe(2001);
    await writer.close();
    await writer.member.kill();
    if (attempt < 3) continue;
  }
});
