/**
 * After each kill of the writer somebody else takes over at once, long before its silence would be noticed. How long that takes beside
 * the bare work of the disk is printed here, and held against its bar by `test/long/takeover-speed.test.ts`.
 */

import { expect, test } from 'vitest';

import { judge, measureTakeovers } from '../../bench/takeover.mjs';
import { STALL_MS } from '../../sync/limits.js';

const KILLS = 4;

test(
  'after each kill -9 of the writer of 8 peers with 10,000 presets, somebody else acknowledges long before a stall is told',
  { timeout: 120_000 },
  async () => {
    const measured = await measureTakeovers({ kills: KILLS });
    console.log(judge(measured).text);
    expect(measured.takeoversMs).toHaveLength(KILLS);
    expect(Math.max(...measured.takeoversMs)).toBeLessThan(STALL_MS / 2);
  },
);
