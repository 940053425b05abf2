/** Several peers on a disk that is full, broken, read-only or out of descriptors, and works again: they go on by themselves. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { CJS, ESM, Place, agreedWriter, equalDigests } from '../process/members.js';
import type { Remote } from '../process/members.js';
import { until } from '../process/until.js';
import { Faults, faultsMissing } from './faulted.js';
import { fill, mountSmallDisk, whyNoMount } from './small-disk.js';

const BODY_BYTES = 64 * 1024;
/** How long a flush is given while nothing can be written. */
const REFUSAL_MS = 2500;
/** How long the group is given to go on once the disk works. */
const RECOVERY_MS = 40_000;

const faults = faultsMissing === undefined ? new Faults() : undefined;
afterAll(() => faults?.remove());
if (faultsMissing !== undefined) console.log(`no faults are injected into several peers: ${faultsMissing}`);

interface Trouble {
  readonly place: Place;
  readonly remotes: readonly Remote[];
  /** Where the store is. */
  readonly directory: string;
  begin(): void;
  end(): void;
}

/** Writes before, during and after; whatever was confirmed at any time is found by who comes last. */
async function endure({ place, remotes, directory, begin, end }: Trouble): Promise<void> {
  await Promise.all(remotes.map((remote, at) => remote.set(`before-${at}`, at)));
  const terms = await Promise.all(remotes.map((remote) => remote.flush()));
  begin();
  const refusals: string[] = [];
  const confirmed: string[] = [];
  for (let round = 0; round < 2; round++) {
    await Promise.all(remotes.map((remote, at) => remote.ask('setBig', { key: `during-${round}-${at}`, bytes: BODY_BYTES })));
    await Promise.all(
      remotes.map(async (remote, at) => {
        try {
          await remote.flush({ timeoutMs: REFUSAL_MS });
          confirmed.push(`during-${round}-${at}`);
        } catch (error) {
          expect((error as Error).name).toBe('SocommError');
          refusals.push((error as { code?: string }).code ?? '');
        }
      }),
    );
  }
  // Live agreement needs no disk.
  await equalDigests(remotes);
  expect(refusals.length).toBeGreaterThan(0);
  expect(new Set(refusals).size, refusals.join(' ')).toBeLessThanOrEqual(2);
  await until('it is told', () => remotes.some((remote) => remote.heard('warning').some(({ detail }) => String(detail['code']) !== '')));
  end();
  const startedAt = performance.now();
  const after = await Promise.all(remotes.map((remote) => firstFlush(remote)));
  const recoveredMs = performance.now() - startedAt;
  for (const { term } of after) expect(term).toBeGreaterThanOrEqual(Math.max(...terms.map((before) => before.term)));
  const digest = await equalDigests(remotes);
  await place.killAll();
  const later = await place.fork().join('later', ESM, { options: { directory } });
  expect(await later.digest()).toBe(digest);
  const content = await later.content();
  for (const key of confirmed) expect(String(content[key])).toHaveLength(BODY_BYTES);
  expect(Object.keys(content)).toHaveLength(3 * remotes.length);
  expect((await later.inspect()).warnings.filter(({ code }) => code === 'store-damaged')).toEqual([]);
  console.log(`refused with ${[...new Set(refusals)].join(', ')}; durable again ${recoveredMs.toFixed(0)} ms after the disk worked again`);
}

/** A flush that was asked for once, not again and again by the test, unless it was refused. */
async function firstFlush(remote: Remote): Promise<{ readonly term: number }> {
  return until('a flush resolves', () => remote.flush({ timeoutMs: RECOVERY_MS }).catch(() => undefined), RECOVERY_MS);
}

