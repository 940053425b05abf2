/** A disk fails at each step of what a process does with its store, and works again: nothing acknowledged is lost, and it goes on by itself. */

import { afterAll, describe, expect, test } from 'vitest';

import { Place } from '../process/members.js';
import { complaints, summary, walk } from './every-step.js';
import type { Step } from './every-step.js';
import { Faults, faultsMissing } from './faulted.js';
import { SCENARIOS } from './scenarios.mjs';

/** Kinds of steps of each scenario; test/long takes every single call. */
const STEPS = 5;

if (faultsMissing !== undefined) console.log(`no disk fails here: ${faultsMissing}`);

const PLANS = [
  {
    what: 'full, or broken, until somebody makes room',
    plan: { faults: ['ENOSPC', 'EIO'], to: 'freed' },
    scenarios: Object.keys(SCENARIOS),
  },
  {
    what: 'unable to do a single call',
    plan: { faults: ['EIO', 'short', 'ENOSPC', 'EROFS'], to: 'one' },
    scenarios: ['a new store', 'a spill', 'a checkpoint and the way back to it'],
  },
  {
    what: 'out of descriptors until some are free again',
    plan: { faults: ['EMFILE'], to: 'freed' },
    scenarios: ['a store whose writer was killed', 'a spill that is taken in', 'the restore of a backup'],
  },
] as const;

describe.skipIf(faultsMissing !== undefined)('a disk that is', () => {
  const faults = faultsMissing === undefined ? new Faults() : undefined;
  afterAll(() => faults?.remove());

  for (const { what, plan, scenarios } of PLANS) {
    for (const scenario of scenarios) {
      const { prepare, isDamaged = false, only } = SCENARIOS[scenario] ?? {};
      test(
        `${what}, at a step of ${scenario}, costs nothing that was acknowledged, and all goes on by itself`,
        { timeout: 60_000 },
        async () => {
          if (faults === undefined) return;
          const place = new Place();
          const steps = await walk({ place, faults, scenario, hasPrelude: prepare !== undefined, isDamaged, only, plan, steps: STEPS });
          console.log(`${scenario}, ${plan.faults.join(' or ')}: ${steps.length} steps, refusals: ${refusals(steps)}; ${summary(steps)}`);
          expect(complaints(steps)).toEqual([]);
        },
      );
    }
  }
});

function refusals(steps: readonly Step[]): string {
  const counts = new Map<string, number>();
  for (const code of steps.flatMap(({ run }) => run.refusals)) counts.set(code, (counts.get(code) ?? 0) + 1);
  return JSON.stringify(Object.fromEntries(counts));
}
