/** A disk of a few megabytes that a test can fill to the last byte: a tmpfs, where mounting one is allowed. */

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { expect, onTestFinished } from 'vitest';

import type { Place } from '../process/members.js';

/** Why there is none here; undefined where there is. */
export const whyNoMount: string | undefined = tryToMount();

function tryToMount(): string | undefined {
  if (process.platform !== 'linux') return `tmpfs is Linux's; this is ${process.platform}`;
  const { status, stderr } = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', '/mnt'], {
    encoding: 'utf8',
  });
  return status === 0 && process.getuid?.() === 0 ? undefined : `mounting is not allowed (${(stderr ?? '').trim()})`;
}

/** It goes with the test. */
export function mountSmallDisk(place: Place, size: string): string {
  const disk = join(place.folder, 'disk');
  mkdirSync(disk);
  expect(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', disk]).status).toBe(0);
  onTestFinished(async () => {
    await place.killAll();
    expect(spawnSync('umount', ['--lazy', disk]).status).toBe(0);
  });
  return disk;
}

/** Leaves a file there that takes all that is left, or so many bytes of it. */
export function fill(path: string, bytesMax = Infinity): void {
  const file = openSync(path, 'w');
  try {
    let left = bytesMax;
    for (let bytes = 1 << 20; bytes >= 1 && left > 0;) {
      try {
        left -= writeSync(file, Buffer.alloc(Math.min(bytes, left)));
      } catch (error) {
        if ((error as { code?: string }).code !== 'ENOSPC') throw error;
        bytes >>= 1;
      }
    }
  } finally {
    closeSync(file);
  }
}
