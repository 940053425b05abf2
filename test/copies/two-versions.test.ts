/**
 * Two versions of the package side by side, as two applications of one maker bring them: each in a `node_modules` of its own, with Yjs and all native
 * addons of its own. What they share is the store, the roster and the wire.
 */

import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { Workshop, install, pack } from '../package/installed.js';
import { canAskKernel, locksOn } from '../process/kernel.js';
import { Place, agreedWriter, equalDigests } from '../process/members.js';
import type { Remote } from '../process/members.js';
import { until } from '../process/until.js';

const VERSIONS = ['0.1.7', '0.2.0'] as const;
const workshop = new Workshop();
/** Of each version its ES and its CommonJS build. */
let builds: { readonly esm: string; readonly cjs: string }[];

beforeAll(async () => {
  const packed = await pack();
  builds = VERSIONS.map((version) => {
    const own = install(packed, join(workshop.folder, `with-${version}`), { version, dependencies: 'copied' });
    return { esm: join(own, 'dist/esm/src/index.js'), cjs: join(own, 'dist/cjs/src/index.js') };
  });
}, 120_000);

afterAll(() => workshop.remove());

function pathOf(at: 0 | 1, kind: 'esm' | 'cjs'): string {
  return builds[at]?.[kind] ?? '';
}

/** Which versions a copy sees among its peers, itself included. */
async function versionsSeen(remote: Remote): Promise<string[]> {
  return (await remote.inspect()).peers.map(({ packageVersion }) => packageVersion).toSorted();
}

function hasOneOwner(place: Place): boolean {
  return !canAskKernel || locksOn(join(place.store, 'owner.lock')) === 1;
}

test('two versions in one process, each imported and required, share one state and one writer, and each takes over from the other', async () => {
  const place = new Place();
  const member = place.fork();
  const joinAll = (): Promise<Remote[]> =>
    Promise.all(
      ([0, 1] as const).flatMap((at) => (['esm', 'cjs'] as const).map((kind) => member.join(`${VERSIONS[at]}-${kind}`, pathOf(at, kind)))),
    );

  const remotes = await joinAll();
  const all = VERSIONS.flatMap((version) => [version, version]);
  for (const remote of remotes) {
    await until(`${remote.as} sees all`, async () => (await versionsSeen(remote)).length === all.length);
    expect(await versionsSeen(remote)).toEqual(all);
  }
  await Promise.all(remotes.map((remote) => remote.burst({ prefix: remote.as, count: 200, bytes: 50 })));
  const digest = await equalDigests(remotes);
  await Promise.all(remotes.map((remote) => remote.flush()));

  // One after the other leaves, the writer first: whoever takes over, of this version or that, has all of it.
  const terms: number[] = [];
  let left = remotes;
  while (left.length > 1) {
    const writer = await agreedWriter(left);
    expect(hasOneOwner(place)).toBe(true);
    terms.push((await writer.flush()).term);
    left = left.filter((remote) => remote !== writer);
    await writer.close();
    expect(await equalDigests(left)).toBe(digest);
  }
  await left[0]?.flush();
  await member.request('closeAll');
  expect(terms).toEqual([...new Set(terms)].toSorted((a, b) => a - b));
  expect(place.remains).toEqual([]);

  for (const remote of await joinAll()) {
    expect(await remote.size()).toBe(200 * all.length);
    expect((await remote.inspect()).warnings).toEqual([]);
  }
});

test('two versions in two processes outlive each other: the writer is killed, the other one goes on, and nothing acknowledged is lost', async () => {
  const place = new Place();
  const expected: Record<string, unknown> = {};
  const set = async (remote: Remote, key: string): Promise<void> => {
    await remote.set(key, remote.as);
    expected[key] = remote.as;
  };

  const members = [place.fork(), place.fork()];
  let [older, newer] = (await Promise.all(members.map((member, at) => member.join(`v${at}`, pathOf(at as 0 | 1, 'esm'))))) as [
    Remote,
    Remote,
  ];
  for (let round = 0; round < 4; round++) {
    expect(await until('both are there', async () => (await versionsSeen(older)).length === 2 && versionsSeen(older))).toEqual([
      ...VERSIONS,
    ]);
    await Promise.all([set(older, `older-${round}`), set(newer, `newer-${round}`)]);
    await Promise.all([older.flush(), newer.flush()]);
    expect(hasOneOwner(place)).toBe(true);

    const writer = await agreedWriter([older, newer]);
    const other = writer === older ? newer : older;
    await set(other, `alone-${round}`);
    await writer.member.kill();
    await other.flush();
    expect(await other.role()).toBe('writer');
    expect(await other.content()).toEqual(expected);

    // The killed version comes back; the next round kills the other one.
    const again = await place.fork().join(writer.as, pathOf(writer === older ? 0 : 1, round % 2 === 0 ? 'cjs' : 'esm'));
    expect(await again.content()).toEqual(expected);
    [older, newer] = writer === older ? [again, newer] : [older, again];
  }
  expect(await older.digest()).toBe(await newer.digest());

  // Everybody at once: whichever version comes first reads what the other one wrote.
  await place.killAll();
  for (const at of [0, 1] as const) {
    const found = await place.fork().join(`later-${at}`, pathOf(at, 'cjs'));
    expect(await found.content()).toEqual(expected);
    await found.close();
  }
});
