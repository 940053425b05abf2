/** What a user lives through, over real processes, sockets, disks and presets. */

import { cpSync } from 'node:fs';

import { expect, it } from 'vitest';

import { runMerge } from './merge-command.js';
import { Place } from '../process/members.js';
import type { Member } from '../process/members.js';
import { until } from '../process/until.js';
import { PRESETS, PRESET_COUNT, hasPresets, openHost } from './session.js';

if (!hasPresets) console.log(`skipped: ${PRESETS} is missing`);

it.skipIf(!hasPresets)('two copies toggle the same 100 favourites while a third imports 3,482 presets', async () => {
  const place = new Place();
  const [importer, one, other] = (await Promise.all([1, 2, 3].map(() => openHost(place)))).map(({ host }) => host) as [
    Member,
    Member,
    Member,
  ];
  await importer.request('beginImport', { paths: [PRESETS], until: 100 });
  const ids = await until('100 presets are everywhere', async () => {
    const known = await Promise.all([one, other].map((host) => host.request<string[]>('ids', { limit: 100 })));
    return known.every(({ length }) => length === 100) && known[0];
  });
  type Last = Readonly<Record<string, boolean>>;
  const [lastOfOne, lastOfOther, imported] = await Promise.all([
    one.request<Last>('storm', { ids, rounds: 40, seed: 1 }),
    other.request<Last>('storm', { ids, rounds: 40, seed: 2 }),
    importer.request<{ read: number }>('endImport'),
  ]);
  expect(imported.read).toBe(PRESET_COUNT);
  const hosts = [importer, one, other];
  await equalDocuments(hosts);
  const favourites = await one.request<boolean[]>('favourites', { ids });
  for (const [at, id] of ids.entries()) expect([lastOfOne[id], lastOfOther[id]]).toContain(favourites[at]);

  // Now that they have heard each other, what each says last of its half is what stays.
  const [left, right] = [ids.slice(0, 50), ids.slice(50)];
  await Promise.all([one.request('favourite', { ids: left, on: true }), other.request('favourite', { ids: right, on: false })]);
  await equalDocuments(hosts);
  for (const host of hosts) {
    expect(await host.request('favourites', { ids: left })).toEqual(left.map(() => true));
    expect(await host.request('favourites', { ids: right })).toEqual(right.map(() => false));
    expect(await host.request('problems')).toEqual([]);
  }
});

it.skipIf(!hasPresets)('an import goes on when the writer is killed, and no preset is half there', async () => {
  const place = new Place();
  // The first to come writes.
  const { host: writer } = await openHost(place);
  const { host: importer } = await openHost(place);
  const { host: looker } = await openHost(place);
  expect(await writer.request('role')).toBe('writer');
  await importer.request('beginImport', { paths: [PRESETS], until: 800 });
  const acknowledged = await importer.request<string[]>('acknowledged');
  expect(acknowledged.length).toBeGreaterThanOrEqual(800);
  await writer.kill();
  expect(await looker.request('bodies')).toMatchObject({ halves: 0 });
  expect(await importer.request('endImport')).toMatchObject({ read: PRESET_COUNT });
  await importer.request('acknowledged');
  await equalDocuments([importer, looker]);

  // What was acknowledged is on disk: nobody who is left helps to bring it back.
  await Promise.all([importer.kill(), looker.kill()]);
  const { host: after, sizes } = await openHost(place);
  expect(sizes).toEqual([PRESET_COUNT]);
  expect(new Set(await after.request<string[]>('ids', {}))).toEqual(expect.objectContaining({ size: PRESET_COUNT }));
  expect(await after.request('bodies')).toEqual({ count: PRESET_COUNT, incomplete: 0, halves: 0 });
});

it.skipIf(!hasPresets)('a store that was taken away and changed there comes back, and both sides keep their edits', async () => {
  const place = new Place();
  const away = new Place();
  const { host: maker } = await openHost(place);
  await maker.request('import', { paths: [PRESETS] });
  await maker.request('close');
  await maker.ended;
  cpSync(place.store, away.store, { recursive: true });

  for (const [each, prefix] of [
    [place, 'home'],
    [away, 'away'],
  ] as const) {
    const { host } = await openHost(each);
    await host.request('edit', { prefix, count: 50 });
    await host.request('close');
    await host.ended;
  }
  await runMerge(place, away.store);
  const { host, sizes } = await openHost(place);
  expect(sizes).toEqual([PRESET_COUNT + 20]);
  for (const prefix of ['home', 'away']) {
    const tags = await host.request<string[]>('tagsOf', { prefix });
    expect(new Set(tags).size).toBe(50);
  }
  expect(await host.request('bodies')).toEqual({ count: PRESET_COUNT + 20, incomplete: 0, halves: 0 });
});

async function equalDocuments(hosts: readonly Member[]): Promise<void> {
  await until('equal digests', async () => {
    const digests = await Promise.all(hosts.map(async (host) => JSON.stringify(await host.request('digest'))));
    return new Set(digests).size === 1;
  });
}
