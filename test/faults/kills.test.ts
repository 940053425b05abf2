/** A process is killed at each step of what it does with its store. */

import { afterAll, describe, expect, test } from 'vitest';

import { Place } from '../process/members.js';
import { complaints, summary, walk } from './every-step.js';
import { Faults, faultsMissing } from './faulted.js';
import { SCENARIOS } from './scenarios.mjs';

/** Kinds of steps of each scenario; test/long takes every single call. */
const STEPS = 8;

if (faultsMissing !== undefined) console.log(`not killed at each step: ${faultsMissing}`);

describe.skipIf(faultsMissing !== undefined)('a process that is killed', () => {
  const faults = faultsMissing === undefined ? new Faults() : undefined;
  afterAll(() => faults?.remove());

  for (const [scenario, { prepare, isDamaged = false, only }] of Object.entries(SCENARIOS)) {
    test(`at a step of ${scenario} leaves a store that opens with all that was acknowledged`, async () => {
      if (faults === undefined) return;
      const place = new Place();
      const plan = { faults: ['kill', 'kill-torn'], to: 'one' } as const;
      const steps = await walk({ place, faults, scenario, hasPrelude: prepare !== undefined, isDamaged, only, plan, steps: STEPS });
      console.log(`${scenario}: ${steps.length} kills: ${summary(steps)}`);
      expect(complaints(steps)).toEqual([]);
    });
  }
});
