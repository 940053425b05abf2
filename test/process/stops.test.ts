/** A writer that is stopped (SIGSTOP: a suspended process, a debugger) stops nothing but the disk. One that blocks: `blocked-loop.timed`. */

import { expect, test } from 'vitest';

import { CJS, ESM, Place, agreedWriter, equalDigests } from './members.js';
import type { Remote } from './members.js';
import { until } from './until.js';

const STALL_MS = 3000;
/** A second for the pulse that came last before the stop, and room for a busy machine. */
const STALL_SEEN_MS = STALL_MS + 1000;
const PENDING_LOOK_MS = 1500;

test('while the writer is stopped the others go on, are told, and let newcomers in; when it goes on, so does the disk', async () => {
  const place = new Place();
  const remotes = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS), place.fork().join('c', ESM)]);
  const writer = await agreedWriter(remotes);
  const others = remotes.filter((remote) => remote !== writer) as [Remote, Remote];
  await others[0].flush();
  writer.member.signal('SIGSTOP');
  const stoppedAt = performance.now();

  await others[0].set('while-stopped', 1);
  await others[1].hears('observed', ({ keys }) => (keys as string[]).includes('while-stopped'), STALL_MS);
  const flush = others[0].flush();
  const newcomer = await place.fork().join('newcomer', CJS);
  expect(await newcomer.get('while-stopped')).toBe(1);
  await newcomer.set('of-newcomer', 2);
  await equalDigests([...others, newcomer]);

  for (const remote of others) {
    const { detail } = await remote.hears('stalled');
    expect(detail).toMatchObject({ writer: { id: writer.peer }, reason: 'writer-silent' });
  }
  const stalledAfterMs = performance.now() - stoppedAt;
  console.log(`stalled was told ${stalledAfterMs.toFixed(0)} ms after the stop`);
  expect(stalledAfterMs).toBeGreaterThan(STALL_MS - 1000);
  expect((await others[0].inspect()).isStalled).toBe(true);
  // A lock and no lease: nobody else has become writer, however long it takes.
  for (const remote of others) expect(await remote.role()).toBe('follower');

  writer.member.signal('SIGCONT');
  for (const remote of others) await remote.hears('recovered', undefined, STALL_SEEN_MS);
  expect(await flush).toEqual({ term: 1 });
  await newcomer.flush();
  await equalDigests([...remotes, newcomer]);
  expect(await writer.role()).toBe('writer');
});

test('where the writer is stopped and nobody else is complete, join says so, and with wait: none it waits until the writer goes on', async () => {
  const place = new Place();
  const writer = await place.fork().join('writer', ESM);
  await writer.set('warm-pad', 1);
  await writer.flush();
  writer.member.signal('SIGSTOP');

  const [impatient, patient] = [place.fork(), place.fork()];
  const startedAt = performance.now();
  const rejected = impatient.join('impatient', ESM).then(
    () => undefined,
    (error: unknown) => ({ error, afterMs: performance.now() - startedAt }),
  );
  const waiting = await patient.join('patient', CJS, { options: { wait: 'none' } });
  const progress = { isSynced: false };
  const synced = waiting.ask('synced').then(() => void (progress.isSynced = true));
  const refusal = await rejected;
  expect(refusal?.error).toMatchObject({ name: 'SocommError', code: 'SOCOMM_WRITER_STALLED' });
  expect(refusal?.afterMs).toBeGreaterThan(STALL_MS - 50);
  // Longer than the impatient one had: the empty followers do not vouch for each other.
  const lookedAt = performance.now();
  await until('some more time has passed', () => performance.now() - lookedAt > PENDING_LOOK_MS);
  expect(progress.isSynced).toBe(false);
  expect(await waiting.size()).toBe(0);

  writer.member.signal('SIGCONT');
  await synced;
  expect(await waiting.get('warm-pad')).toBe(1);
  const later = await impatient.join('later', ESM);
  expect(await later.get('warm-pad')).toBe(1);
});

test('a writer that is killed while it is stopped is succeeded, and what waited for it becomes durable', async () => {
  const place = new Place();
  const remotes = await Promise.all([place.fork().join('a', ESM), place.fork().join('b', CJS)]);
  const writer = await agreedWriter(remotes);
  const other = remotes.find((remote) => remote !== writer) as Remote;
  writer.member.signal('SIGSTOP');
  await other.set('waiting', 1);
  const flush = other.flush();
  await writer.member.kill();
  expect((await flush).term).toBeGreaterThan(1);
  await place.killAll();
  const later = await place.fork().join('later', ESM);
  expect(await later.get('waiting')).toBe(1);
});
