/** What is left when instances are closed: nothing. And who shares a peer with whom. */

import { join } from 'node:path';

import { expect, test } from 'vitest';

import { loadFileLocks } from '../../storage/file-lock.js';
import { openDatabase } from '../../storage/level-open.js';
import { readOwnerNote } from '../../storage/owner-note.js';
import { canAskKernel } from './kernel.js';
import { CJS, ESM, GROUP, Place, equalDigests } from './members.js';
import type { Ended, Member } from './members.js';
import { until } from './until.js';

const EXIT_LIMIT_MS = 2000;

/** The channel to us is the last thing that holds the process. */
async function endsByItself(member: Member): Promise<Ended> {
  await member.request('leaveChannel');
  const startedAt = performance.now();
  const ended = await member.ended;
  expect(performance.now() - startedAt).toBeLessThan(EXIT_LIMIT_MS);
  return ended;
}

test('after the last close a process ends by itself, and leaves no socket, no roster file, no lock and no open database', async () => {
  const place = new Place();
  const [writing, following] = [place.fork(), place.fork()];
  const a = await writing.join('a', ESM);
  const b = await following.join('b', CJS);
  await b.set('warm-pad', 1);
  await equalDigests([a, b]);

  await b.close();
  expect(place.remains).toHaveLength(6); // four sockets, entry and lock of the one who stays
  await a.set('deep-bass', 2); // not flushed: closing the writer does that
  await a.close();
  expect(place.remains).toEqual([]);
  if (canAskKernel) expect([...writing.openFilesBelow(place.folder), ...following.openFilesBelow(place.folder)]).toEqual([]);
  const locks = await loadFileLocks();
  expect(locks.isLocked(join(place.store, 'owner.lock'))).toBe(false);
  expect((await readOwnerNote(place.store))?.cleanBatch).toBeGreaterThan(0);
  await (await openDatabase(join(place.store, 'level'), 'present')).close();

  expect(await endsByItself(writing)).toEqual({ code: 0, signal: null });
  expect(await endsByItself(following)).toEqual({ code: 0, signal: null });
  const later = await place.fork().join('later', ESM);
  expect(await later.content()).toEqual({ 'warm-pad': 1, 'deep-bass': 2 });
});

test('a follower that closes makes durable first what it wrote last', async () => {
  const place = new Place();
  await place.fork().join('writer', ESM);
  const b = await place.fork().join('follower', CJS);
  await b.set('last', 'word');
  await b.close();
  await place.killAll();
  const later = await place.fork().join('later', ESM);
  expect(await later.get('last')).toBe('word');
});

test('who sets something and closes before the store is loaded finds it again', async () => {
  const place = new Place();
  const member = place.fork();
  const a = await member.join('a', ESM, { options: { wait: 'none' } });
  await Promise.all([a.set('at-once', 1), a.close()]);
  expect(place.remains).toEqual([]);
  const later = await member.join('later', ESM);
  expect(await later.get('at-once')).toBe(1);
});

for (const turns of [0, 1, 2, 3, 5, 8]) {
  test(`closing ${turns} turns into a takeover saves what was set in them, and frees the lock`, async () => {
    const place = new Place();
    const writer = await place.fork().join('writer', ESM);
    const member = place.fork();
    const successor = await member.join('successor', CJS);
    await writer.set('before', true);
    await writer.flush();
    const closed = successor.ask('closeInTakeover', { turns });
    await writer.member.kill();
    await closed;
    expect(place.remains.filter((name) => name.startsWith(successor.peer))).toEqual([]);
    // In the same process: it would be this one that had kept the lock.
    const later = await member.join('later', CJS);
    expect(await later.size()).toBe(1 + turns);
    expect((await later.inspect()).writer?.id).toBe(later.peer);
  });
}

test('a process that fails to join ends by itself and leaves nothing', async () => {
  const place = new Place();
  const member = place.fork();
  const options = { directory: place.store, runtimeDirectory: join(place.folder, 'x'.repeat(120)) };
  await expect(member.request('failToJoin', { build: ESM, group: GROUP, options })).rejects.toMatchObject({
    code: 'SOCOMM_DIRECTORY_INVALID',
  });
  expect(place.remains).toEqual([]);
  expect(await endsByItself(member)).toEqual({ code: 0, signal: null });
});

test('close is idempotent, awaited by all callers, and everything after it is SOCOMM_CLOSED', async () => {
  const place = new Place();
  const member = place.fork();
  const a = await member.join('a', ESM);
  await Promise.all([a.close(), a.close(), a.close()]);
  await a.close();
  expect(await a.ask('status')).toBe('closed');
  for (const use of ['flush', 'synced', 'set', 'remove']) {
    await expect(a.ask(use, { key: 'key', value: 1 }), use).rejects.toMatchObject({ name: 'SocommError', code: 'SOCOMM_CLOSED' });
  }
});

test('closing all instances of several peers in one process at once ends well', async () => {
  const place = new Place();
  const member = place.fork();
  const remotes = await Promise.all([
    member.join('a', ESM),
    member.join('b', ESM),
    member.join('c', ESM, { options: { replica: 'own' } }),
    member.join('d', CJS),
  ]);
  await remotes[2].set('key', 'value');
  await member.request('closeAll');
  expect(place.remains).toEqual([]);
  expect(await endsByItself(member)).toEqual({ code: 0, signal: null });
});

test('a join while the same peer is being closed gets a new peer with the whole state', async () => {
  const place = new Place();
  const member = place.fork();
  const a = await member.join('a', ESM);
  await a.burst({ prefix: 'preset', count: 200 });
  const again = { as: 'again', build: ESM, group: GROUP, options: { directory: place.store, runtimeDirectory: place.sockets } };
  const { peer } = await a.ask<{ peer: string }>('joinWhileClosing', { next: again });
  expect(peer).not.toBe(a.peer);
  expect(await member.request('size', { as: 'again' })).toBe(200);
  expect(await member.request('role', { as: 'again' })).toBe('writer');
  await member.request('closeAll');
  expect(place.remains).toEqual([]);
});

test("instances of one copy share a peer, replica: 'own' gives another, and other settings are a TypeError that names them", async () => {
  const place = new Place();
  const member = place.fork();
  const [a, b] = [await member.join('a', ESM), await member.join('b', ESM)];
  expect(b.peer).toBe(a.peer);
  expect(b.id).not.toBe(a.id);
  const { peers, instances } = await a.inspect();
  expect(peers).toHaveLength(1);
  expect(peers[0]?.instances).toEqual([a.id, b.id]);
  expect(instances).toEqual([a.id, b.id]);

  const own = await member.join('own', ESM, { options: { replica: 'own' } });
  expect(own.peer).not.toBe(a.peer);
  await until('both peers are seen', async () => (await a.inspect()).peers.length === 2);
  await a.hears('instance-joined', ({ instance }) => instance === own.id);

  const others: readonly [option: string, options: object][] = [
    ['storage', { storage: 'never' }],
    ['runtimeDirectory', { runtimeDirectory: join(place.folder, 'other') }],
  ];
  for (const [option, options] of others) {
    await expect(member.join('other', ESM, { options })).rejects.toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining(`'${option}'`) as string,
    });
  }
  // The one who leaves takes nothing from the other.
  await a.close();
  await b.set('still', 'here');
  await b.flush();
  await own.hears('instance-left', ({ instance }) => instance === a.id);
});