for (const fault of ['ENOSPC', 'EIO', 'EROFS'] as const) {
  test.skipIf(faults === undefined)(
    `three peers whose disk answers ${fault} refuse to confirm, agree all the same, and go on by themselves`,
    async () => {
      if (faults === undefined) return;
      const place = new Place();
      const marker = join(place.folder, 'failing');
      mkdirSync(place.store);
      const join3 = ['a', 'b', 'c'].map((name, at) => {
        const env = faults.environment(place.store, {
          log: join(place.folder, `calls-${name}`),
          plan: { fault, at: 1, to: 'freed' },
          marker,
        });
        return place.fork({ env: env as Record<string, string> }).join(name, at === 1 ? CJS : ESM);
      });
      const remotes = await Promise.all(join3);
      await agreedWriter(remotes);
      await endure({ place, remotes, directory: place.store, begin: () => writeFileSync(marker, ''), end: () => rmSync(marker) });
    },
    120_000,
  );
}

if (whyNoMount !== undefined) console.log(`no small disk is filled here: ${whyNoMount}`);

test.skipIf(whyNoMount !== undefined)(
  'three peers on a small disk that is filled to the last byte, then freed, lose nothing and go on by themselves',
  async () => {
    const place = new Place();
    const disk = mountSmallDisk(place, '8m');
    const directory = join(disk, 's');
    const options = { directory };
    const remotes = await Promise.all([
      place.fork().join('a', ESM, { options }),
      place.fork().join('b', CJS, { options }),
      place.fork().join('c', ESM, { options }),
    ]);
    await agreedWriter(remotes);
    const ballast = join(disk, 'ballast');
    await endure({ place, remotes, directory, begin: () => fill(ballast), end: () => rmSync(ballast) });
  },
  120_000,
);

test.skipIf(whyNoMount !== undefined)(
  'a store that this process can only read is refused with a code and not changed, and those who can write are not disturbed',
  async () => {
    const place = new Place();
    const maker = await place.fork().join('maker', ESM);
    await maker.set('warm-pad', 1);
    await maker.flush();
    const readOnly = `mount --bind ${place.store} ${place.store} && mount -o remount,bind,ro ${place.store}`;
    const order = { build: CJS, group: 'com.acme.synth', options: { directory: place.store, runtimeDirectory: place.sockets } };
    for (const live of [true, false]) {
      if (!live) await maker.close();
      const before = readdirSync(place.store, { recursive: true }).map(String).toSorted();
      const failed = place.fork({ inNamespace: readOnly }).request('failToJoin', order);
      await expect(failed).rejects.toMatchObject({
        name: 'SocommError',
        code: expect.stringMatching(/^SOCOMM_(IO|LOCK_UNAVAILABLE|STORE_FAILED|DIRECTORY_INVALID)$/) as string,
      });
      expect(readdirSync(place.store, { recursive: true }).map(String).toSorted()).toEqual(before);
      if (live) {
        await maker.set('soft-pad', 2);
        await maker.flush();
      }
    }
    const later = await place.fork().join('later', ESM);
    expect(await later.content()).toEqual({ 'warm-pad': 1, 'soft-pad': 2 });
  },
  60_000,
);

const canLimit = spawnSync('prlimit', ['--version']).status === 0;
if (!canLimit) console.log('no descriptors are taken away here: there is no prlimit');

test.skipIf(!canLimit)(
  'a peer that gets no descriptor does not take over from a dead writer, says why, and does so once it gets some again',
  async () => {
    const place = new Place();
    const writer = await place.fork().join('writer', ESM);
    const other = await place.fork().join('other', CJS);
    await writer.set('before', 1);
    await writer.flush();
    // Fewer than it has: what it closes does not help it.
    limitDescriptors(other, '10');
    await writer.member.kill();
    await other.set('during', 2);
    await expect(other.flush({ timeoutMs: REFUSAL_MS })).rejects.toMatchObject({ name: 'SocommError' });
    await until('it is told', () => other.heard('warning').some(({ detail }) => String(detail['message']).includes('EMFILE')));
    limitDescriptors(other, '1024');
    await firstFlush(other);
    await place.killAll();
    const later = await place.fork().join('later', ESM);
    expect(await later.content()).toEqual({ before: 1, during: 2 });
  },
  60_000,
);

function limitDescriptors({ member }: Remote, count: string): void {
  expect(spawnSync('prlimit', ['--pid', String(member.pid), `--nofile=${count}:`]).status).toBe(0);
}
