import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { root } from '../../scripts/simulator.mjs';

it('the simulator catches every planted bug', { timeout: 60 * 60_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'simulate-mutants.mjs')], { encoding: 'utf8' });
  console.log(stdout);
  expect(stdout).not.toContain('WRONG');
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
