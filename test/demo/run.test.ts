/** The built demo from its first act to its last, with real processes, a real store and real kills; each run has a directory of its own. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ACTS } from '../../src/cli/demo/events.js';
import { CHECKS } from '../../src/cli/demo/verdict.js';
import { main, runDemo } from './demo-run.js';
import type { DemoRun } from './demo-run.js';

const run = promisify(execFile);

let scratch: string;
let directory: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'socomm-demo-test-'));
  directory = join(scratch, 'store');
  env = { ...process.env, SOCOMM_RUNTIME_DIRECTORY: join(scratch, 'run'), TMPDIR: scratch };
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

describe('socomm demo', { timeout: 180_000 }, () => {
  test('checks every step, exits with 0, and leaves the store and nothing else', async () => {
    const demo = await runDemo(['--directory', directory], { env });

    expect([...demo.of('failed'), ...demo.of('checked').filter(({ isTrue }) => !isTrue)]).toEqual([]);
    expect(demo.exitCode).toBe(0);
    expect(demo.of('act-began').map(({ act }) => act)).toEqual(ACTS);
    const { report, commands } = demo.first('concluded');
    expect(report).toMatchObject({ isGood: true, unreached: [] });
    expect(report.checks.map(({ check }) => check).toSorted()).toEqual([...CHECKS].toSorted());
    expectSharing(demo);
    expectTakeover(demo);
    expectNothingLost(demo);

    expect(demo.running).toEqual([]);
    expect((await readdir(scratch)).filter((name) => name.startsWith('socomm-contrast'))).toEqual([]);
    expect(existsSync(directory)).toBe(true);
    expect(commands).toHaveLength(3);
    for (const command of commands.slice(0, 2)) {
      const { stdout } = await run(process.execPath, [main, ...command.split(' ').slice(2), '--json'], { env });
      expect(JSON.parse(stdout)).toBeTypeOf('object');
    }
  });

  test('stays when asked to, refuses a second one meanwhile, and ends in order at an interrupt', async () => {
    const demo = await runDemo(['--stay', '--directory', directory], {
      env,
      onEvent: async (event, _, interrupt) => {
        if (event.kind !== 'stayed') return;
        const second = run(process.execPath, [main, 'demo', '--json', '--directory', directory], { env });
        await expect(second).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('8 peers') as string });
        interrupt();
      },
    });
    expect(demo.exitCode).toBe(0);
    expect(demo.running).toEqual([]);
  });

  test('ends in order, and not good, when its reader goes away while it stays', async () => {
    const demo = await runDemo(['--stay', '--directory', directory], {
      env,
      onEvent: (event, { leave }) => {
        if (event.kind === 'stayed') leave();
      },
    });
    expect(demo.exitCode).toBe(1);
    expect(demo.running).toEqual([]);
    expect(await readdir(join(directory, 'peers'))).toEqual([]);
    expect(await readdir(join(scratch, 'run'))).toEqual([]);
  });
});

function expectSharing(demo: DemoRun): void {
  expect(demo.of('bare-ended')).toHaveLength(1);
  // Four, one in the place of the killed, four cold.
  expect(new Set(demo.pids).size).toBe(9);
  expect(demo.of('double-import-seen')).toHaveLength(1);
  expect(demo.first('elected')).toMatchObject({ peers: 8 });
  expect(demo.first('imported')).toMatchObject({ presets: 384, problems: 0 });
  expect(demo.of('converged').map(({ peers, presets }) => [peers, presets])).toEqual([
    [8, 384],
    [6, 384],
  ]);
}

function expectTakeover(demo: DemoRun): void {
  const takenOver = demo.first('taken-over');
  expect(takenOver.lane.player).not.toBe(demo.first('killed').player);
  expect(takenOver.term).toBeGreaterThan(demo.first('elected').term);
  expect(takenOver.afterMs).toBeGreaterThan(0);
  expect(demo.first('acknowledged-again').afterMs).toBeGreaterThan(0);
}

function expectNothingLost(demo: DemoRun): void {
  const [warm, cold] = demo.of('ledger-read');
  expect(warm).toMatchObject({ peers: 6, missing: 0, changed: 0, isCold: false });
  expect(warm?.acknowledged).toBeGreaterThan(demo.first('killed').acknowledged);
  expect(cold).toMatchObject({ peers: 8, missing: 0, changed: 0, isCold: true, acknowledged: warm?.acknowledged });
  expect(demo.first('stopped')).toMatchObject({ players: 4 });
  expect(demo.first('loaded-cold')).toMatchObject({ peers: 8, presets: 384 });
}
