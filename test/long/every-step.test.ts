/** Every single call that changes a file of the store, in every scenario: a kill there, and a fault there. Every day takes some of them. */

import { afterAll, describe, expect, test } from 'vitest';

import { complaints, summary, walk } from '../faults/every-step.js';
import { Faults, faultsMissing } from '../faults/faulted.js';
import { SCENARIOS } from '../faults/scenarios.mjs';
import { Place } from '../process/members.js';

const PLANS = [
  ['killed before', { faults: ['kill'], to: 'one' }],
  ['killed after', { faults: ['kill-after'], to: 'one' }],
  ['killed in the midst of', { faults: ['kill-torn'], to: 'one' }],
  ['without space from', { faults: ['ENOSPC'], to: 'freed' }],
  ['with a broken disk from', { faults: ['EIO'], to: 'freed' }],
  ['with half a write or one error at', { faults: ['short', 'EIO', 'ENOSPC', 'EROFS'], to: 'one' }],
  ['without descriptors from', { faults: ['EMFILE'], to: 'freed' }],
] as const;

describe.skipIf(faultsMissing !== undefined)('a process that is', () => {
  const faults = faultsMissing === undefined ? new Faults() : undefined;
  afterAll(() => faults?.remove());

  for (const [what, plan] of PLANS) {
    for (const [scenario, { prepare, isDamaged = false, only }] of Object.entries(SCENARIOS)) {
      test(`${what} each call of ${scenario} loses nothing that was acknowledged`, async () => {
        if (faults === undefined) return;
        const place = new Place();
        const steps = await walk({ place, faults, scenario, hasPrelude: prepare !== undefined, isDamaged, only, plan, steps: 'all' });
        console.log(`${what} each of ${steps.length} calls of ${scenario}: ${summary(steps)}`);
        expect(complaints(steps)).toEqual([]);
      });
    }
  }
});
