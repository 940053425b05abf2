/** What `status` says of a group in which nothing becomes durable: what is the matter, why, and what to do. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { Status } from '../../src/cli/status/status.js';
import { until } from '../process/until.js';
import { PlaceHere } from './in-process.js';

/** The longest cool-down, and a command or two. */
const BY_ITSELF_MS = 25_000;

async function statusIn(place: PlaceHere, state: Status['state']): Promise<Status> {
  const look = async (): Promise<Status> => JSON.parse((await place.socomm('status', 'acme', '--json')).out) as Status;
  let found = await look();
  await until(`acme is ${state}`, async () => (found = await look()).state === state, BY_ITSELF_MS);
  return found;
}

test('where nobody can write, status says why and names who said so, until somebody can', async () => {
  const place = new PlaceHere();
  const writer = await place.hold('acme');
  const follower = await place.hold('acme');
  const follow = await place.hold('acme', 'never');
  expect(await place.socomm('set', 'acme', '/a/a', '0')).toMatchObject({ code: 0 });
  // A database that cannot be opened, as after a disk that is full or gone.
  const level = join(place.stores, 'acme', 'level');
  renameSync(level, `${level}-away`);
  writeFileSync(level, '');
  writer.process.kill('SIGKILL');
  await writer.ended;

  const { stall, peers, writer: named } = await statusIn(place, 'stalled');
  expect(named).toBeUndefined();
  expect(stall?.reason).toBe('SOCOMM_STORE_FAILED');
  expect(peers.find(({ pid }) => pid === follower.process.pid)).toMatchObject({ role: 'follower', trouble: 'SOCOMM_STORE_FAILED' });
  const { out } = await place.socomm('status', 'acme');
  expect(out).toContain('acme  run, but nobody can write to disk');
  expect(out).toMatch(/^stalled: nobody in group acme can write to disk: .*spilled.*by itself.*\[SOCOMM_STORE_FAILED\]$/m);
  expect(out).toMatch(/^PEER .* TROUBLE$/m);

  rmSync(level);
  renameSync(`${level}-away`, level);
  const later = await statusIn(place, 'running');
  expect(later).not.toHaveProperty('stall');
  expect(later.writer).toMatchObject({ pid: follower.process.pid, term: 2 });
  expect((await place.socomm('status', 'acme')).out).not.toContain('TROUBLE');
  await Promise.all([follower.end(), follow.end()]);
});
