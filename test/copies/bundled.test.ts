/** Bundles beside the package as it was installed: each is a copy of its own, in one process and in many, and all are one group with one writer. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { Workshop, install, pack } from '../package/installed.js';
import { canAskKernel, locksOn } from '../process/kernel.js';
import { Place, agreedWriter, equalDigests } from '../process/members.js';
import type { Remote } from '../process/members.js';
import { bundleLibrary } from './bundles.js';

const CLUSTER = join(import.meta.dirname, '../process/cluster.mjs');
const workshop = new Workshop();
/** As installed, imported and required; then bundled four times. */
let builds: string[];

beforeAll(async () => {
  const own = install(await pack(), workshop.folder, { dependencies: 'linked' });
  const installed = ['esm', 'cjs'].map((kind) => join(own, 'dist', kind, 'src/index.js'));
  builds = [...installed, ...(await bundleLibrary(workshop.folder))];
}, 120_000);

afterAll(() => workshop.remove());

function hasOneOwner(place: Place): boolean {
  return !canAskKernel || locksOn(join(place.store, 'owner.lock')) === 1;
}

test('four bundles and both builds of the package in one process are six peers with one writer, and find all again', async () => {
  const place = new Place();
  const member = place.fork();
  const joinAll = (): Promise<Remote[]> => Promise.all(builds.map((build, at) => member.join(`copy-${at}`, build)));

  const remotes = await joinAll();
  expect(new Set(remotes.map(({ peer }) => peer)).size).toBe(6);
  await Promise.all(remotes.map((remote) => remote.burst({ prefix: remote.as, count: 100, bytes: 50 })));
  const digest = await equalDigests(remotes);
  await Promise.all(remotes.map((remote) => remote.flush()));
  const writer = await agreedWriter(remotes);
  expect(hasOneOwner(place)).toBe(true);
  await writer.close();
  const others = remotes.filter((remote) => remote !== writer);
  await agreedWriter(others);
  await Promise.all(others.map((remote) => remote.flush()));
  await member.request('closeAll');
  expect(place.remains).toEqual([]);

  const again = await joinAll();
  expect(await equalDigests(again)).toBe(digest);
  for (const remote of again) {
    expect(await remote.size()).toBe(600);
    expect((await remote.inspect()).warnings).toEqual([]);
  }
});

test('four bundles and both builds, each in a process of its own: the writers are killed one after the other, and the last one has all', async () => {
  const place = new Place();
  const expected: Record<string, unknown> = {};
  let left = await Promise.all(builds.map((build, at) => place.fork().join(`copy-${at}`, build)));
  while (left.length > 1) {
    for (const remote of left) {
      const key = `${remote.as}-among-${left.length}`;
      await remote.set(key, left.length);
      expected[key] = left.length;
    }
    await Promise.all(left.map((remote) => remote.flush()));
    const writer = await agreedWriter(left);
    expect(hasOneOwner(place)).toBe(true);
    await writer.member.kill();
    left = left.filter((remote) => remote !== writer);
  }
  await left[0]?.flush();
  expect(await left[0]?.content()).toEqual(expected);
});

test('workers of a cluster, each with another bundle or build, have one writer', () => {
  const place = new Place();
  const order = JSON.stringify({ builds, directories: builds.map(() => place.store), runtimeDirectory: place.sockets });
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLUSTER, order], { encoding: 'utf8', timeout: 25_000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const answers = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { writer: { id: string }; size: number }[];
  expect(new Set(answers.map(({ writer }) => writer.id)).size).toBe(1);
  expect(answers.map(({ size }) => size)).toEqual(builds.map(() => builds.length));
});
