/** Runs the simulator over many seeds, and says of each that fails how to replay it. */

import { simulate } from './simulate.js';

/** Seeds that once found a bug; they run first, always. */
const CORPUS = [41, 156, 158, 196, 466, 10_450, 10_742, 10_860, 11_991];

export interface Outcome {
  readonly failures: readonly string[];
  readonly acknowledged: number;
}

export async function simulateSeeds(first: number, count: number): Promise<Outcome> {
  const seeds = count === 1 ? [first] : [...CORPUS, ...Array.from({ length: count }, (_, index) => first + index)];
  const failures: string[] = [];
  const warnings = new Map<string, number>();
  let acknowledged = 0;
  for (const seed of seeds) {
    try {
      const run = await simulate(seed);
      acknowledged += run.acknowledged;
      for (const [code, times] of run.warnings) warnings.set(code, (warnings.get(code) ?? 0) + times);
    } catch (error) {
      failures.push(`seed ${seed}: ${String(error)}\n  replay: SEED=${seed} npx vitest run test/simulation`);
    }
  }
  console.log(`${seeds.length} seeds, ${acknowledged} changes acknowledged, warnings ${JSON.stringify(Object.fromEntries(warnings))}`);
  return { failures, acknowledged };
}
