/** Several loaded copies of the package in one process, on one directory: a lock that belonged to the process would let them all write. */

import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { canAskKernel, locksHeldBy } from './kernel.js';
import { CJS, ESM, Place, ROOT, agreedWriter, equalDigests } from './members.js';
import type { Member, Remote } from './members.js';

test('an ESM copy, a CJS copy and a third copy in one process have one writer, converge, and find all again when they are opened anew', async () => {
  const place = new Place();
  const third = join(place.folder, 'third');
  mkdirSync(third);
  cpSync(join(ROOT, 'dist'), join(third, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(third, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(third, 'node_modules'), 'dir');
  const builds = [ESM, CJS, join(third, 'dist/esm/src/index.js'), join(third, 'dist/cjs/src/index.js')];
  const joinAll = (member: Member): Promise<Remote[]> => Promise.all(builds.map((build, at) => member.join(`copy-${at}`, build)));

  const member = place.fork();
  const remotes = await joinAll(member);
  expect(new Set(remotes.map(({ peer }) => peer)).size).toBe(builds.length);
  await agreedWriter(remotes);
  expect((await Promise.all(remotes.map((remote) => remote.role()))).filter((role) => role === 'writer')).toHaveLength(1);
  if (canAskKernel) expect(locksHeldBy(member.pid, join(place.store, 'owner.lock'))).toBe(1);

  await Promise.all(remotes.map((remote, at) => remote.burst({ prefix: `copy-${at}`, count: 300, bytes: 100 })));
  const digest = await equalDigests(remotes);
  await Promise.all(remotes.map((remote) => remote.flush()));
  // The writer's copy leaves first: another copy in the very same process takes the lock over.
  const writer = await agreedWriter(remotes);
  await writer.close();
  const others = remotes.filter((remote) => remote !== writer);
  await agreedWriter(others);
  await others[0]?.flush();
  await member.request('closeAll');
  expect(place.remains).toEqual([]);

  const again = await joinAll(member);
  expect(await equalDigests(again)).toBe(digest);
  for (const remote of again) {
    expect(await remote.size()).toBe(300 * builds.length);
    expect((await remote.inspect()).warnings).toEqual([]);
  }
});
