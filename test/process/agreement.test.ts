/** Processes that share a state: single changes, many at once, large ones, and observers that throw. */

import { expect, test } from 'vitest';

import { CJS, ESM, Place, equalDigests } from './members.js';
import { until } from './until.js';

test('a set in one process is observed in the other, whichever build it has loaded', async () => {
  const place = new Place();
  const [a, b] = await Promise.all([place.fork().join('esm', ESM), place.fork().join('cjs', CJS)]);
  await a.set('warm-pad', { name: 'Warm Pad' });
  await b.hears('observed', ({ keys }) => (keys as string[]).includes('warm-pad'));
  expect(await b.get('warm-pad')).toEqual({ name: 'Warm Pad' });
  await b.set('warm-pad', { name: 'Warmer Pad' });
  await a.hears('observed', ({ keys }) => (keys as string[]).includes('warm-pad'));
  expect(await a.get('warm-pad')).toEqual({ name: 'Warmer Pad' });
});

test('1,000 sets from both sides at once end in equal digests and equal content', async () => {
  const place = new Place();
  const [a, b] = await Promise.all([place.fork().join('esm', ESM), place.fork().join('cjs', CJS)]);
  // Half of the keys are contested.
  await Promise.all([
    a.burst({ prefix: 'a', count: 500 }),
    b.burst({ prefix: 'b', count: 500 }),
    a.burst({ prefix: 'both', count: 500, perTurn: 7 }),
    b.burst({ prefix: 'both', count: 500, bytes: 3, perTurn: 11 }),
  ]);
  await until('both have all keys', async () => (await a.size()) === 1500 && (await b.size()) === 1500);
  await equalDigests([a, b]);
  expect(await a.content()).toEqual(await b.content());
});

test('an observer of the application that throws breaks neither agreement nor persistence, and is told', async () => {
  const place = new Place();
  const [a, b] = await Promise.all([place.fork().join('calm', ESM), place.fork().join('throwing', CJS)]);
  await b.ask('throwWhenObserving');
  await a.burst({ prefix: 'preset', count: 100 });
  await equalDigests([a, b]);
  await b.hears('warning', ({ code, message }) => code === 'observer-threw' && String(message).includes('the observer of an application'));
  // Its own change is made too, though its own call throws, as with Yjs alone.
  await expect(b.set('own', 1)).rejects.toThrow('the observer of an application');
  await Promise.all([a.flush(), b.flush()]);
  await equalDigests([a, b]);
  await place.killAll();

  const c = await place.fork().join('later', ESM);
  expect(await c.size()).toBe(101);
});

test('a newcomer gets 2,000 presets of 2.5 KB by catch-up in chunks, equal to the last bit', async () => {
  const place = new Place();
  const a = await place.fork().join('owner', ESM);
  await a.burst({ prefix: 'preset', count: 2000, bytes: 2500 });
  const b = await place.fork().join('newcomer', CJS);
  expect(await b.size()).toBe(2000);
  await equalDigests([a, b]);
  expect((await b.inspect()).counters['catchUpBytes']).toBeGreaterThan(5_000_000);
});

test('one update of 12 MB, more than is broadcast, reaches everybody and the disk', async () => {
  const place = new Place();
  const remotes = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS), place.fork().join('c', ESM)]);
  const [a, b, c] = remotes;
  await b.ask('setBig', { key: 'wavetable', bytes: 12_000_000 });
  await b.set('after', 'it');
  await equalDigests(remotes);
  for (const remote of [a, c]) {
    expect(await remote.ask('lengthOf', { key: 'wavetable' })).toBe(12_000_000);
    expect(await remote.get('after')).toBe('it');
  }
  await b.flush();
  await place.killAll();
  const later = await place.fork().join('later', CJS);
  expect(await later.ask('lengthOf', { key: 'wavetable' })).toBe(12_000_000);
});
