/** Instances in worker threads, in real processes: the whole of an instance works there, and nothing that a worker does harms anybody else. */

import { join } from 'node:path';

import { expect, test } from 'vitest';

import { bundleBuild } from '../process/bundle.js';
import { CJS, ESM, Place } from '../process/members.js';
import { play } from './threads.js';
import type { Ending } from './threads.js';

const ROUNDS = 5;
/** Of each round. */
const WORKERS = 4;

for (const [kinds, build, workerBuild] of [
  ['ES module in both', ESM, ESM],
  ['ES module in the worker, CommonJS in the main thread', CJS, ESM],
  ['CommonJS in the worker, ES module in the main thread', ESM, CJS],
] as const) {
  test(`main, a worker and a worker's worker share state and talk, both ways, without an addon in either (${kinds})`, async () => {
    const place = new Place();
    const { outcome } = await play<{ outcomes: readonly object[] }>(place, 'sharing', { build, workerBuild });
    const shared = { kind: 'shared', doubled: 42, term: 1, role: 'follower', directory: place.store };
    expect(outcome).toEqual({
      outcomes: [shared, shared],
      numbers: [1, 2],
      bodies: [1, 2],
      heard: [1, 2],
      presence: 2,
      values: 2,
      instances: 3,
      doubled: 8,
      echoed: 300_000,
      left: 1,
      undone: false,
    });
    expect(place.remains).toEqual([]);
  });
}

test('a worker waits a moment for a host, also where somebody else listens to messages between threads; without one it is told what to do', async () => {
  const place = new Place();
  const { outcome } = await play<{ codes: string[]; ms: number; late: string }>(place, 'hosting', { detail: { workers: 3 } });
  expect(outcome.codes).toEqual(Array.from({ length: 3 }, () => 'SOCOMM_NOT_MAIN_THREAD'));
  expect(outcome.late).toBe('joined as follower');
});

test('a worker of another version is refused with a code, unless its own version hosts, too', async () => {
  const place = new Place();
  expect((await play(place, 'versions')).outcome).toEqual(['SOCOMM_VERSION_REFUSED', place.store]);
});

test('when the last who hosts ends it, instances in workers close in order, and nothing that they wrote is lost', async () => {
  const place = new Place();
  const { outcome } = await play(place, 'hostEnding');
  expect(outcome).toEqual({
    ended: { kind: 'ended', status: 'closed', flush: 'SOCOMM_CLOSED', join: 'SOCOMM_NOT_MAIN_THREAD' },
    late: 'joined as follower',
    isPrompt: true,
    last: 'words',
    left: 1,
  });
  expect(place.remains).toEqual([]);
});

test('what a worker flushed survives a kill of the process', async () => {
  const place = new Place();
  const { outcome, kill } = await play<{ term: number }>(place, 'flushing', { staysAlive: true });
  expect(outcome.term).toBe(1);
  await kill();
  const later = await place.fork().join('later', ESM);
  expect(await later.get('kept')).toBe('by a worker');
});

test('a worker that ends itself without closing spills what nobody confirmed, and the next writer takes it in', async () => {
  const place = new Place();
  const { outcome } = await play(place, 'leaving');
  expect(outcome).toEqual({ spills: 1, left: 'behind' });
});

test('a process that ends itself has its workers save what nobody confirmed, each that has a turn, and waits for no other for long', async () => {
  const place = new Place();
  await play(place, 'exiting');
  const later = await place.fork().join('later', ESM);
  expect(await later.content()).toEqual({ 'by-1': 1, 'by-2': 2 });
});

test(`${WORKERS * ROUNDS} workers that are ended while they write, join or close take nothing with them: no descriptor, socket or entry is left, and others go on`, async () => {
  const place = new Place();
  const beside = await place.fork().join('beside', ESM, { options: { storage: 'never', wait: 'none' } });
  const build = bundleBuild(place.folder);
  const { outcome } = await play<Ending>(place, 'ending', { build, detail: { rounds: ROUNDS } });
  console.log(JSON.stringify(outcome));
  expect(outcome).toMatchObject({ ended: WORKERS * (ROUNDS + 1), term: 1, peers: 2, entries: 4 });
  // Fewer is right: a socket by which a peer was asked something goes when nothing is asked for a while.
  expect(outcome.after.descriptors).toBeLessThanOrEqual(outcome.before.descriptors);
  expect(outcome.updates).toBeGreaterThan(ROUNDS);
  expect(outcome.sockets).toHaveLength(4);
  expect(await beside.get('main')).toBe(ROUNDS);
});

test('a main thread that stands still for a second, three times, harms neither a join nor what is said', async () => {
  const place = new Place();
  const { outcome } = await play(place, 'standstill');
  expect(outcome).toEqual({ doubled: [42, 42], warnings: [] });
});

test('a host keeps no process alive, and neither does a worker that has closed its instance', async () => {
  const place = new Place();
  expect((await play(place, 'idle')).outcome).toEqual({});
  expect(place.remains).toEqual([]);
});

test('the main thread decides where the store is', async () => {
  const place = new Place();
  const stores = join(place.folder, 'stores');
  const env = { SOCOMM_DIRECTORY: stores, SOCOMM_RUNTIME_DIRECTORY: place.sockets };
  const { outcome } = await play(place, 'places', { env });
  const directory = join(stores, 'com.acme.synth');
  expect(outcome).toEqual({ here: directory, there: directory, inMain: 'none' });
});
