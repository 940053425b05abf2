/** Blobs on a disk that is filled to the last byte under a writer and a follower: refused with the reason, and put once there is room. */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { CJS, ESM, Place, agreedWriter } from '../process/members.js';
import type { Remote } from '../process/members.js';
import { contentOf, hashOf } from './blob-content.mjs';
import { fill, mountSmallDisk, whyNoMount } from './small-disk.js';

if (whyNoMount !== undefined) console.log(`no small disk is filled with blobs here: ${whyNoMount}`);

const SMALL_BYTES = 5_000;
/** A few pieces: it fails with some of them on the disk. */
const LARGE_BYTES = 3_500_000;
/** Left free while the disk is full for a large one. */
const ROOM_BYTES = 2_000_000;

test.skipIf(whyNoMount !== undefined)(
  'a full disk refuses blobs and says so, keeps nothing half written, gives out those of before, and takes the next ones when there is room',
  { timeout: 60_000 },
  async () => {
    const place = new Place();
    const disk = mountSmallDisk(place, '16m');
    const directory = join(disk, 's');
    const options = { directory };
    const remotes = [await place.fork().join('a', ESM, { options }), await place.fork().join('b', CJS, { options })];
    await agreedWriter(remotes);
    const acknowledged: string[] = [];
    const put = async (remote: Remote, name: string, bytes: number, isStream = false): Promise<void> => {
      const hash = await remote.ask<string>('putBlob', { name, bytes, isStream });
      expect(hash).toBe(hashOf(contentOf(name, bytes)));
      acknowledged.push(hash);
    };
    const refused = async (remote: Remote, name: string, bytes: number, isStream = false): Promise<void> => {
      await expect(put(remote, name, bytes, isStream)).rejects.toMatchObject({
        code: 'SOCOMM_STORE_FAILED',
        message: expect.stringContaining('ENOSPC') as string,
      });
    };
    const unclean = (): readonly string[] => readdirSync(join(directory, 'blobs')).filter((name) => !/\.(pack|blob)$/.test(name));
    const [ballast, room] = [join(disk, 'ballast'), join(disk, 'room')];
    for (const remote of remotes) {
      await put(remote, `${remote.as}-small-before`, SMALL_BYTES);
      await put(remote, `${remote.as}-large-before`, 400_000);
    }
    fill(room, ROOM_BYTES);
    fill(ballast);
    for (const remote of remotes) await refused(remote, `${remote.as}-small`, SMALL_BYTES);
    rmSync(room);
    // Part of it finds room.
    for (const remote of remotes) await refused(remote, `${remote.as}-large`, LARGE_BYTES, true);
    for (const remote of remotes) await refused(remote, `${remote.as}-large`, LARGE_BYTES);
    expect(unclean()).toEqual([]);
    for (const remote of remotes) for (const hash of acknowledged) expect(await remote.ask('readBlob', { hash })).toBe(hash);
    rmSync(ballast);
    for (const remote of remotes) {
      await put(remote, `${remote.as}-small`, SMALL_BYTES);
      await put(remote, `${remote.as}-large`, LARGE_BYTES, true);
    }
    await place.killAll();
    const later = await place.fork().join('later', ESM, { options });
    for (const hash of acknowledged) expect(await later.ask('readBlob', { hash })).toBe(hash);
    expect((await later.inspect()).warnings).toEqual([]);
    expect(unclean()).toEqual([]);
  },
);
