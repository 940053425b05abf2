/** A few of the planted bugs; all of them are judged by `npm run simulate:mutants` and in the long run. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { root } from '../../scripts/simulator.mjs';

it('the simulator notices planted bugs, and complains of nothing where there is none', { timeout: 120_000 }, () => {
  const only = ['vector taken a tick late', 'answers always say complete', 'acknowledgement before sync'];
  const given = only.flatMap((name) => ['--only', name]);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'simulate-mutants.mjs'), ...given], {
    encoding: 'utf8',
  });
  expect(`${stdout}${stderr}`).toContain('3 planted bugs, all caught');
  expect(status).toBe(0);
});
