/** The built demo, broken off: by Ctrl-C, by a kill, by a reader that goes away, by what goes wrong. It leaves nobody behind. */

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { runDemo } from './demo-run.js';

let scratch: string;
let directory: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'socomm-demo-test-'));
  directory = join(scratch, 'store');
  env = { ...process.env, SOCOMM_RUNTIME_DIRECTORY: join(scratch, 'run'), TMPDIR: scratch };
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

describe('a demo that is broken off', { timeout: 180_000 }, () => {
  test('ends in order when it is interrupted in the middle', async () => {
    const demo = await runDemo(['--directory', directory], {
      env,
      onEvent: (event, _, interrupt) => {
        if (event.kind === 'edits-began') interrupt();
      },
    });
    expect(demo.exitCode).toBe(130);
    expect(demo.of('concluded')).toEqual([]);
    expect(demo.pids).toHaveLength(4);
    expect(demo.running).toEqual([]);
  });

  test('ends in order, and not good, when its reader goes away', async () => {
    const demo = await runDemo(['--directory', directory], {
      env,
      onEvent: (event, { leave }) => {
        if (event.kind === 'imported') leave();
      },
    });
    expect(demo.exitCode).toBe(1);
    expect(demo.running).toEqual([]);
    expect(await readdir(join(directory, 'peers'))).toEqual([]);
    expect(await readdir(join(scratch, 'run'))).toEqual([]);
  });

  test('leaves nobody and no socket behind when it is killed itself', async () => {
    const demo = await runDemo(['--directory', directory], {
      env,
      onEvent: (event, { kill }) => {
        if (event.kind === 'edits-began') kill();
      },
    });
    expect(demo.exitCode).toBe(null);
    await expect.poll(() => demo.running, { timeout: 15_000 }).toEqual([]);
    expect(await readdir(join(directory, 'peers'))).toEqual([]);
    expect(await readdir(join(scratch, 'run'))).toEqual([]);
  });

  test('exits with 1 when a process dies that it has not killed, and leaves nobody behind', async () => {
    const demo = await runDemo(['--directory', directory], {
      env,
      onEvent: (event, { pids }) => {
        if (event.kind === 'imported') process.kill(pids[0] ?? 0, 'SIGKILL');
      },
    });
    expect(demo.exitCode).toBe(1);
    expect(demo.first('lost')).toMatchObject({ player: 1, how: expect.stringContaining('SIGKILL') as string });
    expect(demo.first('concluded')).toMatchObject({ report: { isGood: false }, commands: [] });
    expect(demo.running).toEqual([]);
  });

  test('exits with 1 when there is nothing to import', async () => {
    const presets = join(scratch, 'empty');
    await mkdir(presets);
    const demo = await runDemo(['--directory', directory, '--presets', presets], { env });
    expect(demo.exitCode).toBe(1);
    expect(demo.of('checked')).toContainEqual(expect.objectContaining({ check: 'every preset was imported', isTrue: false }));
    expect(demo.running).toEqual([]);
  });
});
